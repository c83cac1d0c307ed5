"""State and messages on two servers, each with a user of few rights; either one is restarted."""

from collections.abc import Iterator
from dataclasses import dataclass

import pytest
import redis

from tests.e2e.operated import Operated, operated
from tests.harness import acl
from tests.harness.redis import Redis


@dataclass(frozen=True)
class Apart:
    """Both servers, and a Syncline on them."""

    state: Redis
    messages: Redis
    world: Operated


@pytest.fixture(scope="module")
def apart(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Apart]:
    root = tmp_path_factory.mktemp("apart")
    state, messages = (Redis(root / name, persistent=True) for name in ("state", "messages"))
    state.start()
    messages.start()
    environment = {
        "SYNCLINE_STORE_URL": acl.restrict(state.url, "state"),
        "SYNCLINE_STORE_BROKER_URL": acl.restrict(messages.url, "messages"),
    }
    try:
        with operated(root / "syncline", environment) as world:
            world.converge(world.roll_out("begin"), within=120)
            yield Apart(state, messages, world)
    finally:
        state.stop()
        messages.stop()


@pytest.mark.parametrize("which", ["messages", "state"])
def test_either_is_restarted_under_load_and_all_converge(apart: Apart, which: str) -> None:
    apart.world.roll_out(f"before {which}")
    server: Redis = getattr(apart, which)

    server.stop()
    server.start()
    # A restart makes anew what ACL SETUSER made: these servers have no file for it.
    acl.restrict(server.url, which)

    apart.world.converge(apart.world.roll_out(f"after {which}"), within=150)


def test_each_holds_what_is_its_own(apart: Apart) -> None:
    def names(server: Redis) -> set[str]:
        with redis.Redis.from_url(server.url, decode_responses=True) as client:
            return {":".join(key.split(":")[:2]) for key in client.scan_iter(count=1000)}

    assert names(apart.messages) <= {"syncline:broker"}
    assert "syncline:broker" not in names(apart.state)
    assert "syncline:target" in names(apart.state)


def test_the_users_of_the_document_may_do_all_that_is_done(apart: Apart) -> None:
    assert acl.denied(apart.state.url) == []
    assert acl.denied(apart.messages.url) == []
    checks = {check["name"]: check for check in apart.world.get("doctor")["checks"]}
    assert checks["store"]["ok"], checks["store"]
    assert checks["workers"]["ok"], checks["workers"]


@pytest.mark.parametrize("which", ["state", "messages"])
@pytest.mark.parametrize(
    "command", ["FLUSHALL", "CONFIG GET *", "KEYS *", "GET other", "SHUTDOWN", "ACL LIST"]
)
def test_and_nothing_else(apart: Apart, which: str, command: str) -> None:
    server: Redis = getattr(apart, which)
    with (
        redis.Redis.from_url(acl.restrict(server.url, which)) as client,
        pytest.raises(redis.exceptions.NoPermissionError),
    ):
        client.execute_command(*command.split())
