"""What a watch remembers of a kind's objects: two numbers for each, whatever their size."""

from __future__ import annotations

from hashlib import blake2b

from syncline.model.change import InventoryEntry
from syncline.model.values import Manifest
from syncline_workers.change import owned


class Marks:
    """Of each object: a digest of its name, and of what is ours of it (uid and owned mark).

    A change of status, or of a field of others, leaves both as they are. Two names with one digest
    (by chance, 1 in 10^10 among 50,000 objects) would hide a change from the watch, and from no
    sweep.
    """

    def __init__(self) -> None:
        self._seen: dict[int, int] = {}

    def __len__(self) -> int:
        return len(self._seen)

    def note(self, live: Manifest) -> bool:
        """Remember an object as it is; True where that is not as it was."""
        meta = live["metadata"]
        name = _number(meta.get("namespace") or "", meta["name"])
        now = _number(meta.get("uid") or "", owned.mark(live))
        before = self._seen.get(name)
        self._seen[name] = now
        return before != now

    def forget(self, live: Manifest) -> None:
        """It was deleted."""
        meta = live["metadata"]
        self._seen.pop(_number(meta.get("namespace") or "", meta["name"]), None)

    def holds(self, entry: InventoryEntry) -> bool:
        """Whether an object of that name is there."""
        return _number(entry.ref.namespace, entry.ref.name) in self._seen

    def is_as(self, entry: InventoryEntry) -> bool:
        """Whether the object is as it was recorded.

        One recorded without a mark need only exist; so need one whose fields others may take
        (ignore rules): which they took only its managedFields tell, to a sweep.
        """
        found = self._seen.get(_number(entry.ref.namespace, entry.ref.name))
        if found is None or not entry.owned or entry.ignored:
            return found is not None
        return found == _number(entry.uid, entry.owned)


def _number(*parts: str) -> int:
    return int.from_bytes(blake2b("\0".join(parts).encode(), digest_size=8).digest())
