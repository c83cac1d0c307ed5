"""One object as it is kept: its JSON, and the few facts that lists and deletions ask for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import orjson


@dataclass(slots=True, kw_only=True, eq=False)
class Stored:
    """An object at one resource version.

    `applied` remembers the last apply that led here, so that repeating it costs nothing;
    `partial` is the metadata alone, encoded when first asked for; `is_fresh` until the first write
    after its creation.
    """

    body: bytes
    version: int
    uid: str
    namespace: str
    name: str
    labels: dict[str, str]
    owners: tuple[str, ...] = ()
    applied: tuple[Any, ...] | None = None
    partial: bytes | None = None
    is_fresh: bool = False

    def load(self) -> dict[str, Any]:
        """Return a copy of the object."""
        loaded: dict[str, Any] = orjson.loads(self.body)
        return loaded

    def metadata_only(self) -> bytes:
        """Return the object as PartialObjectMetadata, encoded."""
        if self.partial is None:
            self.partial = orjson.dumps(
                {
                    "kind": "PartialObjectMetadata",
                    "apiVersion": "meta.k8s.io/v1",
                    "metadata": self.load()["metadata"],
                }
            )
        return self.partial


def stored(obj: dict[str, Any], version: int) -> Stored:
    """Return the object as kept at `version`, which is also written into it."""
    metadata = obj["metadata"]
    metadata["resourceVersion"] = str(version)
    return Stored(
        body=orjson.dumps(obj),
        version=version,
        uid=metadata["uid"],
        namespace=metadata.get("namespace", ""),
        name=metadata["name"],
        labels=metadata.get("labels") or {},
        owners=tuple(owner["uid"] for owner in metadata.get("ownerReferences") or ()),
    )
