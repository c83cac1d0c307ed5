"""The connection: what happens when Redis is away, and what is said about a poor one."""

import pytest
from pydantic import SecretStr
from redis.exceptions import RedisError

from syncline.errors import Conflict, StoreUnavailable
from syncline.model.seal import PlatformKey
from syncline.settings import StoreSettings
from syncline.store import (
    connection,
    documents,
    due,
    keys,
    migrations,
    runs,
    scripting,
    server,
    targets,
)
from syncline.store.connection import Store
from tests.harness.redis import Redis
from tests.harness.redis_fixtures import open_store
from tests.store import recount
from tests.store.world import World, inventory, report, request


def test_it_answers_and_knows_the_time(store: Store) -> None:
    assert connection.ping(store)
    assert connection.now(store) <= connection.now(store)


def test_nobody_there_is_an_error_of_ours_for_every_kind_of_call(own_redis: Redis) -> None:
    store = open_store(own_redis)
    own_redis.stop()

    for act in (
        lambda: connection.ping(store),
        lambda: store.call("due_take", 1, 1),
        lambda: targets.summary(store),
        lambda: due.waits(store),
        lambda: documents.all_clusters(store).__next__(),
    ):
        with pytest.raises(StoreUnavailable) as caught:
            act()
        assert not isinstance(caught.value, RedisError)
    assert password_of(own_redis) not in str(caught.value)
    store.close()


def test_the_connection_comes_back_by_itself(own_redis: Redis) -> None:
    store = open_store(own_redis)
    connection.ping(store)

    own_redis.restart()

    assert connection.ping(store)
    store.close()


def test_a_kill_loses_no_state_that_was_written_a_second_ago(own_redis: Redis) -> None:
    store = open_store(own_redis)
    installation = migrations.prepare(store)
    world = World(store)
    done, running, waiting = (world.target(name) for name in ("done", "running", "waiting"))
    world.run(done, inventory=inventory("a"))
    claim = world.start(running)
    world.trigger(waiting, request())
    before = [world.state(target) for target in (done, running, waiting)]
    store.redis.execute_command("WAITAOF", 1, 0, 5000)

    own_redis.kill()
    own_redis.start()

    assert [world.state(target) for target in (done, running, waiting)] == before
    assert migrations.prepare(store) == installation
    assert runs.fold(store, report(claim))
    assert world.claim(world.sent(waiting)).request.generation == 1
    recount.check(store)
    store.close()


def test_scripts_are_sent_again_to_a_server_that_forgot_them(store: Store) -> None:
    target = World(store).target()
    store.redis.script_flush()

    assert runs.trigger(store, [target], request()) == [1]


def test_a_server_that_may_drop_state_is_refused(own_redis: Redis) -> None:
    store = open_store(own_redis)
    assert server.require(store.settings) == []

    store.redis.config_set("maxmemory-policy", "allkeys-lru")

    with pytest.raises(Conflict) as caught:
        server.require(store.settings)
    assert caught.value.subject == f"Redis {connection.address(store.settings)}"
    assert caught.value.detail == (
        "maxmemory-policy is allkeys-lru: Redis may drop state; set maxmemory-policy noeviction"
    )
    store.close()


def test_a_server_that_a_restart_empties_is_warned_of(own_redis: Redis) -> None:
    store = open_store(own_redis)

    store.redis.config_set("appendonly", "no")

    (warning,) = server.require(store.settings)
    assert warning.startswith("Redis: appendonly is off: a restart of Redis loses what it holds")
    assert warning.endswith("set appendonly yes")
    store.close()


def test_a_server_without_a_limit_is_warned_of(own_redis: Redis) -> None:
    store = open_store(own_redis)

    store.redis.config_set("maxmemory", 0)

    (warning,) = server.require(store.settings)
    assert warning == (
        "Redis: maxmemory is 0, which is no limit: where its machine's memory is used up, the "
        "kernel kills Redis; set it to what `syncline doctor --plan` says"
    )
    store.close()


@pytest.mark.parametrize(
    ("allocator", "used", "is_told"),
    [
        ("libc", server.LARGE + 1, True),
        ("libc", server.LARGE, False),
        ("jemalloc-5.3.0", server.LARGE + 1, False),
    ],
)
def test_an_allocator_that_is_slow_with_much_state_is_warned_of(
    allocator: str, used: int, is_told: bool
) -> None:
    info = {"aof_enabled": 1, "used_memory": used, "maxmemory": 1 << 30, "mem_allocator": allocator}

    warnings = server.warnings_of(info, has_sentinels=False)

    assert [warning.startswith("its allocator is that of the C") for warning in warnings] == (
        [True] if is_told else []
    )


def test_the_server_of_messages_is_looked_at_too(own_redis: Redis, redis_server: Redis) -> None:
    apart = StoreSettings(url=SecretStr(own_redis.url), broker_url=SecretStr(redis_server.url))

    warnings = server.require(apart)

    assert [warning.partition(" is off")[0] for warning in warnings] == [
        "Redis for messages: appendonly"
    ]


def test_a_full_server_refuses_what_is_new_and_takes_what_was_done(own_redis: Redis) -> None:
    store = open_store(own_redis)
    migrations.prepare(store)
    world = World(store)
    claim = world.start(world.target("running"))
    used = int(store.redis.info("memory")["used_memory"])

    store.redis.config_set("maxmemory", used // 2)

    assert "MB (maxmemory) are used" in server.require(store.settings)[0]
    with pytest.raises(StoreUnavailable, match="Redis is full and takes no more: give it more"):
        world.application("new")
    assert runs.fold(store, report(claim))
    store.redis.config_set("maxmemory", 0)
    assert world.application("new").spec.source.path == "new"
    recount.check(store)
    store.close()


def test_an_address_has_no_password(own_redis: Redis) -> None:
    store = open_store(own_redis)

    shown = connection.address(store.settings)

    assert shown.startswith("redis://127.0.0.1:")
    assert password_of(own_redis) not in shown + repr(store)
    store.close()


def test_nothing_connects_before_it_is_asked() -> None:
    key = PlatformKey.parse(PlatformKey.generate())

    connection.connect(StoreSettings(url="redis://127.0.0.1:1/0"), key=key).close()  # type: ignore[arg-type]


def test_every_key_that_a_script_touches_is_in_the_schema() -> None:
    names = scripting.names()

    assert "fold" in names
    for name in names:
        assert "syncline:" not in scripting.step(name)


def test_every_key_in_the_store_fits_the_schema(store: Store) -> None:
    world = World(store)
    world.repository()
    world.run(world.target(), inventory=inventory("a"), check_after=1.0)
    world.trigger(world.target("b"), request(revision="v1"))
    known = {key.pattern.split(":")[0].split("<")[0]: key for key in keys.SCHEMA.values()}

    for key in store.redis.scan_iter("*"):
        assert key.startswith(keys.PREFIX)
        assert key.removeprefix(keys.PREFIX).split(":")[0] in known, key


def test_each_key_says_what_it_holds() -> None:
    for name, key in keys.SCHEMA.items():
        assert key.holds, name
        assert key.type in {"string", "hash", "list", "set", "zset", "stream"}, name
        assert key(*"abc"[: key.arity]).startswith(keys.PREFIX)


def password_of(server: Redis) -> str:
    return server.url.split(":")[2].split("@")[0]
