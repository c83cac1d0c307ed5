"""What a cluster makes by itself in each namespace: nobody declares it, and nobody misses it."""

from __future__ import annotations

from syncline.model.values import Manifest

PASSING = frozenset(
    {
        ("", "Event"),
        ("events.k8s.io", "Event"),
        ("", "Endpoints"),
        ("coordination.k8s.io", "Lease"),
    }
)
"""(group, kind) of what controllers make, and is worth nothing without what it is about."""

_MADE = {("ServiceAccount", "default"), ("ConfigMap", "kube-root-ca.crt")}
"""In each namespace, by Kubernetes."""

_DISTRIBUTIONS = {
    ("ConfigMap", "istio-ca-root-cert"),
    ("ConfigMap", "openshift-service-ca.crt"),
    ("ServiceAccount", "builder"),
    ("ServiceAccount", "deployer"),
    ("RoleBinding", "system:deployers"),
    ("RoleBinding", "system:image-builders"),
    ("RoleBinding", "system:image-pullers"),
}
"""In each namespace, by what many clusters come with."""

_SERVICE_ACCOUNT = "kubernetes.io/service-account.name"


def is_made(item: Manifest) -> bool:
    """Whether Kubernetes made the object itself, and makes it anew where it is missing."""
    meta = item["metadata"]
    if item["kind"] == "Secret" and _SERVICE_ACCOUNT in (meta.get("annotations") or {}):
        return True
    return (item["kind"], meta["name"]) in _MADE


def is_usual(item: Manifest) -> bool:
    """Whether it is one of those, or of those that a distribution makes."""
    return is_made(item) or (item["kind"], item["metadata"]["name"]) in _DISTRIBUTIONS
