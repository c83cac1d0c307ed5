"""One step on the way to a repository, as a worker found it."""

from __future__ import annotations

from syncline.model.values import Stored


class Step(Stored):
    """What was looked at, whether it is as it should be, and what was found."""

    name: str  # access, name, connection, certificate or answer
    ok: bool
    found: str
