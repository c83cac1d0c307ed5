"""Operations that ended make room for newer ones, and what runs is left alone."""

from dataclasses import replace

from syncline.model import plan
from syncline.model.names import TargetId, Uid
from syncline.model.operation import MemberState, OperationSpec
from syncline.model.status import Outcome
from syncline.store import ended, keys, operations, runs
from syncline.store.connection import Store
from tests.store import recount
from tests.store.world import World, failed, launched, report

BOUND = 100
ROOM = BOUND * plan.MEMBER
"""Bytes of all that ended."""


def tight(store: Store) -> Store:
    """The same store with little room for operations."""
    return replace(store, settings=store.settings.model_copy(update={"operations": BOUND}))


def spec(size: int = 0) -> OperationSpec:
    """The reason is kept twice, so that it makes an operation as large as a test likes."""
    return OperationSpec(all=True, actor="ana", reason="r" * max(1, size // 2))


def over(store: Store, *, size: int = 0) -> Uid:
    """An operation of so many bytes, about, that has ended."""
    made, _ = operations.create(store, spec(size))
    operations.expanded(store, made.uid)
    return made.uid


def listed(store: Store) -> list[str]:
    return store.redis.zrange(keys.OPERATIONS(), 0, -1)


def with_message(world: World, target: TargetId, message: str) -> Uid:
    """An operation whose only member failed, with so much to tell."""
    uid = launched(world.store, spec(), [target])
    claim = world.claim(world.sent(target))
    runs.fold(
        world.store, failed(claim, outcome=Outcome.STALLED, message=message, retry_after=None)
    )
    return uid


def test_the_operations_that_ended_first_make_room(store: Store) -> None:
    made = [over(store, size=ROOM // 4) for _ in range(5)]

    forgotten = ended.prune(tight(store))

    assert forgotten == 2
    assert listed(store) == made[2:]
    assert operations.get(store, made[0]) is None
    assert ended.prune(tight(store)) == 0


def test_nothing_goes_while_there_is_room(store: Store) -> None:
    made = [over(store) for _ in range(5)]

    assert ended.prune(tight(store)) == 0
    assert listed(store) == made


def test_all_that_is_kept_of_it_goes(store: Store) -> None:
    world = World(store)
    uid = with_message(world, world.target(), "no")
    over(store, size=ROOM)

    assert ended.prune(tight(store)) == 1

    assert list(store.redis.scan_iter(f"{keys.PREFIX}*{uid}*")) == []
    recount.check(store)


def test_what_runs_is_never_touched(store: Store) -> None:
    world = World(store)
    target = world.target()
    running = launched(store, spec(2 * ROOM), [target])
    claim = world.claim(world.sent(target))
    held, _ = operations.create(store, spec(2 * ROOM))
    newest = over(store)

    assert ended.prune(tight(store)) == 0

    assert listed(store) == [running, held.uid, newest]
    runs.fold(store, report(claim))
    [item] = operations.targets(store, running).items
    assert item.state is MemberState.SYNCED


def test_it_is_the_end_that_counts_not_the_beginning(store: Store) -> None:
    long, _ = operations.create(store, spec(ROOM // 2))
    short = over(store, size=ROOM)
    operations.expanded(store, long.uid)

    ended.prune(tight(store))

    assert (operations.get(store, short), listed(store)) == (None, [long.uid])


def test_the_last_that_ended_is_kept_whatever_its_size(store: Store) -> None:
    over(store)
    large = over(store, size=3 * ROOM)

    assert ended.prune(tight(store)) == 1
    assert listed(store) == [large]


def test_long_messages_take_the_room_of_more_members(store: Store) -> None:
    world = World(store)
    made = [with_message(world, world.target(f"app-{number}"), "x" * 2000) for number in range(15)]

    forgotten = ended.prune(tight(store))

    assert 0 < forgotten < len(made)
    assert listed(store) == made[forgotten:]


def test_what_redis_forgot_after_a_week_leaves_the_list(store: Store) -> None:
    gone, kept = over(store), over(store)
    store.redis.delete(keys.OPERATION(gone))

    assert ended.prune(store) == 0
    assert listed(store) == [kept]


def test_many_are_weighed_and_forgotten_in_pieces(store: Store) -> None:
    made = [over(store) for _ in range(250)]
    newest = over(store, size=2 * ROOM)

    assert ended.prune(tight(store)) == len(made)
    assert listed(store) == [newest]
