"""The checks find what they are there to find."""

from pathlib import Path

import pytest

from syncline.store import keys
from syncline.store.connection import Store
from tests.chaos import audit, checks
from tests.chaos.audit import Write
from tests.harness.workrepo import WorkRepo
from tests.store.world import World

KEY = (0, "chaos-web", "web")


@pytest.mark.parametrize(
    ("found", "told"),
    [
        ({KEY: {"v": "2"}}, []),
        ({}, [f"object lost: {KEY}"]),
        ({KEY: {"v": "1"}}, [f"object differs: {KEY}: {{'v': '1'}}, and Git says {{'v': '2'}}"]),
        (
            {KEY: {"v": "2"}, (1, "chaos-web", "web"): {}},
            ["object left over: (1, 'chaos-web', 'web') {}"],
        ),
    ],
)
def test_each_object_is_compared_with_git(found: checks.Objects, told: list[str]) -> None:
    assert list(checks.objects({KEY: {"v": "2"}}, found)) == told


def test_what_git_says_is_read_from_a_clone(tmp_path: Path) -> None:
    work = WorkRepo.create(tmp_path / "work", origin=tmp_path / "origin")
    app = (
        "{kind: Application, metadata: {name: web}, "
        "spec: {source: {path: apps/web}, destination: {cluster: c1, namespace: chaos-web}}}"
    )
    manifest = "{metadata: {name: web}, data: {v: '2'}}"
    files = {f"fleet/c{n}.yaml": "{kind: Cluster}" for n in range(2)}
    commit = work.publish("it", {**files, "fleet/web.yaml": app, "apps/web/web.yaml": manifest})

    said = checks.declared(tmp_path / "origin")

    wanted = {(1, "chaos-web", "web"): {"v": "2"}}
    assert said == checks.Declared(commit, frozenset({"web@c1"}), wanted)


def test_a_run_that_counts_twice_or_was_refused_and_kept_is_found(store: Store) -> None:
    world = World(store)
    target = world.target()
    claim = world.run(target)
    fence = claim.lease.fence
    store.redis.lpush(keys.HISTORY(target), store.redis.lindex(keys.HISTORY(target), 0))
    runs = checks.Runs(taken={target: [fence, fence]}, refused={target: [fence]})

    entries, problems = checks.histories(store, runs)

    assert entries == 2
    assert [problem.split(":")[0] for problem in problems] == [
        "history of shop@west is out of order or doubled",
        "history of shop@west has runs that were refused",
        f"{target}",
        f"{target}",
    ]


def write(number: int, received: float, user: str = "worker-1") -> Write:
    return Write("cluster-0", user, ("chaos-web", "web"), number, received, received + 0.1)


def test_a_late_write_is_told_from_one_that_was_under_way_at_the_same_time() -> None:
    newer, late, beside = write(5, 10.0), write(4, 11.0), write(3, 10.05)

    assert list(audit.late([newer, beside, late])) == [late]


def test_a_late_write_must_follow_a_resumption_of_its_worker() -> None:
    late = [write(4, 11.0)]

    assert list(audit.unexplained(late, [(10.9, "worker-1")])) == []
    assert len(list(audit.unexplained(late, [(10.9, "worker-2")]))) == 1
    assert len(list(audit.unexplained(late, [(5.0, "worker-1")]))) == 1
    assert len(list(audit.unexplained(late * (audit.BEGUN + 1), [(10.9, "worker-1")]))) == 1
