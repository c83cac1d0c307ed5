"""One clock for a whole answer: who sends a byte now and then is cut off all the same.

A time-out of a socket is for each wait. So a timer ends the socket that an answer comes by,
whatever is being read of it: the handshake, a header, the body.
"""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

from urllib3.connection import HTTPConnection

_mine = threading.local()


@contextmanager
def until(deadline: float) -> Iterator[None]:
    """Have what this thread asks for end at a time, monotonic."""
    _mine.deadline, _mine.timers = deadline, []
    try:
        yield
    finally:
        for timer in _mine.timers:
            timer.cancel()
        _mine.deadline, _mine.timers = None, []


class Timed:
    """Part of a pool of connections."""

    def _make_request(self, conn: HTTPConnection, *args: Any, **options: Any) -> Any:
        deadline = getattr(_mine, "deadline", None)
        if deadline is not None:
            timer = threading.Timer(max(deadline - time.monotonic(), 0.0), _cut_off, (conn,))
            timer.daemon = True
            timer.start()
            _mine.timers.append(timer)
        return super()._make_request(conn, *args, **options)  # type: ignore[misc]


class Kept:
    """Part of a connection: its socket, also once an answer has taken it over."""

    sock: socket.socket | None
    held: socket.socket | None = None

    def connect(self) -> None:
        """Connect."""
        super().connect()  # type: ignore[misc]
        self.held = self.sock


def _cut_off(conn: HTTPConnection) -> None:
    sock = conn.sock or getattr(conn, "held", None)
    if sock is not None:
        with suppress(OSError):  # it has ended by itself
            socket.socket.shutdown(sock, socket.SHUT_RDWR)  # TLS or not: who reads it is not asked
