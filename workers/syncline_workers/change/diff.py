"""What would change in an object, as a unified diff of its YAML; Secret values are masked.

Both sides come from the API server: the live object, and what a dry run of the apply returned. So
defaults and what webhooks add are on both, and only the change is left.
"""

from __future__ import annotations

import difflib
from collections.abc import Callable
from typing import Any

import yaml

from syncline.model.values import Manifest
from syncline_workers.change import mask

_VOLATILE = ("managedFields", "resourceVersion", "generation", "creationTimestamp", "uid")
_DUMPER: Any = getattr(yaml, "CSafeDumper", yaml.SafeDumper)


def unified(live: Manifest | None, desired: Manifest | None, *, name: str = "") -> str:
    """Return the diff from live to desired, "" where nothing changes; None: absent."""
    before = _text(live, mask.masked)
    after = _text(desired, lambda manifest: mask.masked(manifest, live))
    lines = difflib.unified_diff(
        before, after, f"live {name}".strip(), f"desired {name}".strip(), lineterm=""
    )
    return "\n".join(lines)


def essence(manifest: Manifest) -> Manifest:
    """The object without its status and what the API server keeps for itself."""
    kept = {key: value for key, value in manifest.items() if key != "status"}
    meta = manifest.get("metadata") or {}
    kept["metadata"] = {key: value for key, value in meta.items() if key not in _VOLATILE}
    return kept


def _text(manifest: Manifest | None, show: Callable[[Manifest], Manifest]) -> list[str]:
    if manifest is None:
        return []
    dumped = yaml.dump(essence(show(manifest)), Dumper=_DUMPER, width=1000, allow_unicode=True)
    return str(dumped).splitlines()
