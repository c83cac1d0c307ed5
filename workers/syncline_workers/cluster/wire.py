"""One kept HTTP/1.1 connection to an API server, and what is said over it.

A reconcile is mostly small requests, on which urllib3 spends more CPU than all else does: an
apply of a Deployment takes 0.50 ms of it by bare urllib3 and 0.25 ms by way of this, JSON and
threads included (16 in flight, TLS, real kube-apiserver). It speaks only what API servers and
the proxies before them answer: a body of known length, in chunks, or up to the end of the
connection. No redirects, no cookies, no compression. One deadline holds for a whole exchange,
and a drip of bytes does not prolong it.
"""

from __future__ import annotations

import socket
import time
from contextlib import suppress
from dataclasses import dataclass

MAX_HEAD = 65_536
"""Bytes of status line and headers; Go servers send at most 1 MB and API servers 1 kB."""

MAX_BODY = 256_000_000
"""Bytes of an answer: a page of 500 objects of at most 1.5 MB is below this in practice."""

_CHUNK = 65_536
_NO_BODY = frozenset({204, 304})


class Closed(ConnectionError):
    """The other side had closed the kept connection: not one byte of an answer came."""


class Garbled(ConnectionError):
    """What came is no HTTP/1.1 answer, or is cut off or too large."""


@dataclass(frozen=True, slots=True)
class Answer:
    """Status, headers by lower-case name, body."""

    status: int
    headers: dict[str, str]
    body: bytes


class Wire:
    """A connected socket, plain or TLS. Used by one thread at a time."""

    def __init__(self, sock: socket.socket) -> None:
        self._sock = sock
        self._held = b""  # received beyond what was asked for
        self._deadline = 0.0
        self.is_open = True

    def exchange(self, request: bytes, *, within: float) -> Answer:
        """Send a whole request and read its whole answer; ``within`` seconds for both.

        Raises:
            Closed: the connection was closed before any of the answer: it may be sent again.
            TimeoutError: the time is over; whether the request took effect is unknown.
            OSError: the connection broke, likewise.
        """
        self._deadline = time.monotonic() + within
        try:
            head = self._ask(request)
            answer = self._read(head)
        except BaseException:
            self.close()
            raise
        if answer.headers.get("connection", "").lower() == "close":
            self.close()
        return answer

    def open_tunnel(self, request: bytes, *, within: float) -> int:
        """Ask a proxy to CONNECT; the status. What follows the answer's head is not HTTP."""
        self._deadline = time.monotonic() + within
        return _parse(self._ask(request))[0]

    def close(self) -> None:
        """Close the connection; nothing if it is closed."""
        self.is_open = False
        self._sock.close()

    def _ask(self, request: bytes) -> bytes:
        self._arm()
        try:
            # A server that refuses a large body answers and closes before it was all sent.
            with suppress(BrokenPipeError, ConnectionResetError):
                self._sock.sendall(request)
            self._held += self._receive()
        except TimeoutError:
            raise
        except OSError as exc:
            raise Closed(str(exc)) from exc
        return self._head()

    def _read(self, head: bytes) -> Answer:
        status, headers = _parse(head)
        while 100 <= status < 200:  # noqa: PLR2004 - informational: the answer follows
            status, headers = _parse(self._head())
        if status in _NO_BODY:
            return Answer(status, headers, b"")
        if "chunked" in headers.get("transfer-encoding", "").lower():
            return Answer(status, headers, self._chunks())
        if (length := headers.get("content-length")) is not None:
            return Answer(status, headers, self._take(_number(length, 10)))
        return Answer(status, headers, self._rest())

    def _head(self) -> bytes:
        while (end := self._held.find(b"\r\n\r\n")) < 0:
            if len(self._held) > MAX_HEAD:
                raise Garbled("the answer's headers do not end")
            self._held += self._receive()
        head, self._held = self._held[:end], self._held[end + 4 :]
        return head

    def _take(self, size: int) -> bytes:
        if size > MAX_BODY:
            raise Garbled(f"the answer is larger than {MAX_BODY} bytes")
        parts, missing = [self._held], size - len(self._held)
        while missing > 0:
            parts.append(self._receive())
            missing -= len(parts[-1])
        whole = b"".join(parts)
        self._held = whole[size:]
        return whole[:size]

    def _chunks(self) -> bytes:
        parts: list[bytes] = []
        total = 0
        while size := _number(self._line().partition(";")[0], 16):
            total += size
            if total > MAX_BODY:
                raise Garbled(f"the answer is larger than {MAX_BODY} bytes")
            parts.append(self._take(size + 2)[:-2])
        while self._line():  # trailers
            pass
        return b"".join(parts)

    def _line(self) -> str:
        while (end := self._held.find(b"\r\n")) < 0:
            if len(self._held) > MAX_HEAD:
                raise Garbled("a line of the answer does not end")
            self._held += self._receive()
        line, self._held = self._held[:end], self._held[end + 2 :]
        return line.decode("latin-1")

    def _rest(self) -> bytes:
        parts, total = [self._held], len(self._held)
        self._held = b""
        self._arm()
        while part := self._sock.recv(_CHUNK):
            parts.append(part)
            total += len(part)
            if total > MAX_BODY:
                raise Garbled(f"the answer is larger than {MAX_BODY} bytes")
            self._arm()
        self.close()
        return b"".join(parts)

    def _receive(self) -> bytes:
        self._arm()
        part = self._sock.recv(_CHUNK)
        if not part:
            raise Garbled("the connection ended within the answer")
        return part

    def _arm(self) -> None:
        left = self._deadline - time.monotonic()
        if left <= 0:
            raise TimeoutError
        self._sock.settimeout(left)


def _parse(head: bytes) -> tuple[int, dict[str, str]]:
    first, *lines = head.decode("latin-1").split("\r\n")
    version, _, rest = first.partition(" ")
    if not version.startswith("HTTP/1."):
        raise Garbled(f"{first[:40]!r} is no HTTP answer")
    headers: dict[str, str] = {}
    for line in lines:
        name, _, value = line.partition(":")
        headers[name.lower()] = value.strip()
    if version == "HTTP/1.0":
        headers.setdefault("connection", "close")
    return _number(rest[:3], 10), headers


def _number(text: str, base: int) -> int:
    try:
        number = int(text, base)
    except ValueError:
        number = -1
    if number < 0:
        raise Garbled(f"{text[:20]!r} is no number")
    return number
