"""What is sent back: a whole answer, a stream of pieces, or deliberately nothing."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

import orjson

JSON = "application/json"
REASONS = {status.value: status.phrase for status in HTTPStatus}

Write = Callable[[bytes], None]
Stop = Callable[[], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Response:
    """A whole answer; `delay` seconds pass before it is sent."""

    code: int
    body: bytes
    content_type: str = JSON
    headers: tuple[tuple[str, str], ...] = ()
    delay: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Stream:
    """An answer without an end: `start(write, finish)` returns how to stop it.

    `lifetime` is how many seconds it may last; every `pulse` seconds `beat` is sent.
    """

    start: Callable[[Write, Stop], Stop]
    lifetime: float
    beat: Callable[[], bytes] | None = None
    pulse: float = 60.0
    content_type: str = JSON


@dataclass(frozen=True, slots=True, kw_only=True)
class Silence:
    """No answer: the connection is closed at once, or kept open and forgotten."""

    hang: bool


Answer = Response | Stream | Silence


def json_response(code: int, value: Any) -> Response:
    """Return an answer with `value` as JSON."""
    return Response(code=code, body=orjson.dumps(value))


def text(code: int, message: str) -> Response:
    """Return an answer in plain words."""
    return Response(code=code, body=message.encode(), content_type="text/plain; charset=utf-8")


def encode(response: Response, *, keep_alive: bool, with_body: bool = True) -> bytes:
    """Return the bytes of an answer."""
    lines = [
        f"HTTP/1.1 {response.code} {REASONS.get(response.code, 'Unknown')}",
        f"Content-Type: {response.content_type}",
        f"Content-Length: {len(response.body)}",
        *(f"{name}: {value}" for name, value in response.headers),
    ]
    if not keep_alive:
        lines.append("Connection: close")
    head = "\r\n".join(lines).encode("latin-1") + b"\r\n\r\n"
    return head + response.body if with_body else head


def stream_head(stream: Stream) -> bytes:
    """Return the head of a stream, whose pieces follow as chunks."""
    return (
        f"HTTP/1.1 200 OK\r\nContent-Type: {stream.content_type}\r\n"
        "Transfer-Encoding: chunked\r\n\r\n"
    ).encode("latin-1")


def chunk(piece: bytes) -> bytes:
    """Return one piece of a stream; an empty one ends it."""
    return b"%x\r\n%b\r\n" % (len(piece), piece)
