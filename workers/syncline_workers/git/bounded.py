"""A cache that forgets what was used longest ago, by weight; safe to use from several threads."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable
from typing import Generic, TypeVar

K = TypeVar("K")
V = TypeVar("V")


class Bounded(Generic[K, V]):
    """Values by key, of at most ``capacity`` weight together; what goes is told to ``dropped``."""

    def __init__(self, capacity: int, dropped: Callable[[V], None] | None = None) -> None:
        self._capacity = capacity
        self._dropped = dropped
        self._kept: OrderedDict[K, tuple[int, V]] = OrderedDict()
        self._weight = 0
        self._lock = threading.Lock()

    def get(self, key: K) -> V | None:
        """Give the value and remember that it was used."""
        with self._lock:
            found = self._kept.get(key)
            if found is None:
                return None
            self._kept.move_to_end(key)
            return found[1]

    def put(self, key: K, value: V, weight: int = 1) -> V:
        """Keep a value, unless another thread kept one under this key first; gives what is kept."""
        with self._lock:
            if key in self._kept:
                return self._kept[key][1]
            self._kept[key] = (weight, value)
            self._weight += weight
            gone = self._trim()
        self._tell(gone)
        return value

    def forget(self, key: K) -> None:
        """Forget one; nothing where it is not kept."""
        with self._lock:
            weight, value = self._kept.pop(key, (0, None))
            self._weight -= weight
        if value is not None:
            self._tell([value])

    def values(self) -> list[V]:
        """What is kept now; that is no use of it."""
        with self._lock:
            return [value for _, value in self._kept.values()]

    def clear(self) -> None:
        """Forget all."""
        with self._lock:
            gone = [value for _, value in self._kept.values()]
            self._kept.clear()
            self._weight = 0
        self._tell(gone)

    def _trim(self) -> list[V]:
        gone = []
        while self._weight > self._capacity and len(self._kept) > 1:
            _, (weight, value) = self._kept.popitem(last=False)
            self._weight -= weight
            gone.append(value)
        return gone

    def _tell(self, gone: list[V]) -> None:
        if self._dropped is not None:
            for value in gone:
                self._dropped(value)
