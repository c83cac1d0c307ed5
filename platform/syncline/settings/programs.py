"""Where helm, kustomize and jsonnet are: on PATH, else in the cache that ``tools/get.py`` fills."""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping
from pathlib import Path

NAMES = ("helm", "kustomize", "jsonnet")


def environment(given: Mapping[str, str]) -> dict[str, str]:
    """Return the settings that name those which are not on PATH and not set already."""
    found = {}
    for name in NAMES:
        setting = f"SYNCLINE_RENDER_{name.upper()}"
        if setting in given or shutil.which(name):
            continue
        kept = sorted(cache(given).glob(f"{name}/*/{name}"))
        if kept:
            found[setting] = str(kept[-1])
    return found


def cache(given: Mapping[str, str]) -> Path:
    """Return where a person's own copies of what can be had again are kept."""
    base = given.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache")  # noqa: PTH111 - may be unset
    return Path(base) / "syncline"
