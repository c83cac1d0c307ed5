"""Redis's time goes back, as with a failover: timers go back with it, each of them once."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from syncline.store import checks, due, keys
from syncline.store.connection import Store, now
from syncline.store.due import Moved
from tests.store import clock
from tests.store.world import World

HOUR = 3600.0


def wait(store: Store, member: str) -> float:
    at = due.at(store, member)
    assert at is not None
    return at - now(store)


def waits(store: Store) -> dict[str, float]:
    """Member → seconds until it is due."""
    rows = store.redis.zrange(keys.DUE(), 0, -1, withscores=True)
    return {member: at - now(store) for member, at in rows}


def some(store: Store, count: int = 450) -> dict[str, float]:
    """So many timers, one a second; the time is known."""
    due.follow_clock(store)
    for number in range(count):
        due.add(store, f"sweep:{number:03}", now(store) + 60 + number)
    return waits(store)


def near(expected: dict[str, float]) -> object:
    return pytest.approx(expected, abs=3)


def test_timers_go_back_with_the_time(store: Store) -> None:
    before = some(store)
    clock.set_back(store, HOUR)

    moved = due.follow_clock(store)

    assert moved == Moved(450, pytest.approx(HOUR, abs=3))
    assert waits(store) == near(before)


def test_they_go_back_once(store: Store) -> None:
    before = some(store)
    clock.set_back(store, HOUR)
    due.follow_clock(store)

    assert [due.follow_clock(store) for _ in range(3)] == [None] * 3
    assert waits(store) == near(before)


def test_a_time_that_goes_on_moves_nothing(store: Store) -> None:
    before = some(store, 3)
    clock.set_back(store, -HOUR)  # ahead
    assert due.follow_clock(store) is None

    clock.set_back(store, 4.0)  # as when a clock is set right

    assert due.follow_clock(store) is None
    assert wait(store, "sweep:002") == pytest.approx(before["sweep:002"] - HOUR + 4, abs=3)


def test_a_scheduler_that_dies_meanwhile_is_followed_by_any_other(store: Store) -> None:
    before = some(store)
    clock.set_back(store, HOUR)
    store.call("due_back", 100, 5)  # and no more

    moved = due.follow_clock(store)

    assert moved == Moved(350, pytest.approx(HOUR, abs=3))
    assert waits(store) == near(before)


def test_many_schedulers_at_once_move_each_timer_once(store: Store) -> None:
    before = some(store)
    clock.set_back(store, HOUR)

    with ThreadPoolExecutor(8) as pool:
        moved = list(pool.map(due.follow_clock, [store] * 8))

    assert sum(each.timers for each in moved if each) == 450
    assert waits(store) == near(before)


def test_what_is_set_by_the_new_time_meanwhile_stays(store: Store) -> None:
    some(store)
    clock.set_back(store, HOUR)
    store.call("due_back", 100, 5)
    due.add(store, "lookup:new", now(store) + 30)
    due.add(store, "sweep:449")  # now, instead of 509 s later

    due.follow_clock(store)

    assert wait(store, "lookup:new") == pytest.approx(30, abs=3)
    assert wait(store, "sweep:449") == pytest.approx(0, abs=3)


def test_what_was_due_already_is_due_now(store: Store) -> None:
    due.follow_clock(store)
    due.add(store, "sweep:a", now(store) - 20)
    clock.set_back(store, HOUR)

    due.follow_clock(store)

    assert due.waits(store) == (1, pytest.approx(0, abs=3))


def test_what_was_taken_before_comes_up_again_after_its_hold(store: Store) -> None:
    due.follow_clock(store)
    due.add(store, "lookup:a")
    due.add(store, "sweep:b")
    first, second = due.take(store, hold=timedelta(seconds=30))
    clock.set_back(store, HOUR)
    due.follow_clock(store)

    assert not due.done(store, second._replace(held=second.held + HOUR))
    assert not due.reschedule(store, first._replace(held=first.held + HOUR), first.held + 2 * HOUR)

    assert waits(store) == near({"lookup:a": 30, "sweep:b": 30})


def test_a_time_that_goes_back_again_meanwhile_is_followed_too(store: Store) -> None:
    before = some(store)
    clock.set_back(store, HOUR)
    store.call("due_back", 100, 5)
    clock.set_back(store, HOUR)

    first, second = due.follow_clock(store), due.follow_clock(store)

    assert first is not None
    assert second == Moved(450, pytest.approx(HOUR, abs=3))
    assert waits(store) == near(before)


def test_a_first_look_at_a_store_of_an_older_release_moves_nothing(store: Store) -> None:
    due.add(store, "sweep:a", now(store) + HOUR)

    assert due.follow_clock(store) is None
    assert wait(store, "sweep:a") == pytest.approx(HOUR, abs=3)


def test_health_is_looked_at_though_its_time_was_set_by_the_old_clock(store: Store) -> None:
    world = World(store)
    target = world.target()
    world.run(target, check_after=60.0)
    clock.set_back(store, HOUR)

    _, waiting = checks.take(store, world.cluster("west").uid)

    assert [each.target for each in waiting] == [target]
