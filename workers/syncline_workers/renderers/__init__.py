"""Sources and parameters to manifests; one renderer, one file. Runs helm and kustomize.

``render`` is the way in; ``plan`` has the values that go in and out, and the keys of results.
"""
