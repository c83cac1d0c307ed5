"""Looks at the checks of applications: one kind, one file; ``look`` puts them together."""
