"""A live API on a real Redis: uvicorn in a thread, asked over HTTP."""

from __future__ import annotations

import io
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import httpx
import pytest
from pydantic import SecretStr

from syncline import logs
from syncline.api.app import create_app
from syncline.api.server import Server, listen, url_of
from syncline.model.access import Scope
from syncline.settings import Settings, StoreSettings
from syncline.store import tokens
from syncline.store.connection import Store
from tests.api.fleets import Fleet
from tests.harness.poll import until
from tests.harness.redis import Redis
from tests.harness.redis_fixtures import redis_server, redis_session, store

__all__ = ["redis_server", "redis_session", "store"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Live:
    """An API that serves."""

    url: str
    server: Server
    store: Store

    def client(self, *scopes: Scope, name: str = "tester") -> httpx.Client:
        """Open a client whose token has these scopes; without any: one without a token."""
        headers = {}
        if scopes:
            token = tokens.create(self.store, name, scopes=scopes)
            headers["Authorization"] = f"Bearer {token}"
        return httpx.Client(base_url=self.url, headers=headers, timeout=30, trust_env=False)


@pytest.fixture
def settings(redis_server: Redis) -> Settings:
    return Settings(store=StoreSettings(url=SecretStr(redis_server.url)))


@pytest.fixture
def fleet(store: Store) -> Fleet:
    return Fleet(store)


@pytest.fixture
def serve(store: Store, settings: Settings) -> Iterator[Callable[..., Live]]:
    """Start servers on the store of this test; each is stopped at its end."""
    logs.configure(level="warning", stream=io.StringIO())  # else on what a command prints
    running: list[tuple[Server, threading.Thread]] = []

    def start(on: Store = store, using: Settings = settings) -> Live:
        listener = listen("127.0.0.1", 0)
        ready = threading.Event()
        server = Server(create_app(on, using), listener, ready.set)
        thread = threading.Thread(target=server.serve_until_stopped, daemon=True)
        thread.start()
        running.append((server, thread))
        assert ready.wait(20), "the API did not start"
        return Live(url=url_of(listener), server=server, store=on)

    yield start
    for server, thread in running:
        server.should_exit = True
        until(lambda t=thread: not t.is_alive(), within=15, what="the API ends")


@pytest.fixture
def live(serve: Callable[..., Live]) -> Live:
    return serve()


@pytest.fixture
def admin(live: Live) -> Iterator[httpx.Client]:
    with live.client(Scope.ADMIN, name="alice") as client:
        yield client


@pytest.fixture
def reader(live: Live) -> Iterator[httpx.Client]:
    with live.client(Scope.READ, name="rita") as client:
        yield client
