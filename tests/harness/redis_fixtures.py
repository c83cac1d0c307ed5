"""A Redis for a session, emptied before each test that asks for it."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from pydantic import SecretStr

from syncline.model.seal import PlatformKey
from syncline.settings import StoreSettings
from syncline.store import connection, migrations
from syncline.store.connection import Store
from tests.harness.redis import Redis


@pytest.fixture(scope="session")
def redis_session(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Redis]:
    """One server for all tests of a process; forgets everything when it is restarted."""
    server = Redis(tmp_path_factory.mktemp("redis"))
    server.start()
    yield server
    server.stop()


@pytest.fixture
def redis_server(redis_session: Redis) -> Redis:
    """The session's server, empty."""
    redis_session.flush()
    return redis_session


@pytest.fixture
def own_redis(tmp_path: Path) -> Iterator[Redis]:
    """A persistent server for one test: to be killed, restarted, frozen."""
    server = Redis(tmp_path / "redis", persistent=True)
    server.start()
    yield server
    server.resume()
    server.stop()


@pytest.fixture
def store(redis_server: Redis) -> Iterator[Store]:
    """An empty store, prepared, with a platform key."""
    made = open_store(redis_server)
    migrations.prepare(made)
    yield made
    made.close()


def open_store(server: Redis, **settings: int) -> Store:
    """Connect to a server with a new platform key."""
    chosen = StoreSettings(url=SecretStr(server.url), **settings)
    return connection.connect(chosen, key=PlatformKey.parse(PlatformKey.generate()))
