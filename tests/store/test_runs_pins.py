"""Pinned requests and dry runs that nobody takes: so many wait, and the oldest give way."""

import pytest

from syncline.model.names import TargetId, Uid
from syncline.model.operation import MemberState, OperationSpec, OperationTarget
from syncline.model.run import Claim
from syncline.store import keys, operations, runs
from syncline.store.connection import Store
from tests.store import recount
from tests.store.world import World, failed, launched, report, request

MOST = 20


def asked(world: World, target: TargetId, count: int, **spec: object) -> list[Uid]:
    """As many operations, as a pipeline starts one at each commit."""
    return [
        launched(
            world.store,
            OperationSpec.model_validate({"all": True, "revision": f"v{number}", **spec}),
            [target],
        )
        for number in range(count)
    ]


def member(store: Store, uid: Uid) -> OperationTarget:
    [found] = operations.targets(store, uid).items
    return found


def states(store: Store, uids: list[Uid]) -> list[MemberState]:
    return [member(store, uid).state for uid in uids]


def claim_of(world: World, target: TargetId) -> Claim:
    return world.claim(world.sent(target))


@pytest.mark.parametrize("dry_run", [False, True])
def test_of_too_many_pins_the_oldest_are_superseded(store: Store, *, dry_run: bool) -> None:
    world = World(store)
    target = world.target()

    made = asked(world, target, MOST + 2, dry_run=dry_run)

    gone, waiting = MemberState.SUPERSEDED, MemberState.PENDING
    assert states(store, made) == [gone] * 2 + [waiting] * MOST
    assert store.redis.llen(keys.PINS(target)) == MOST
    assert world.state(target).done == 2
    recount.check(store)
    assert claim_of(world, target).request.revision == "v2"


def test_who_gave_way_is_told_to_whom_and_why(store: Store) -> None:
    world = World(store)
    target = world.target()

    first, *_, last = asked(world, target, MOST + 1)

    found = member(store, first)
    why = (
        f"20 newer requests for a revision wait, the last of operation {last}; "
        "why they do: syncline describe target shop@west"
    )
    assert (found.reason, found.message) == ("Superseded", why)
    ended = operations.get(store, first)
    assert ended is not None
    assert ended.is_finished


def test_dry_runs_never_take_the_place_of_a_real_request(store: Store) -> None:
    world = World(store)
    target = world.target()
    [real] = asked(world, target, 1)

    dry = asked(world, target, MOST + 3, dry_run=True)

    assert member(store, real).state is MemberState.PENDING
    assert states(store, dry).count(MemberState.SUPERSEDED) == 3
    assert claim_of(world, target).request.operation == real
    recount.check(store)


def test_what_runs_gives_no_way(store: Store) -> None:
    world = World(store)
    target = world.target()
    [running] = asked(world, target, 1)
    claim = claim_of(world, target)

    asked(world, target, MOST + 1)
    runs.fold(store, report(claim))

    assert member(store, running).state is MemberState.SYNCED
    recount.check(store)


def test_one_that_is_tried_again_is_the_oldest(store: Store) -> None:
    world = World(store)
    target = world.target()
    [first] = asked(world, target, 1)
    claim = claim_of(world, target)
    others = asked(world, target, MOST)
    runs.fold(store, failed(claim))  # it waits again, in front of all

    asked(world, target, 1)

    assert member(store, first).state is MemberState.SUPERSEDED
    assert member(store, others[0]).state is MemberState.SUPERSEDED
    assert store.redis.llen(keys.PINS(target)) == MOST
    recount.check(store)


def test_requests_of_no_operation_give_way_too(store: Store) -> None:
    world = World(store)
    target = world.target()

    for number in range(MOST + 5):
        world.trigger(target, request(revision=f"v{number}"))

    assert store.redis.llen(keys.PINS(target)) == MOST
    assert claim_of(world, target).request.revision == "v5"
    recount.check(store)
