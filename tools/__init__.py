"""What runs from a checkout and is shipped to nobody.

`get.py` gets the official programs that tests, demo and bench need: helm, kustomize, kubectl, a
control plane. Each is pinned in one place (`versions.env`, `tests/controlplane/go.mod`) and ends in
the project's cache; it is standard library only, because it runs before there is an environment.
`docs.py` writes the reference. What Syncline needs at run time does not live here.
"""
