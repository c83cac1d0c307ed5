"""A store behind Sentinels: the primary is lost, another takes over, the connection goes on."""

import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from pydantic import SecretStr

from syncline.errors import StoreUnavailable
from syncline.model.seal import PlatformKey
from syncline.settings import StoreSettings
from syncline.store import connection, migrations, runs, server
from syncline.store.connection import Store
from tests.harness.poll import until
from tests.harness.sentinels import MASTER, Watched
from tests.store import recount
from tests.store.world import World, report, request


@pytest.fixture(scope="module")
def watched(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Watched]:
    made = Watched(tmp_path_factory.mktemp("watched"))
    try:
        made.start()
        yield made
    finally:
        made.stop()


@pytest.fixture
def sentinel_store(watched: Watched) -> Iterator[Store]:
    made = connection.connect(settings(watched), key=PlatformKey.parse(PlatformKey.generate()))
    made.redis.flushall()
    migrations.prepare(made)
    yield made
    made.close()


def settings(watched: Watched) -> StoreSettings:
    said = watched.environment
    return StoreSettings(
        url=SecretStr(watched.url),
        master=MASTER,
        password_file=Path(said["SYNCLINE_STORE_PASSWORD_FILE"]),
        sentinel_password_file=Path(said["SYNCLINE_STORE_SENTINEL_PASSWORD_FILE"]),
    )


def test_a_run_that_a_failover_interrupts_ends_on_the_new_primary(
    watched: Watched, sentinel_store: Store
) -> None:
    world = World(sentinel_store)
    running, waiting = world.target("running"), world.target("waiting")
    claim = world.start(running)
    world.trigger(waiting, request())
    sentinel_store.redis.wait(1, 5000)  # the replica has it

    lost = watched.primary()
    watched.lose_primary()

    until(lambda: pings(sentinel_store), within=30, what="the new primary")
    assert runs.fold(sentinel_store, report(claim))
    assert world.claim(world.sent(waiting)).lease.fence > claim.lease.fence
    recount.check(sentinel_store)
    watched.bring_back(lost)


def test_a_primary_that_was_demoted_takes_no_write_of_ours(
    watched: Watched, sentinel_store: Store
) -> None:
    world = World(sentinel_store)
    target = world.target()
    old = watched.primary()

    new = watched.lose_primary(by=signal.SIGSTOP)
    watched.bring_back(old)

    until(
        lambda: asks(lambda: runs.trigger(sentinel_store, [target], request()) == [1]),
        within=30,
        what="a write on the new primary",
    )
    with watched.client(new) as client:
        assert client.hget(f"syncline:target:{target}", "want") == "1"


def test_what_it_is_said_to_be_has_no_password(watched: Watched) -> None:
    shown = connection.address(settings(watched))

    assert shown == f"{watched.url} ({MASTER})"


def test_a_primary_that_no_sentinel_knows_is_an_error_of_ours(watched: Watched) -> None:
    other = settings(watched).model_copy(update={"master": "other"})

    with pytest.raises(StoreUnavailable, match="no Sentinel knows a primary of that name"):
        server.look(other.address())


def test_a_replica_that_is_named_itself_is_told_apart(watched: Watched) -> None:
    replica = next(port for port in watched.servers if port != watched.primary())
    direct = StoreSettings(url=SecretStr(f"redis://:{watched.password}@127.0.0.1:{replica}/1"))
    store = connection.connect(direct, key=None)

    assert "this is a replica: name the primary, or its Sentinels" in server.require(direct)[0]
    with pytest.raises(StoreUnavailable, match="is a replica: SYNCLINE_STORE_URL must name"):
        store.call("due_set", "lookup:x", "", "1")
    store.close()


def pings(store: Store) -> bool:
    return asks(lambda: connection.ping(store))


def asks(act: object) -> bool:
    try:
        return bool(act())  # type: ignore[operator]
    except StoreUnavailable:
        return False
