"""How much a scheduler keeps in the broker, and how long it rests."""

from syncline.contract import queues
from syncline.model.status import Lane
from syncline.scheduler.pace import FEWEST_SLOTS, SOON, Pace

EMPTY = dict.fromkeys(queues.ALL, 0)


def test_an_empty_queue_gets_the_backlog_and_a_full_one_nothing() -> None:
    pace = Pace(backlog=16, most=200)

    pace.measure(EMPTY | {queues.PUSH: 10, queues.DRIFT: 20}, 0, 1.0)

    assert [pace.room(lane) for lane in Lane] == [16, 6, 16, 16, 0]


def test_a_queue_that_drains_fast_is_kept_half_a_second_ahead() -> None:
    pace, now, depth, taken = Pace(backlog=16, most=200), 0.0, 0, 0
    for _ in range(200):  # workers that take 100 messages a second
        pace.measure(EMPTY | {queues.PUSH: depth}, 0, now)
        room = pace.room(Lane.PUSH)
        pace.sent(Lane.PUSH, room)
        rest = pace.rest({Lane.PUSH}, longest=0.25)
        now += rest
        depth += room
        take = min(depth, round(now * 100) - taken)
        depth, taken = depth - take, taken + take

    assert 40 <= depth + take <= 60
    assert taken >= 0.9 * 100 * now


def test_no_queue_gets_more_than_one_step_takes() -> None:
    pace = Pace(backlog=16, most=200)
    pace.measure(EMPTY, 0, 0.0)
    pace.sent(Lane.PUSH, 5000)

    pace.measure(EMPTY, 0, 1.0)

    assert pace.room(Lane.PUSH) == 200


def test_with_nothing_left_in_order_the_loop_rests_as_long_as_it_may() -> None:
    pace = Pace(backlog=16, most=200)
    pace.measure(EMPTY, 0, 0.0)

    assert pace.rest(set(), longest=0.25) == 0.25


def test_a_queue_that_had_run_dry_is_looked_at_soon() -> None:
    pace = Pace(backlog=16, most=200)
    pace.measure(EMPTY | {queues.PUSH: 3}, 0, 0.0)

    assert pace.rest({Lane.USER}, longest=0.25) == SOON
    assert pace.rest({Lane.PUSH}, longest=0.25) == 0.25


def test_it_is_idle_while_nothing_waits_and_nothing_runs() -> None:
    pace = Pace(backlog=16, most=200)
    found = []
    for waiting, running in ((0, 0), (1, 0), (0, 1), (0, 0)):
        pace.measure(EMPTY | {queues.DRIFT: waiting}, running, 0.0)
        found.append(pace.is_idle)
    pace.sent(Lane.USER, 1)

    assert found == [True, False, False, True]
    assert not pace.is_idle


def test_with_nobody_on_the_roll_slots_are_the_most_that_were_seen_at_work_lately() -> None:
    pace = Pace(backlog=16, most=200)
    pace.measure(EMPTY, 0, 0.0)
    seen = [pace.slots]
    for running, now in ((40, 1.0), (0, 301.0), (0, 100_000.0)):
        pace.measure(EMPTY, running, now)
        seen.append(pace.slots)

    assert seen == [FEWEST_SLOTS, 40, 20, FEWEST_SLOTS]


def test_slots_are_what_workers_offer_also_where_they_are_few_or_became_fewer() -> None:
    pace = Pace(backlog=16, most=200)
    pace.measure(EMPTY, 40, 1.0)
    seen = []
    for slots in (40, 10, 1):
        pace.offered(slots)
        seen.append(pace.slots)

    assert seen == [40, 10, 1]


def test_what_killed_workers_had_is_no_slot() -> None:
    pace = Pace(backlog=16, most=200)
    pace.offered(4)

    pace.measure(EMPTY, 64, 1.0)  # kombu keeps them until the visibility timeout

    assert pace.slots == 4


def test_when_the_last_worker_has_left_the_roll_what_was_seen_counts_again() -> None:
    pace = Pace(backlog=16, most=200)
    pace.measure(EMPTY, 12, 1.0)
    pace.offered(4)

    pace.offered(0)

    assert pace.slots == 12
