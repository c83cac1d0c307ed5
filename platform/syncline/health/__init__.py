"""Pure: what a live object's health is; one kind, one file."""
