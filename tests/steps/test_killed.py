"""A worker killed at every request of a run: it ends as without the kill, each hook ran once."""

import os
import secrets
from collections import Counter
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from syncline.model.status import Outcome, SyncStatus
from syncline.store import migrations
from syncline.store.connection import Store
from tests.harness.apiserver import ApiServer
from tests.harness.redis import Redis
from tests.steps.world import World, config, deployment, job

pytestmark = [pytest.mark.cluster, pytest.mark.slow, pytest.mark.timeout(900)]

EVERY = int(os.environ.get("SYNCLINE_TEST_EVERY", "3"))
"""At which requests a worker is killed; 1 in the figures of docs/benchmarks.md: at each."""

FEWEST = 30  # requests of such a run: with fewer it does not do what this test is about


def before() -> list[dict[str, Any]]:
    """What the application was: two waves of it are to go."""
    return [
        config("old", wave=1),
        config("older"),
        config("web", v="1"),
        job("migrate", "PreSync"),
        job("bye", "PreDelete", policy="HookSucceeded"),
        job("", "PostDelete", generateName="gone-"),
    ]


def after() -> list[dict[str, Any]]:
    """What it becomes: hooks of every phase of a sync and of every policy, and three waves."""
    return [
        job("migrate", "PreSync", image="2"),
        job("check", "PreSync", policy="HookSucceeded", wave=1),
        deployment("db", wave=-1),
        config("web", v="2"),
        job("seed", "Sync", wave=2, policy="HookSucceeded,BeforeHookCreation"),
        job("never", "SyncFail"),
        job("", "PostSync", generateName="tell-"),
    ]


def begun(store: Store, server: ApiServer, root: Path) -> World:
    """The application as it was, synced."""
    name = f"killed-{secrets.token_hex(4)}"
    world = World(store, server, root / name, name)
    world.push(*before())
    assert world.run().outcome is Outcome.SUCCEEDED
    world.note()
    world.made.clear()
    world.blade.seen = 0
    return world


def ended(world: World, old: set[str]) -> dict[str, Any]:
    """How a run leaves the cluster and the store."""
    world.note()
    ran = Counter(stem(name) for name, uid in world.made if uid not in old)
    state = world.state()
    return {
        "sync": state.sync,
        "requested": state.requested,
        "configs": {
            found["metadata"]["name"]: found["data"]
            for found in world.list("v1", "configmaps")
            if found["metadata"]["name"] in world.names()
        },
        "deployments": world.names("apps/v1", "deployments"),
        "jobs": Counter(map(stem, world.names("batch/v1", "jobs"))),
        "ran": ran,
    }


def stem(name: str) -> str:
    """Without what a run adds to a generateName."""
    return name.partition("-")[0]


def uids(world: World) -> set[str]:
    return {item["metadata"]["uid"] for item in world.list("batch/v1", "jobs")}


@pytest.fixture
def fresh(
    store: Store, redis_server: Redis, api_server: ApiServer, tmp_path: Path
) -> Iterator[Callable[[], World]]:
    """Worlds one after the other, each with a store that knows nothing of those before."""
    made: list[World] = []

    def begin() -> World:
        for world in made:
            world.close()
        made.clear()
        redis_server.flush()
        migrations.prepare(store)
        made.append(begun(store, api_server, tmp_path))
        return made[0]

    yield begin
    for world in made:
        world.close()


@pytest.mark.parametrize("when", ["before", "after"])
def test_a_sync_ends_as_without_the_kill(fresh: Callable[[], World], when: str) -> None:
    world = fresh()
    old = uids(world)
    world.push(*after())
    world.run()
    wanted, requests = ended(world, old), world.blade.seen
    assert requests > FEWEST
    assert wanted["sync"] is SyncStatus.SYNCED
    assert wanted["ran"] == dict.fromkeys(("migrate", "check", "seed", "tell"), 1)

    for number in range(1, requests + 1, EVERY):
        world = fresh()
        old = uids(world)
        world.blade.at, world.blade.after = number, when == "after"
        world.push(*after())

        report = world.run()

        told = f"killed {when} request {number} of {requests}"
        assert world.blade.seen >= number, told
        assert report.outcome is Outcome.SUCCEEDED, (told, report)
        assert ended(world, old) == wanted, told


@pytest.mark.parametrize("when", ["before", "after"])
def test_a_deletion_ends_as_without_the_kill(fresh: Callable[[], World], when: str) -> None:
    requests = FEWEST
    for number in count(0, EVERY):  # the first one is not killed
        world = fresh()
        old = uids(world)
        world.remove()
        world.blade.at, world.blade.after = number, when == "after"

        report = world.run()

        requests = requests if number else world.blade.seen
        told = f"killed {when} request {number} of {requests}"
        assert report.gone, (told, report)
        ran = Counter(stem(name) for name, uid in world.made if uid not in old)
        assert ran == {"bye": 1, "gone": 1}, told
        left = world.names(), world.names("batch/v1", "jobs")
        assert left == (set(), set()), told
        if number + EVERY > requests:
            break
    assert requests > FEWEST // 2
