"""Reads Go's struct declarations for what OpenAPI leaves out: which zero values are never written.

`readOnly: false` vanishes from a volume mount and `replicas: 0` stays in a Deployment, since one is
a plain field with `omitempty` and the other a pointer. Only `generate` needs this.
"""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

STRUCT = re.compile(r"^type (\w+) struct \{\n(.*?)^\}", re.MULTILINE | re.DOTALL)
FIELD = re.compile(
    r"^\t(?:(\w+)\s+)?(\*?)([\w.\[\]*]+)\s+`json:\"([\w$-]*)((?:,\w+)*)\"", re.MULTILINE
)
PREFIX = "io.k8s."

Written = dict[str, tuple[bool, bool]]


class GoTypes:
    """The structs of the modules beside `tree`, a `k8s.io/kubernetes@v1.X.Y` in a module cache."""

    def __init__(self, tree: Path) -> None:
        self._parent = tree.parent
        self._version = "v0." + tree.name.split("@v1.")[1]

    def written(self, name: str) -> Written:
        """Return JSON field → (is a pointer, is left out when empty) of an OpenAPI type."""
        module, *rest, struct = name.removeprefix(PREFIX).split(".")
        folder = self._parent / f"{module}@{self._version}" / "/".join(rest)
        return fields(folder, struct)


@cache
def declared(folder: Path) -> dict[str, str]:
    """Return struct → its body, of a Go package."""
    text = "\n".join(path.read_text() for path in sorted(folder.glob("*types*.go")))
    return dict(STRUCT.findall(text))


def fields(folder: Path, struct: str) -> Written:
    """Return the fields of a struct, embedded ones included."""
    out: Written = {}
    for _, pointer, kind, name, options in FIELD.findall(declared(folder).get(struct, "")):
        if name:
            out[name] = (bool(pointer), "omitempty" in options)
        elif "inline" in options and "." not in kind:
            out |= fields(folder, kind)
    return out
