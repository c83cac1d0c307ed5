"""A web server on loopback whose answers a test sets, and which keeps what it was asked."""

import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import MappingProxyType
from typing import NamedTuple


class Reply(NamedTuple):
    """An answer."""

    status: int = 200
    body: bytes = b""
    headers: Mapping[str, str] = MappingProxyType({})


@dataclass(slots=True)
class WebServer:
    """Answers each path with a query as ``reply`` says."""

    url: str = ""
    reply: Callable[[str], Reply] = lambda _: Reply(200, b"fine")
    asked: list[tuple[str, str, dict[str, str]]] = field(default_factory=list)
    """Method, path with query, headers."""

    @property
    def port(self) -> int:
        return int(self.url.rpartition(":")[2])

    def always(self, status: int = 200, body: bytes = b"", **headers: str) -> None:
        """Answer everything so from now on."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        self.reply = lambda _: Reply(status, body, named)


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False

    def handle_error(self, *_: object) -> None:
        """Whoever asked went away."""


@contextmanager
def serving() -> Iterator[WebServer]:
    """One on a free port."""
    web = WebServer()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            web.asked.append((self.command, self.path, dict(self.headers.items())))
            found = web.reply(self.path)
            self.send_response(found.status)
            for name, value in found.headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(found.body)))
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(found.body)

        do_HEAD = do_GET  # noqa: N815 - the server's naming

        def log_message(self, *_: object) -> None:
            """Nobody reads it."""

    server = _Server(("127.0.0.1", 0), Handler)
    web.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield web
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
