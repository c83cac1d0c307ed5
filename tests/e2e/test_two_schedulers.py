"""Two schedulers work at once: nothing is done twice, and either one may be killed."""

import json
import os
import signal
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from syncline.scheduler.chores import LEASE
from syncline.store import keys
from tests.e2e import backstage
from tests.e2e import world as worlds
from tests.e2e.world import World, application, cluster, configmap, repository
from tests.harness.controlplane import ControlPlane
from tests.harness.poll import until

pytestmark = pytest.mark.cluster

APPS = [f"twice-{number}" for number in range(6)]
TARGETS = [f"{app}@c0" for app in APPS]
COMMITS = 5


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory, control_plane: ControlPlane) -> Iterator[World]:
    """Six applications that were synced once."""
    root, environment = tmp_path_factory.mktemp("two"), {"SYNCLINE_STORE_HISTORY": "100"}
    with worlds.make(root, [control_plane.cluster(0)], environment=environment) as made:
        made.up()
        made.work.publish("begin", files("0"))
        apps = [application(app, path=app, namespace="twice") for app in APPS]
        made.apply(repository(made.repository), cluster(0), *apps)
        made.synced(*TARGETS)
        yield made


def files(version: str) -> dict[str, str | bytes | None]:
    return {f"{app}/web.yaml": configmap(app, v=version) for app in APPS}


def test_no_run_is_doubled(world: World) -> None:
    with backstage.role(world, "scheduler", log=world.root / "second.log"):
        _await_start(world, times=1)
        commits = [_roll_out(world, f"calm-{number}") for number in range(COMMITS)]

        assert _runs(world, commits) == {(app, commit): 1 for app in TARGETS for commit in commits}
        assert _finished(world, commits) == len(APPS) * COMMITS


@pytest.mark.parametrize("is_elected", [True, False])
def test_one_that_is_killed_loses_nothing(world: World, is_elected: bool) -> None:
    seen = _starts(world)
    with backstage.role(world, "scheduler", log=world.root / "second.log") as second:
        _await_start(world, times=seen + 1)
        elected = until(lambda: _elected(world), within=60, what="one is elected", every=0.1)
        ours = second.pid == elected
        victim = elected if is_elected else _of_up(world) if ours else second.pid

        commit = world.push(files(f"killed-{is_elected}"))
        os.kill(victim, signal.SIGKILL)

        world.synced(*TARGETS, revision=commit, within=90)  # a message lost costs 30 s
        assert _runs(world, [commit]) == {(app, commit): 1 for app in TARGETS}
        until(
            lambda: (_elected(world) or victim) != victim,
            within=60,
            what="the chores are taken over, or stay where they were",
            every=0.1,
        )


def _roll_out(world: World, version: str) -> str:
    commit = world.push(files(version))
    world.synced(*TARGETS, revision=commit)
    return commit


def _runs(world: World, commits: list[str]) -> Counter[tuple[str, str]]:
    """How often each target ran to each commit, by its history."""
    return Counter(
        (target, entry["revision"])
        for target in TARGETS
        for entry in world.get(f"targets/{target}/history", limit="100")["items"]
        if entry["revision"] in commits
    )


def _finished(world: World, commits: list[str]) -> int:
    """How many runs the workers finished at these commits, by their logs."""
    lines = [
        json.loads(line)
        for file in (world.data / "logs").glob("worker-*.log")
        for line in file.read_text().splitlines()
        if '"run_finished"' in line
    ]
    return sum(line["revision"] in commits for line in lines)


def _elected(world: World) -> int | None:
    """The process that does the chores."""
    with backstage.store(world) as store:
        holder = store.redis.get(keys.LEADER(LEASE))
    return int(holder.split(":")[1]) if holder else None


def _of_up(world: World) -> int:
    """The scheduler that ``up`` runs."""
    assert world.process is not None
    pid = world.process.pid
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return next(int(child) for child in children if _command(child)[-1:] == ["scheduler"])


def _command(pid: str) -> list[str]:
    return Path(f"/proc/{pid}/cmdline").read_text().rstrip("\0").split("\0")


def _starts(world: World) -> int:
    log = world.root / "second.log"
    return log.read_text().count("scheduler started") if log.exists() else 0


def _await_start(world: World, *, times: int) -> None:
    until(lambda: _starts(world) >= times, within=60, what="the second scheduler runs", every=0.1)
