"""The ``server`` role: the app behind uvicorn, until it is told to stop."""

from __future__ import annotations

import gc
import signal
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import current_thread, main_thread
from typing import TYPE_CHECKING

import uvicorn
from fastapi import FastAPI

from syncline import logs
from syncline.api.app import create_app
from syncline.errors import Conflict
from syncline.settings import Settings
from syncline.store import connection, migrations
from syncline.store import server as required

log = logs.get(__name__)

if TYPE_CHECKING:
    from syncline.tracing.exporter import Exporter

_GRACE = 5
"""Seconds that open requests get to end; streams of events are ended at once."""


class Server(uvicorn.Server):
    """uvicorn that says when it serves, and whose end by a signal is a success.

    ``should_exit = True``, also from another thread, stops it.
    """

    def __init__(self, app: FastAPI, listener: socket.socket, on_ready: Callable[[], None]) -> None:
        super().__init__(
            uvicorn.Config(
                app,
                log_config=None,  # ours is set up by the role
                access_log=False,  # the app writes one line a request
                server_header=False,
                timeout_graceful_shutdown=_GRACE,
                lifespan="on",
            )
        )
        self._app = app
        self._listener = listener
        self._on_ready = on_ready

    def serve_until_stopped(self) -> None:
        """Serve; returns after SIGTERM, SIGINT or ``should_exit``."""
        self.run(sockets=[self._listener])

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start as uvicorn does, then tell that we serve."""
        await super().startup(sockets)
        if self.started:
            self._on_ready()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """End the streams, which would never end by themselves, then as uvicorn does."""
        self._app.state.context.feed.close()
        await super().shutdown(sockets)

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Stop on SIGTERM and SIGINT; uvicorn's own would raise them again afterwards."""
        if current_thread() is not main_thread():
            yield  # signals are the main thread's business: tests set ``should_exit``
            return
        numbers = (signal.SIGTERM, signal.SIGINT)
        before = [signal.signal(number, self.handle_exit) for number in numbers]
        try:
            yield
        finally:
            for number, handler in zip(numbers, before, strict=True):
                signal.signal(number, handler)


def serve(
    settings: Settings,
    *,
    exporter: Exporter | None = None,
    on_ready: Callable[[str], None] = lambda _url: None,
) -> None:
    """Run the API until SIGTERM or SIGINT.

    Args:
        settings: ``server.host`` and ``server.port``; port 0 takes any free one.
        exporter: where traces go; it is closed at the end.
        on_ready: called once with the URL, when requests are answered.

    Raises:
        Conflict: the address is taken, a newer release has written the store, or Redis is set up in
            a way that loses state.
        StoreUnavailable: Redis does not answer.
        CredentialRefused: the platform key is not set, or cannot be read.
    """
    store = connection.connect(settings.store, key=settings.keys.platform_key())
    try:
        for warning in required.require(settings.store):
            log.warning("Redis is not safe", warning=warning)
        migrations.prepare(store)
        listener = listen(settings.server.host, settings.server.port)
        app = create_app(store, settings, exporter=exporter)
        Server(app, listener, lambda: _ready(listener, on_ready)).serve_until_stopped()
    finally:
        store.close()
        if exporter is not None:
            exporter.close()


def _ready(listener: socket.socket, on_ready: Callable[[str], None]) -> None:
    # What was loaded stays. Looking at all of it again would stop every answer for 40 ms and more.
    gc.collect()
    gc.freeze()
    on_ready(url_of(listener))


def listen(host: str, port: int) -> socket.socket:
    """Open the listening socket.

    Raises:
        Conflict: the address cannot be had.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # asyncio turns Nagle's algorithm off only where the protocol is named; on, it costs each
    # answer on a kept connection the 40 ms of a delayed acknowledgement.
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
    except OSError as exc:
        listener.close()
        raise Conflict(
            f"http://{host}:{port}",
            f"cannot be listened on: {exc.strerror}; set SYNCLINE_SERVER_PORT (0: any free port)",
        ) from exc
    return listener


def url_of(listener: socket.socket) -> str:
    """Return where a socket listens: with the true port, also where any free one was asked for."""
    host, port = listener.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"
