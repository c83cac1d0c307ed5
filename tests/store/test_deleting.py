"""A deletion is a tombstone that goes through the same pipeline."""

import pytest

from syncline.errors import Conflict
from syncline.model.names import TargetId
from syncline.model.request import TriggerKind
from syncline.model.status import HealthStatus, Phase, SyncStatus
from syncline.store import documents, keys, runs, targets
from syncline.store.connection import Store
from syncline.store.documents import Kind
from tests.store import clock, recount
from tests.store.world import World, application, cluster, failed, inventory, report, request

DELETE = request(TriggerKind.DELETE)


def left(store: Store) -> set[str]:
    """Every key that is not about the installation, the streams, the tally or the timers."""
    expected = {"installation", "schema", "events", "audit", "tally", "due", "wake"}
    found = {key.removeprefix(keys.PREFIX) for key in store.redis.scan_iter("*")}
    return found - expected


def test_a_removed_target_takes_everything_of_it_along(store: Store) -> None:
    world = World(store)
    target = world.target()
    world.run(target, inventory=inventory("a", "b"))

    claim = world.start(target, DELETE)
    assert (claim.deleting, claim.orphan, claim.inventory) == (True, False, inventory("a", "b"))
    runs.fold(store, report(claim, gone=True, inventory=()))

    assert world.state(target) is None
    assert not any(target in key for key in left(store))
    assert targets.summary(store).targets == 0
    recount.check(store)


def test_the_records_go_with_their_last_target(store: Store) -> None:
    world = World(store)
    world.repository()
    target = world.target()
    app, on = (
        documents.get(store, Kind.APPLICATION, "shop"),
        documents.get(store, Kind.CLUSTER, "west"),
    )
    fleet = documents.get(store, Kind.REPOSITORY, "fleet")
    assert app
    assert on
    assert fleet
    for kind, record in (
        (Kind.REPOSITORY, fleet),
        (Kind.APPLICATION, app),
        (Kind.CLUSTER, on),
    ):
        assert documents.mark_deleting(store, kind, record.uid)
    claim = world.start(target, DELETE)

    runs.fold(store, report(claim, gone=True))

    assert documents.counts(store) == dict.fromkeys(Kind, 0)
    assert {key for key in left(store) if not key.startswith(("shares:", "counts:fleet"))} == set()


def test_a_failed_removal_keeps_the_target_and_comes_again(store: Store) -> None:
    world = World(store)
    target = world.target()
    world.run(target, inventory=inventory("a", "b"))
    claim = world.start(target, DELETE)

    runs.fold(store, failed(claim, inventory=inventory("b")))
    world.trigger(target, request(TriggerKind.RETRY))

    again = world.claim(world.sent(target))
    assert (again.deleting, again.attempt, again.inventory) == (True, 2, inventory("b"))
    recount.check(store)


def test_a_target_that_is_being_removed_takes_no_other_request(store: Store) -> None:
    world = World(store)
    target = world.target()
    world.trigger(target, DELETE)

    assert world.trigger(target) == 0
    assert world.state(target).deleting


def test_a_removal_supersedes_what_waits(store: Store) -> None:
    world = World(store)
    target = world.target()
    world.trigger(target, request(full=True))
    world.trigger(target, request(revision="v1"))

    world.trigger(target, DELETE)

    claim = world.claim(world.sent(target))
    assert (claim.deleting, claim.request.revision) == (True, None)
    runs.fold(store, report(claim, gone=True))
    recount.check(store)


def test_an_orphaned_target_is_forgotten_at_once_even_while_it_runs(store: Store) -> None:
    world = World(store)
    target = world.target()
    claim = world.start(target)
    runs.record(store, claim.lease, inventory("a"))

    assert runs.trigger(store, [target], DELETE, orphan=True) == [2]

    assert world.state(target) is None
    assert not runs.fold(store, report(claim))
    assert not runs.renew(store, claim.lease)
    recount.check(store)


def test_a_target_that_is_taken_back_while_its_objects_go_is_out_of_sync(store: Store) -> None:
    world = World(store)
    target = world.target(automated=False)
    world.run(target, inventory=inventory("a"))
    claim = world.start(target, DELETE)
    world.target(automated=False)

    gone = report(claim, gone=True, inventory=(), reason="Deleted", message="1 deleted")
    runs.fold(store, gone)

    state = world.state(target)
    assert (state.sync, state.health, state.reason) == (
        SyncStatus.OUT_OF_SYNC,
        HealthStatus.MISSING,
        "Deleted",
    )
    assert state.message == "1 deleted, and it is wanted again: sync it"
    assert (state.objects, world.dispatch_any()) == (0, [])
    recount.check(store)


def test_a_target_that_is_selected_again_is_taken_back(store: Store) -> None:
    world = World(store)
    target = world.target()
    world.run(target, inventory=inventory("a"))
    claim = world.start(target, DELETE)

    world.target()
    assert not world.state(target).deleting
    generation = world.trigger(target, request(TriggerKind.SPEC))
    runs.fold(store, report(claim, gone=True, sync=SyncStatus.OUT_OF_SYNC))

    again = world.claim(world.sent(target))
    assert (again.deleting, again.inventory, again.request.generation) == (False, (), generation)
    recount.check(store)


def test_a_removal_that_has_not_begun_is_called_off(store: Store) -> None:
    world = World(store)
    target = world.target()
    world.run(target, inventory=inventory("a"))
    world.trigger(target, DELETE)

    world.target()

    state = world.state(target)
    assert (state.phase, state.deleting, state.requested) == (Phase.IDLE, False, False)
    assert targets.inventory(store, target) == inventory("a")
    recount.check(store)


def test_a_name_under_a_tombstone_is_taken(store: Store) -> None:
    world = World(store)
    world.target()
    for kind, name in ((Kind.APPLICATION, "shop"), (Kind.CLUSTER, "west")):
        record = documents.get(store, kind, name)
        assert record
        documents.mark_deleting(store, kind, record.uid)

    with pytest.raises(Conflict, match="Application/shop: is being deleted"):
        documents.put_application(store, application("shop"))
    with pytest.raises(Conflict, match="Cluster/west: is being deleted"):
        documents.put_cluster(store, cluster("west"))


def test_no_target_is_made_for_a_tombstone(store: Store) -> None:
    world = World(store)
    world.target("shop", "west")
    app = documents.get(store, Kind.APPLICATION, "shop")
    assert app
    documents.mark_deleting(store, Kind.APPLICATION, app.uid)

    made = targets.ensure(store, app, world.cluster("east"))  # type: ignore[arg-type]

    assert made is False
    assert targets.summary(store).targets == 1


def test_a_removed_target_leaves_no_message_that_could_run(store: Store) -> None:
    world = World(store)
    target = world.target()
    world.trigger(target)
    [sent] = world.dispatch()

    targets.forget(store, target)

    answer = runs.claim(store, target, sent.ticket, "w1")
    assert answer.model_dump()["reason"] == "Gone"
    recount.check(store)


def test_what_silently_dies_while_removing_goes_on_removing(store: Store) -> None:
    world = World(store)
    target = world.target()
    world.run(target, inventory=inventory("a"))
    world.start(target, DELETE)
    clock.pass_deadline(store, target)
    runs.requeue_silent(store)

    again = world.claim(world.sent(target))

    assert again.deleting
    assert again.health is HealthStatus.HEALTHY


def test_forgetting_twice_is_harmless(store: Store) -> None:
    target = World(store).target()

    targets.forget(store, target)
    runs.drop(store, target)
    targets.forget(store, TargetId("a.b"))

    recount.check(store)
