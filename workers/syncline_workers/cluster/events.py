"""What a watch says, line by line, read into values."""

from __future__ import annotations

from enum import StrEnum
from http import HTTPStatus
from typing import NamedTuple

import orjson

from syncline.model.values import Manifest

_INITIAL_END = "k8s.io/initial-events-end"


class Happened(StrEnum):
    """What an event of a stream says; the first four in the API server's words."""

    ADDED = "ADDED"
    MODIFIED = "MODIFIED"
    DELETED = "DELETED"
    BOOKMARK = "BOOKMARK"  # nothing, but the stream may be resumed from here
    OPENED = "OPENED"  # the server has taken the watch
    LISTED = "LISTED"  # every object was told of, in its state at this version
    EXPIRED = "EXPIRED"  # the server does not remember so far back: list anew
    GONE = "GONE"  # the kind is not served (any more)


class Event(NamedTuple):
    """One change; ``object`` is its PartialObjectMetadata, with nothing but a version at times."""

    happened: Happened
    object: Manifest

    @property
    def version(self) -> str:
        """From where a stream goes on after this event."""
        return str((self.object.get("metadata") or {}).get("resourceVersion") or "")


def read(line: bytes) -> Event | None:
    """Read one line; None: it is trouble, or none of ours."""
    try:
        body = orjson.loads(line)
        happened, found = body["type"], body["object"]
    except (orjson.JSONDecodeError, KeyError, TypeError):
        return None
    if happened == "ERROR":
        is_expired = found.get("code") == HTTPStatus.GONE
        return Event(Happened.EXPIRED, found) if is_expired else None
    if happened == Happened.BOOKMARK:
        marks = (found.get("metadata") or {}).get("annotations") or {}
        is_end = marks.get(_INITIAL_END) == "true"
        return Event(Happened.LISTED if is_end else Happened.BOOKMARK, found)
    return Event(Happened(happened), found) if happened in _CHANGES else None


_CHANGES = (Happened.ADDED, Happened.MODIFIED, Happened.DELETED)
