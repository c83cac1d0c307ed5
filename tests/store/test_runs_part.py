"""Requests for some objects of a target, and for those alone that are out of sync."""

from syncline.model.part import Part
from syncline.model.request import TriggerKind
from syncline.model.status import HealthStatus, Outcome, SyncStatus
from syncline.store import runs, targets
from syncline.store.connection import Store
from tests.store import recount
from tests.store.world import World, inventory, report, request

WEB = Part(kinds=("apps/Deployment",), names=("we*",), labels='app=web,tier notin ("db")')


def test_a_claim_has_what_was_asked_for(store: Store) -> None:
    world = World(store)
    target = world.target()

    part = world.start(target, request(only=WEB, changed_only=True, prune=False))
    runs.fold(store, report(part))
    changed = world.start(target, request(changed_only=True))
    runs.fold(store, report(changed))
    whole = world.start(target, request())

    assert part.request.options.only == WEB
    assert part.request.options.changed_only
    assert part.request.options.prune is False
    assert (changed.request.options.only, changed.request.options.changed_only) == (None, True)
    assert not whole.request.options.changed_only


def test_a_request_for_some_objects_is_kept_apart(store: Store) -> None:
    world = World(store)
    target = world.target()
    world.trigger(target, request(only=WEB))
    world.trigger(target, request(TriggerKind.PUSH))

    first = world.claim(world.sent(target))
    runs.fold(store, report(first))
    second = world.claim(world.sent(target))

    assert (first.request.options.only, second.request.options.only) == (WEB, None)
    recount.check(store)


def test_what_asks_for_less_adds_nothing_to_what_waits(store: Store) -> None:
    world = World(store)
    target, other = world.target(), world.target(on="east")
    for each, wishes in ((target, (True, False)), (other, (True, True))):
        for changed_only in wishes:
            world.trigger(each, request(changed_only=changed_only))

    claims = {claim.target: world.claim(claim) for claim in world.dispatch_any()}

    assert not claims[target].request.options.changed_only
    assert claims[other].request.options.changed_only


def test_it_tells_nothing_of_the_other_objects(store: Store) -> None:
    world = World(store)
    target = world.target()
    world.run(target, sync=SyncStatus.OUT_OF_SYNC, reason="PruneDisabled", revision="c1")
    claim = world.start(target, request(only=WEB))

    told = report(claim, revision="c2", changes=world.changes("web"), inventory=inventory("web"))
    runs.fold(store, told)

    state = world.state(target)
    assert (state.sync, state.reason, state.revision) == ("OutOfSync", "PruneDisabled", "c1")
    assert [entry.revision for entry in targets.history(store, target)] == ["c2", "c1"]
    assert targets.inventory(store, target) == inventory("web")
    recount.check(store)


def test_where_it_fails_nothing_else_is_said_and_nothing_is_put_right(store: Store) -> None:
    world = World(store)
    target = world.target()
    world.run(target, revision="c1")
    claim = world.start(target, request(only=WEB))

    told = report(
        claim,
        outcome=Outcome.STALLED,
        sync=SyncStatus.OUT_OF_SYNC,
        health=HealthStatus.DEGRADED,
        reason="ApplyRejected",
        wrote=True,
    )
    runs.fold(store, told)

    state = world.state(target)
    assert (state.sync, state.reason, state.phase) == ("Synced", "Succeeded", "idle")
    recount.check(store)
