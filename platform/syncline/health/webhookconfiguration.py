"""Admission webhooks are healthy once the API server knows whom to trust.

They have no status. Where cert-manager is to fill in the CA, every call fails until it did.
"""

from __future__ import annotations

from syncline.health import reading
from syncline.health.verdict import Health, healthy, progressing
from syncline.model.values import Manifest

_INJECTED = (
    "cert-manager.io/inject-ca-from",
    "cert-manager.io/inject-ca-from-secret",
    "cert-manager.io/inject-apiserver-ca",
)


def judge(live: Manifest) -> Health:
    """Judge by the CAs, where an annotation says that they are to be filled in."""
    annotations = reading.section(live, "metadata").get("annotations") or {}
    if not any(annotations.get(name) for name in _INJECTED):
        return healthy()
    lacking = [
        str(hook.get("name"))
        for hook in live.get("webhooks") or ()
        if not (hook.get("clientConfig") or {}).get("caBundle")
    ]
    if lacking:
        return progressing("NoCertificateAuthority", f"no caBundle yet: {', '.join(lacking)}")
    return healthy("its CAs are filled in")
