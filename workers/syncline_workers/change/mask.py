"""Secrets that can be shown: the values are hidden, and that they differ is not."""

from __future__ import annotations

from typing import Any

from syncline.model.values import Manifest

HIDDEN = "******"
CHANGED = "****** (changed)"

_FIELDS = ("data", "stringData")
_LAST_APPLIED = "kubectl.kubernetes.io/last-applied-configuration"


def is_secret(manifest: Manifest) -> bool:
    """Whether it is a core Secret."""
    return manifest.get("kind") == "Secret" and manifest.get("apiVersion") == "v1"


def masked(manifest: Manifest, before: Manifest | None = None) -> Manifest:
    """Return it with a Secret's values hidden; any other object as it is.

    Args:
        manifest: the object.
        before: the same object as it was: values that differ from it are marked as changed.
    """
    if not is_secret(manifest):
        return manifest
    shown = dict(manifest)
    for field in _FIELDS:
        if isinstance(values := manifest.get(field), dict):
            old = (before or {}).get(field)
            shown[field] = _hide(values, old if isinstance(old, dict) else None)
    annotations = manifest.get("metadata", {}).get("annotations") or {}
    if _LAST_APPLIED in annotations:  # kubectl keeps a whole copy of the Secret there
        hidden = {**annotations, _LAST_APPLIED: HIDDEN}
        shown["metadata"] = {**manifest["metadata"], "annotations": hidden}
    return shown


def _hide(values: dict[str, Any], before: dict[str, Any] | None) -> dict[str, str]:
    return {
        key: CHANGED if before and key in before and before[key] != value else HIDDEN
        for key, value in values.items()
    }
