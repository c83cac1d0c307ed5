"""Runs of waves and hooks need a real Redis and a real kube-apiserver."""

import secrets
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from syncline.store.connection import Store
from tests.harness.apiserver import ApiServer
from tests.harness.redis_fixtures import redis_server, redis_session, store
from tests.steps.world import World

__all__ = ["redis_server", "redis_session", "store"]

Make = Callable[..., World]


@pytest.fixture
def make(store: Store, api_server: ApiServer, tmp_path: Path) -> Iterator[Make]:
    """A world with a policy; its namespace is its own."""
    with ExitStack() as stack:

        def made(**policy: Any) -> World:
            name = f"steps-{secrets.token_hex(4)}"
            world = World(store, api_server, tmp_path / name, name, policy)
            stack.callback(world.close)
            return world

        yield made


@pytest.fixture
def world(make: Make) -> World:
    return make()
