"""Reading HTTP/1.1 requests from bytes: one request at a time, with or without chunks."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from urllib.parse import parse_qsl, unquote

LONGEST_HEAD = 64 * 1024
LARGEST_BODY = 3 * 1024 * 1024
END_OF_HEAD = b"\r\n\r\n"


class Unreadable(Exception):
    """The bytes are no request, or one that is too large; `code` says which."""

    def __init__(self, code: int, message: str) -> None:
        super().__init__(message)
        self.code = code


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """A request. Header names are lower case; the path is decoded, the query is not."""

    method: str
    path: str
    query: str
    headers: dict[str, str]
    body: bytes = b""

    @property
    def params(self) -> dict[str, str]:
        """Return the query's parameters, the last of each name."""
        return params(self.query)

    @property
    def keeps_alive(self) -> bool:
        """Tell whether the client wants the connection for more requests."""
        return self.headers.get("connection", "").lower() != "close"


@lru_cache(maxsize=4096)
def params(query: str) -> dict[str, str]:
    """Return a query's parameters. Shared between calls: not to be changed."""
    return dict(parse_qsl(query, keep_blank_values=True))


def head(data: bytes) -> Request:
    """Return the request whose head is `data`, without its body.

    Raises:
        Unreadable: it is no HTTP/1.1 head.
    """
    lines = data.decode("latin-1").split("\r\n")
    try:
        method, target, version = lines[0].split(" ")
        pairs = [line.split(":", 1) for line in lines[1:] if line]
        headers = {name.lower(): value.strip() for name, value in pairs}
    except ValueError as exc:
        raise Unreadable(400, "400 Bad Request") from exc
    if not version.startswith("HTTP/1."):
        raise Unreadable(505, "505 HTTP Version Not Supported")
    path, _, query = target.partition("?")
    if "%" in path:
        path = unquote(path)
    return Request(method=method, path=path, query=query, headers=headers)


def body_length(headers: dict[str, str]) -> int:
    """Return how many bytes follow the head; -1 where they come in chunks.

    Raises:
        Unreadable: the length is no number, or more than the API server takes.
    """
    if "chunked" in headers.get("transfer-encoding", ""):
        return -1
    length = headers.get("content-length", "0")
    if not length.isdigit():
        raise Unreadable(400, "400 Bad Request")
    if int(length) > LARGEST_BODY:
        raise too_large()
    return int(length)


def too_large() -> Unreadable:
    """Return the refusal of a body over the limit."""
    return Unreadable(413, f"Request entity too large: limit is {LARGEST_BODY}")


def chunks(data: bytes) -> tuple[bytes, int] | None:
    """Return a chunked body and how many bytes it took; None while it is not all there."""
    body: list[bytes] = []
    position = 0
    while True:
        end = data.find(b"\r\n", position)
        if end < 0:
            return None
        try:
            size = int(data[position:end].split(b";", 1)[0], 16)
        except ValueError as exc:
            raise Unreadable(400, "400 Bad Request") from exc
        position = end + 2
        if len(data) < position + size + 2:
            return None
        if size == 0:
            return b"".join(body), position + 2
        body.append(data[position : position + size])
        if sum(map(len, body)) > LARGEST_BODY:
            raise too_large()
        position += size + 2
