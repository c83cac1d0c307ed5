"""Real bundles, rendered by Syncline and by hand: `make corpus CORPUS=DIR`.

The folder is any collection of charts, kustomizations and plain manifests, as their projects
publish them; nothing of it is kept here.
"""
