"""One object as it is kept: its JSON, and the few facts that lists and deletions ask for."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import orjson

from syncline.simulator.store.shared import shared, shared_labels

HEAD = ("kind", "apiVersion", "metadata")
PARTIAL = b'{"kind":"PartialObjectMetadata","apiVersion":"meta.k8s.io/v1","metadata":'


@dataclass(slots=True, kw_only=True, eq=False)
class Stored:
    """An object at one resource version.

    `parts` are its JSON in pieces, so that those which clusters have in common are kept once: what
    comes before the metadata, then `own` pieces of metadata, then the rest. `applied` remembers the
    last apply that led here, so that repeating it costs nothing; `is_fresh` until the first write
    after its creation; `is_leaving` once its deletion is marked; `is_unsettled` where the next
    write stores it anew even without effect.
    """

    parts: tuple[bytes, ...]
    own: int
    version: int
    uid: str
    namespace: str
    name: str
    labels: dict[str, str]
    owners: tuple[str, ...] = ()
    applied: tuple[Any, ...] | None = None
    is_fresh: bool = False
    is_leaving: bool = False
    is_unsettled: bool = False

    @property
    def is_managed(self) -> bool:
        """Tell whether anybody owns a part of the object."""
        return self.own > 1

    @property
    def body(self) -> bytes:
        """Return the object, encoded."""
        return b"".join(self.parts)

    def load(self) -> dict[str, Any]:
        """Return a copy of the object."""
        loaded: dict[str, Any] = orjson.loads(self.body)
        return loaded

    def metadata_only(self) -> bytes:
        """Return the object as PartialObjectMetadata, encoded."""
        return b"".join((PARTIAL, *self.parts[1 : 1 + self.own], b"}"))


def stored(obj: dict[str, Any], version: int) -> Stored:
    """Return the object as kept at `version`, which is also written into it."""
    metadata = obj["metadata"]
    metadata["resourceVersion"] = str(version)
    opening = f'{{"kind":"{obj["kind"]}","apiVersion":"{obj["apiVersion"]}","metadata":'.encode()
    own = tuple(in_pieces(metadata))
    rest = (
        shared(b",%b:%b" % (orjson.dumps(name), orjson.dumps(value)))
        for name, value in obj.items()
        if name not in HEAD
    )
    return Stored(
        parts=(shared(opening), *own, *rest, b"}"),
        own=len(own),
        version=version,
        uid=metadata["uid"],
        namespace=sys.intern(metadata.get("namespace", "")),
        name=sys.intern(metadata["name"]),
        labels=shared_labels(metadata.get("labels") or {}),
        owners=tuple(owner["uid"] for owner in metadata.get("ownerReferences") or ()),
        is_leaving="deletionTimestamp" in metadata,
    )


def in_pieces(metadata: dict[str, Any]) -> Iterator[bytes]:
    """Yield an object's metadata as JSON, with what each manager owns in a piece of its own."""
    entries = metadata.get("managedFields")
    if not entries:
        yield orjson.dumps(metadata)
        return
    rest = {name: value for name, value in metadata.items() if name != "managedFields"}
    yield orjson.dumps(rest)[:-1] + b',"managedFields":['
    before = b""
    for entry in entries:
        head = {name: value for name, value in entry.items() if name != "fieldsV1"}
        yield shared(before + orjson.dumps(head)[:-1])
        yield shared(b',"fieldsV1":' + orjson.dumps(entry["fieldsV1"]) + b"}")
        before = b","
    yield b"]}"
