"""Doing one thing to many objects, so many at once.

The threads hide the API server's latency; they add no CPU. They belong to the process and are
kept, because a reconcile of four objects is shorter than starting sixteen threads.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from typing import Generic, TypeVar

from syncline.errors import SynclineError

T = TypeVar("T")
R = TypeVar("R")

MOST = 64
"""Threads of one process; more would only wait for the interpreter."""


@dataclass(frozen=True, slots=True)
class Result(Generic[R]):
    """What came of one item: a value, an error, or neither where it was not begun."""

    value: R | None = None
    error: SynclineError | None = None
    begun: bool = True


def each(
    items: Sequence[T],
    function: Callable[[T], R],
    *,
    width: int,
    should_stop: Callable[[], bool] = lambda: False,
) -> list[Result[R]]:
    """Call the function with each item, at most ``width`` at once; results in the items' order.

    After the first error, or once ``should_stop`` says so, no further item is begun; what has
    begun is waited for. An error that is none of ours is raised again, after that.
    """
    work = _Work(items, function, should_stop)
    helpers = min(width, len(items)) - 1  # the caller works too: one item needs no thread
    futures = [_threads.own().submit(work.run) for _ in range(helpers)]
    try:
        work.run()
    finally:
        work.stop()  # also where the caller was interrupted by its time limit
        _finish(futures)
    for future in futures:
        if not future.cancelled():
            future.result()
    return work.results


class _Work(Generic[T, R]):
    def __init__(
        self, items: Sequence[T], function: Callable[[T], R], should_stop: Callable[[], bool]
    ) -> None:
        self.results: list[Result[R]] = [Result(begun=False)] * len(items)
        self._items = items
        self._function = function
        self._should_stop = should_stop
        self._next: Iterator[int] = iter(range(len(items)))  # next() on it is atomic
        self._stopped = False

    def stop(self) -> None:
        self._stopped = True

    def run(self) -> None:
        for index in self._next:
            if self._stopped or self._should_stop():
                return
            try:
                self.results[index] = Result(value=self._function(self._items[index]))
            except SynclineError as error:
                self._stopped = True
                self.results[index] = Result(error=error)
            except BaseException:
                self._stopped = True
                raise


def _finish(futures: list[Future[None]]) -> None:
    wait([future for future in futures if not future.cancel()])


class Threads:
    """Threads that a process keeps; its parent's did not come along with the fork."""

    def __init__(self, most: int, name: str) -> None:
        self._most = most
        self._name = name
        self._lock = threading.Lock()
        self._kept: tuple[int, ThreadPoolExecutor] | None = None

    def own(self) -> ThreadPoolExecutor:
        """This process's."""
        with self._lock:
            if self._kept is None or self._kept[0] != os.getpid():
                pool = ThreadPoolExecutor(self._most, thread_name_prefix=self._name)
                self._kept = (os.getpid(), pool)
            return self._kept[1]


_threads = Threads(MOST, "cluster")
