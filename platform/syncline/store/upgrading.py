"""The steps of ``migrations``: what an older release stored, written as this one reads it.

A step may be cut off and run again, so each looks at every value whether it is old still. Older
roles must have ended: they would go on writing what nobody reads any more.
"""

from __future__ import annotations

from syncline.model.change import InventoryEntry
from syncline.model.state import HistoryEntry
from syncline.store import keys, packing
from syncline.store.connection import Store

_CHUNK = 500  # keys that one step of a scan looks at


def pack(store: Store) -> None:
    """From schema 1 to 2: history and inventories were JSON, and are packed now."""
    for key in store.redis.scan_iter(keys.HISTORY("*"), count=_CHUNK):
        for place, row in enumerate(store.redis.lrange(key, 0, -1)):
            if (packed := _history(row)) != row:
                store.redis.lset(key, place, packed)
    for key in store.redis.scan_iter(keys.INVENTORY("*"), count=_CHUNK):
        held = store.redis.hgetall(key).items()
        if changed := {name: _inventory(text) for name, text in held if text.startswith("{")}:
            store.redis.hset(key, mapping=changed)


def _history(row: str) -> str:
    generation, finished_at, text = row.split(" ", 2)
    if not text.startswith("{"):
        return row
    entry = HistoryEntry.model_validate_json(f'{{"finished_at":{finished_at},{text[1:]}')
    return f"{generation} {finished_at} {packing.history(entry)}"


def _inventory(text: str) -> str:
    return packing.inventory(InventoryEntry.model_validate_json(text))
