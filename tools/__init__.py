"""Gets the official programs that tests, demo and bench need: helm, kustomize, a control plane.

Each is pinned in one place (`versions.env`, `tests/controlplane/go.mod`) and ends in the project's
cache. Standard library only, because it runs before there is a virtual environment.
What Syncline itself needs at run time does not live here.
"""
