"""The installation's id is the same again after everything was lost."""

from collections.abc import Callable, Iterator

import pytest
from pydantic import SecretStr

from syncline.errors import Conflict
from syncline.model.seal import PlatformKey
from syncline.settings import StoreSettings
from syncline.store import connection, migrations
from syncline.store.connection import Store
from tests.harness.redis import Redis
from tests.store.world import World

KEY = PlatformKey(b"k" * 32)
Open = Callable[..., Store]


@pytest.fixture
def opened(redis_server: Redis) -> Iterator[Open]:
    """Open the empty server as a role does."""
    made: list[Store] = []

    def open_as(key: PlatformKey | None = KEY, **settings: str) -> Store:
        chosen = StoreSettings.model_validate({"url": SecretStr(redis_server.url), **settings})
        made.append(connection.connect(chosen, key=key))
        return made[-1]

    yield open_as
    for store in made:
        store.close()


def test_it_follows_from_the_platform_key(opened: Open) -> None:
    first = migrations.prepare(opened())
    opened().redis.flushall()
    other = migrations.prepare(opened(PlatformKey(b"x" * 32)))
    opened().redis.flushall()

    assert migrations.prepare(opened()) == first != other


def test_a_role_without_the_key_leaves_it_to_the_others(opened: Open) -> None:
    assert migrations.prepare(opened(None)) == ""
    assert migrations.prepare(opened()) != ""


def test_a_setting_is_preferred(opened: Open) -> None:
    assert migrations.prepare(opened(installation="east")) == "east"


def test_another_installations_store_is_refused(opened: Open) -> None:
    migrations.prepare(opened(installation="east"))

    with pytest.raises(Conflict, match="belongs to the installation east"):
        migrations.prepare(opened(installation="west"))


def test_a_store_keeps_the_id_that_it_has(opened: Open) -> None:
    before = migrations.prepare(opened(installation="east"))

    assert migrations.prepare(opened(PlatformKey(b"x" * 32))) == before


def test_a_store_that_was_emptied_under_its_roles_gets_it_again(opened: Open) -> None:
    store = opened()
    own = migrations.prepare(store)
    store.redis.flushall()
    world = World(store)

    claim = world.start(world.target())

    assert claim.installation == migrations.installation(store) == own
