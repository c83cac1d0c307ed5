"""What a survey found waits for the first run of its target; the rest is told of."""

import pytest

from syncline.contract.reports import SweepReport
from syncline.model.adoption import Found, Survey
from syncline.model.change import Inventory, InventoryEntry
from syncline.model.names import Uid
from syncline.store import adoption, clusters, documents, runs, targets
from syncline.store.connection import Store
from syncline.store.records import Kind
from tests.store.world import World, inventory, report


@pytest.fixture
def world(store: Store) -> World:
    return World(store)


def live(*names: str) -> Inventory:
    return tuple(each.model_copy(update={"digest": "", "uid": "u"}) for each in inventory(*names))


def surveyed(store: Store, *found: Found, unseen: tuple[str, ...] = (), on: str = "west") -> Uid:
    record = documents.get(store, Kind.CLUSTER, on)
    assert record is not None
    adoption.keep(store, record.uid, Survey(found, unseen))
    return record.uid


def test_the_first_run_on_a_cluster_that_is_not_known_is_asked_to_survey_it(
    world: World, store: Store
) -> None:
    claim = world.start(world.target())

    assert claim.unsurveyed
    assert surveyed(store) == claim.cluster.uid
    assert not world.start(world.target("other")).unsurveyed


def test_a_first_run_gets_what_was_found_of_its_application(world: World, store: Store) -> None:
    target, other = world.target("shop"), world.target("other")
    surveyed(store, Found("shop", "l1", live("a", "b")), Found("other", "l2", live("c")))

    claim = world.start(target)

    assert set(claim.inventory) == set(live("a", "b"))
    assert set(world.start(other).inventory) == set(live("c"))


def test_it_is_offered_until_it_was_recorded(world: World, store: Store) -> None:
    target = world.target()
    uid = surveyed(store, Found("shop", "l1", live("a")))
    claim = world.start(target)
    runs.fold(store, report(claim))

    again = world.start(target)
    assert again.inventory == live("a")
    runs.record(store, again.lease, again.inventory)
    runs.fold(store, report(again, inventory=()))

    assert world.start(target).inventory == ()
    assert adoption.waiting(store, uid) == {}


def test_what_another_target_owns_by_now_is_not_offered(world: World, store: Store) -> None:
    target, other = world.target("shop"), world.target("other")
    surveyed(store, Found("shop", "l1", live("a", "moved")))
    claim = world.start(other)
    runs.record(store, claim.lease, inventory("moved"))

    assert world.start(target).inventory == live("a")


def test_a_second_survey_changes_nothing(world: World, store: Store) -> None:
    target = world.target()
    uid = surveyed(store, Found("shop", "l1", live("a")))

    assert not adoption.keep(store, uid, Survey((Found("shop", "l1", live("b")),)))
    assert world.start(target).inventory == live("a")


def test_a_target_that_knows_its_objects_adopts_none(world: World, store: Store) -> None:
    target = world.target()
    claim = world.start(target)
    runs.record(store, claim.lease, inventory("a"))
    runs.fold(store, report(claim, inventory=inventory("a")))

    surveyed(store, Found("shop", "l1", live("a", "left")))

    assert world.start(target).inventory == inventory("a")
    assert list(adoption.left(store)) == []


def test_a_preview_sees_what_a_run_would(world: World, store: Store) -> None:
    target = world.target()
    surveyed(store, Found("shop", "l1", live("a")))

    seen = clusters.snapshot(store, target)

    assert seen is not None
    assert seen.inventory == live("a")


def test_what_nobody_declares_is_told_of(world: World, store: Store) -> None:
    world.target("shop")
    world.cluster("east")
    surveyed(store, Found("gone", "l1", live("b", "a")), Found("shop", "l2", live("c")))

    assert list(adoption.left(store)) == [
        adoption.Left("west", "gone", "l1", ("/ConfigMap/shop/a", "/ConfigMap/shop/b"))
    ]


def test_what_a_sweep_misses_of_it_is_forgotten(world: World, store: Store) -> None:
    world.target("shop")
    uid = surveyed(store, Found("gone", "l1", live("a", "b")))

    def fold(*names: str) -> None:
        gone = {"gone": live(*names)}
        clusters.fold_sweep(store, SweepReport(cluster=uid, reachable=True, vanished=gone))

    fold("a")
    assert [each.objects for each in adoption.left(store)] == [("/ConfigMap/shop/b",)]
    fold("b")
    assert list(adoption.left(store)) == []


def test_kinds_that_could_not_be_listed_are_told_of(world: World, store: Store) -> None:
    world.target()

    surveyed(store, unseen=("Secret",))

    assert list(adoption.unseen(store)) == [("west", ("Secret",))]


def test_nothing_found_stays_when_a_target_or_a_cluster_goes(world: World, store: Store) -> None:
    target = world.target("shop")
    uid = surveyed(store, Found("gone", "l1", live("a")), Found("shop", "l2", live("b")))

    targets.forget(store, target)
    assert set(adoption.waiting(store, uid)) == {"gone"}
    documents.remove(store, Kind.CLUSTER, uid)

    assert store.redis.keys("syncline:found*") == []


def test_a_thousand_objects_are_kept(world: World, store: Store) -> None:
    target = world.target()
    many: list[InventoryEntry] = list(live(*(f"n{number}" for number in range(1001))))
    surveyed(store, Found("shop", "l1", tuple(many)))

    assert set(world.start(target).inventory) == set(many)
