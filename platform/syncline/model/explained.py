"""How a source became manifests: for people who ask why, or why not again."""

from __future__ import annotations

from enum import StrEnum

from syncline.model.values import Stored


class Place(StrEnum):
    """Where a render came from. Order means nothing."""

    PROCESS = "process"  # this worker process remembered it
    DISK = "disk"  # the cache of the worker's host
    STORE = "store"  # what all hosts share
    RENDERED = "rendered"  # nowhere: it was rendered for this answer


class Explained(Stored):
    """One source of an application, what it was rendered by, from what, and where it lay."""

    repository: str
    path: str
    followed: str  # as written
    revision: str  # what that meant
    renderer: str
    version: str = ""  # of the renderer; "" = Syncline's own
    plan: str  # names all but the commit that the render depends on
    key: str  # names the result
    place: Place
    inputs: dict[str, str] = {}  # path → tree or blob id; "" = looked for, absent
