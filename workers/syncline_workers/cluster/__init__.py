"""The only package that speaks to Kubernetes API servers, and the only one that mutates them."""
