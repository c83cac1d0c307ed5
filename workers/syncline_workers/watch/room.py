"""How many streams one process may have: as many as its files allow."""

from __future__ import annotations

import resource

SPARE = 256
"""Files for everything else: Redis, requests, logs."""


class Room:
    """Places for streams."""

    def __init__(self, most: int) -> None:
        self._free = most

    def take(self) -> bool:
        """Take a place; False where none is left."""
        if self._free <= 0:
            return False
        self._free -= 1
        return True

    def give(self) -> None:
        """Give a place back."""
        self._free += 1


def allowed(wanted: int) -> int:
    """Have as many files as this process may, and return how many streams fit into that."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    return wanted if most == resource.RLIM_INFINITY else max(1, min(wanted, most - SPARE))
