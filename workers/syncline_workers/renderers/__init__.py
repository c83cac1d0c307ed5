"""Sources and parameters to manifests; one renderer, one file. Runs helm and kustomize."""
