"""Where renderers and our engines are: on PATH, else in the cache that ``tools/get.py`` fills."""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping
from pathlib import Path

NAMES = {
    "helm": "helm",
    "kustomize": "kustomize",
    "jsonnet": "jsonnet",
    "helm_engine": "syncline-helm",
    "kustomize_engine": "syncline-kustomize",
}
"""Setting → program."""


def environment(given: Mapping[str, str]) -> dict[str, str]:
    """Return the settings that name those which are not on PATH and not set already."""
    found = {}
    for field, name in NAMES.items():
        setting = f"SYNCLINE_RENDER_{field.upper()}"
        if setting in given or shutil.which(name):
            continue
        kept = cache(given).glob(f"{name}/*/{name}")
        newest = max(kept, key=lambda place: place.stat().st_mtime, default=None)
        if newest:
            found[setting] = str(newest)
    return found


def cache(given: Mapping[str, str]) -> Path:
    """Return where a person's own copies of what can be had again are kept."""
    base = given.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache")  # noqa: PTH111 - may be unset
    return Path(base) / "syncline"
