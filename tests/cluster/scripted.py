"""A server that answers by the book it is given: what a real API server cannot be made to do."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import Self

Talk = Callable[[socket.socket], None]
"""What happens on one connection, from its first byte; it is closed afterwards."""


def read_request(sock: socket.socket) -> bytes:
    """One request with its body; b"" where the client closed the connection."""
    data = b""
    while b"\r\n\r\n" not in data:
        part = sock.recv(65536)
        if not part:
            return b""
        data += part
    head, _, body = data.partition(b"\r\n\r\n")
    length = 0
    for line in head.split(b"\r\n"):
        name, _, value = line.partition(b":")
        if name.lower() == b"content-length":
            length = int(value)
    while len(body) < length:
        body += sock.recv(65536)
    return head + b"\r\n\r\n" + body


def answer(body: bytes, status: str = "200 OK", *headers: str) -> bytes:
    """A whole answer of known length."""
    lines = [f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", *headers, "", ""]
    return "\r\n".join(lines).encode() + body


class Scripted:
    """Each new connection takes the next talk of the book, the last one again and again."""

    def __init__(self, *book: Talk | bytes) -> None:
        self.requests: list[bytes] = []
        self.connections = 0
        self._book = book
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._listener.getsockname()[1])
        self.url = f"http://127.0.0.1:{self.port}"
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._open: list[socket.socket] = []

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        for sock in (self._listener, *self._open):
            with suppress(OSError):  # it is not connected any more
                sock.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._thread.join(5)
        assert not self._thread.is_alive()

    def _serve(self) -> None:
        while True:
            try:
                sock, _ = self._listener.accept()
            except OSError:
                return
            self._open.append(sock)
            talk = self._book[min(self.connections, len(self._book) - 1)]
            self.connections += 1
            thread = threading.Thread(target=self._talk, args=(sock, talk), daemon=True)
            thread.start()

    def _talk(self, sock: socket.socket, talk: Talk | bytes) -> None:
        with sock, suppress(OSError):
            if callable(talk):
                talk(sock)
                return
            while request := read_request(sock):
                self.requests.append(request)
                sock.sendall(talk)
