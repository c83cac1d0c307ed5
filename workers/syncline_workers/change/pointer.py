"""JSON pointers (RFC 6901), as people write them in rules."""

from __future__ import annotations


def parts(pointer: str) -> list[str]:
    """Return what stands between the slashes, in clear."""
    return [part.replace("~1", "/").replace("~0", "~") for part in pointer.split("/")[1:]]
