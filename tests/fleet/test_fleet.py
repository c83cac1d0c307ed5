"""A short ``make fleet``: a small fleet, some of it hanging; what is true, not how fast."""

from argparse import Namespace
from collections.abc import Iterator

import pytest

from tests.fleet import checks
from tests.fleet import world as worlds
from tests.fleet.declared import Fleet
from tests.fleet.faults import MODES, faults, timetable
from tests.fleet.requests import diff, rollback
from tests.fleet.storm import storm
from tests.fleet.world import World

FLEET = Fleet(clusters=20, applications=5, objects=3, vary=True, interval="10s")
HANGING = 2
PATIENCE = {"SYNCLINE_CLUSTER_READ_TIMEOUT": "2s", "SYNCLINE_CLUSTER_PROBE_INTERVAL": "1s"}


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    root = tmp_path_factory.mktemp("fleet")
    with worlds.make(root, FLEET, concurrency=2, environment=PATIENCE) as made:
        made.commit()
        made.register()
        made.settle()
        yield made


def test_every_target_of_a_fleet_gets_a_commit(world: World) -> None:
    world.commit()
    world.tell()
    world.settle()

    assert checks.everything(world) == {
        "targets_at_newest": FLEET.targets,
        "objects_as_declared": dict.fromkeys(("ConfigMap", "Deployment", "Service"), FLEET.targets),
    }


def test_a_commit_that_changes_no_object_is_seen_by_every_target(world: World) -> None:
    world.touch()
    world.tell()
    world.settle()

    assert checks.everything(world)["targets_at_newest"] == FLEET.targets


def test_one_call_returns_every_target_to_where_it_was_until_it_is_let_go(world: World) -> None:
    found = rollback(world, Namespace())

    everyone = ("back_by_one_call", "stayed_after_a_commit", "followed_again")
    assert {name: found[name] for name in everyone} == dict.fromkeys(everyone, FLEET.targets)
    kinds = ("ConfigMap", "Deployment", "Service")
    assert found["objects_as_before"] == dict.fromkeys(kinds, FLEET.targets)


def test_what_a_commit_would_change_is_told_of_every_target_and_then_applied(world: World) -> None:
    found = diff(world, Namespace())

    assert found["groups"] == FLEET.targets  # manifests vary
    assert found["targets_at_newest"] == FLEET.targets


def test_a_storm_of_webhooks_makes_a_few_look_ups_and_one_run_of_each_target(world: World) -> None:
    found = storm(world, Namespace(deliveries=500))

    assert (found["deliveries"], found["runs_made"]) == (500, FLEET.targets)
    assert 1 <= found["look_ups"] <= 2 + found["delivered_s"]


def test_hanging_clusters_hold_up_no_other_and_catch_up(world: World) -> None:
    hung = world.random.sample(world.clusters, HANGING)
    world.simulated.fault(hung, mode="hang")
    try:
        world.commit()
        world.tell()
        world.settle_at([name for name in world.clusters if name not in hung])
    finally:
        world.simulated.fault(hung, mode="none")
    world.settle()

    assert checks.everything(world)["targets_at_newest"] == FLEET.targets


def test_a_timetable_of_faults_is_the_seeds_alone_and_has_every_mode() -> None:
    entries = timetable(7, 60)["entries"]

    assert entries == timetable(7, 60)["entries"]
    assert entries != timetable(8, 60)["entries"]
    told = {(each["mode"], each.get("code")) for each in entries}
    assert told == {(mode["mode"], mode.get("code")) for mode in MODES}
    assert max(each["at"] + each["for"] for each in entries) == 60


def test_faults_of_every_mode_on_a_timetable_leave_nothing_wrong(world: World) -> None:
    found = faults(world, Namespace(faults=10))

    assert found["targets_at_newest"] == FLEET.targets
    assert found["commits"] > 1
    assert any(how.startswith("Failed:") for how in found["ended"]), found["ended"]
