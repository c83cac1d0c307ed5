"""A real forward proxy on 127.0.0.1 that keeps what it was asked: HTTP (CONNECT, GET), SOCKS5.

What a client speaks is told from its first byte. It can ask for a user and password.
"""

import base64
import socket
import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

CHUNK = 65_536
_PATIENCE = 30.0  # seconds
_SOCKS = 5
_BY_PASSWORD = 2
_NAME, _IPV4 = 3, 1


@dataclass
class ForwardProxy:
    """Its knobs may be turned any time."""

    port: int = 0
    user: str = ""  # user:password; "" = everybody may pass
    status: int = 0  # answer this instead, where it is not 0
    asked: list[tuple[str, str]] = field(default_factory=list)
    """What was spoken (CONNECT, GET, POST, SOCKS5) and host:port, of those that passed."""
    refused: int = 0

    def url(self, scheme: str = "http") -> str:
        return f"{scheme}://127.0.0.1:{self.port}"


@contextmanager
def proxying() -> Iterator[ForwardProxy]:
    """One on a free port."""
    proxy = ForwardProxy()
    handler = type("Bound", (_Client,), {"proxy": proxy})
    server = _Server(("127.0.0.1", 0), handler)
    proxy.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield proxy
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


class _Server(socketserver.ThreadingTCPServer):
    daemon_threads = True
    block_on_close = False
    allow_reuse_address = True
    request_queue_size = 64

    def handle_error(self, request: object, client_address: object) -> None:
        """Whoever asked went away."""


class _Client(socketserver.StreamRequestHandler):
    proxy: ForwardProxy
    timeout = _PATIENCE

    def handle(self) -> None:
        if self.rfile.peek(1)[:1] == bytes([_SOCKS]):
            self._socks()
        else:
            self._http()

    def _http(self) -> None:
        first = self.rfile.readline()
        method, target, _ = first.decode().split()
        headers = []
        while (line := self.rfile.readline()).strip():
            headers.append(line)
        if self.proxy.status:
            self._say(f"{self.proxy.status} Refused")
        elif not self._may_pass(headers):
            self.proxy.refused += 1
            self._say("407 Proxy Authentication Required", 'Proxy-Authenticate: Basic realm="p"')
        elif method == "CONNECT":
            host, _, port = target.rpartition(":")
            self._open(method, host, int(port), b"HTTP/1.1 200 Connection established\r\n\r\n")
        else:
            self._forward(method, target, headers)

    def _may_pass(self, headers: list[bytes]) -> bool:
        if not self.proxy.user:
            return True
        wanted = base64.b64encode(self.proxy.user.encode()).decode()
        given = b"".join(headers).decode().lower()
        return f"proxy-authorization: basic {wanted}".lower() in given

    def _say(self, status: str, *headers: str) -> None:
        lines = [f"HTTP/1.1 {status}", *headers, "Content-Length: 0", "Connection: close"]
        self.wfile.write("".join(f"{line}\r\n" for line in [*lines, ""]).encode())

    def _forward(self, method: str, target: str, headers: list[bytes]) -> None:
        """One request a connection: what comes behind the headers is its body."""
        url = urlsplit(target)
        path = f"{url.path or '/'}{'?' + url.query if url.query else ''}"
        kept = [line for line in headers if not line.lower().startswith((b"proxy-", b"connection"))]
        sent = [f"{method} {path} HTTP/1.1\r\n".encode(), *kept, b"Connection: close\r\n\r\n"]
        self._open(method, url.hostname or "", url.port or 80, first=b"".join(sent))

    def _socks(self) -> None:
        _, count = self.rfile.read(2)
        self.rfile.read(count)
        self.wfile.write(bytes([_SOCKS, _BY_PASSWORD if self.proxy.user else 0]))
        if self.proxy.user:
            _, length = self.rfile.read(2)
            user = self.rfile.read(length)
            word = self.rfile.read(self.rfile.read(1)[0])
            is_let_in = user + b":" + word == self.proxy.user.encode()
            self.wfile.write(bytes([1, not is_let_in]))
            if not is_let_in:
                self.proxy.refused += 1
                return
        _, _, _, kind = self.rfile.read(4)
        if kind == _NAME:
            host = self.rfile.read(self.rfile.read(1)[0]).decode()
        else:
            host = socket.inet_ntop(*_family(kind, self.rfile))
        port = int.from_bytes(self.rfile.read(2))
        self._open("SOCKS5", host, port, bytes([_SOCKS, 0, 0, _IPV4, 0, 0, 0, 0, 0, 0]))

    def _open(
        self, spoken: str, host: str, port: int, answer: bytes = b"", first: bytes = b""
    ) -> None:
        self.proxy.asked.append((spoken, f"{host}:{port}"))
        with socket.create_connection((host, port), _PATIENCE) as there:
            self.wfile.write(answer)
            there.sendall(first)
            back = threading.Thread(target=_pump, args=(there, self.connection), daemon=True)
            back.start()
            while data := self.rfile.read1(CHUNK):
                there.sendall(data)
            with suppress(OSError):  # it hung up first
                there.shutdown(socket.SHUT_WR)
            back.join(_PATIENCE)


def _family(kind: int, stream: Any) -> tuple[int, bytes]:
    if kind == _IPV4:
        return socket.AF_INET, stream.read(4)
    return socket.AF_INET6, stream.read(16)


def _pump(source: socket.socket, sink: socket.socket) -> None:
    with suppress(OSError):  # either side hung up
        while data := source.recv(CHUNK):
            sink.sendall(data)
        sink.shutdown(socket.SHUT_WR)
