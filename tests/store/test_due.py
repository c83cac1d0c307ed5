"""Timers: taken by one, held for a while, never lost."""

from datetime import timedelta

import pytest

from syncline.store import due, keys
from syncline.store.connection import Store, now


def test_what_is_due_is_taken_once(store: Store) -> None:
    due.add(store, "sweep:a")
    due.add(store, "sweep:later", now(store) + 60)

    first, second = due.take(store), due.take(store)

    assert [(each.kind, each.id, each.member) for each in first] == [("sweep", "a", "sweep:a")]
    assert second == []


def test_what_was_taken_comes_up_again_unless_it_is_done(store: Store) -> None:
    due.add(store, "sweep:a")
    [taken] = due.take(store, hold=timedelta(seconds=30))

    assert due.at(store, "sweep:a") == pytest.approx(now(store) + 30, abs=1)
    assert due.done(store, taken)
    assert due.at(store, "sweep:a") is None


def test_what_is_asked_for_again_meanwhile_is_not_lost(store: Store) -> None:
    due.add(store, "lookup:a")
    [taken] = due.take(store)
    due.add(store, "lookup:a")

    assert not due.done(store, taken)
    assert not due.reschedule(store, taken, now(store) + 60)
    assert [each.id for each in due.take(store)] == ["a"]


def test_a_taken_member_gets_its_next_time(store: Store) -> None:
    due.add(store, "lookup:a")
    [taken] = due.take(store)

    assert due.reschedule(store, taken, taken.held + 100)

    assert due.at(store, "lookup:a") == pytest.approx(taken.held + 100, abs=0.001)


def test_many_get_their_next_times_at_once_but_for_those_that_are_asked_for_again(
    store: Store,
) -> None:
    for name in "abc":
        due.add(store, f"lookup:{name}")
    taken = due.take(store)
    due.add(store, "lookup:b")
    later = now(store) + 60

    due.reschedule_all(store, list(zip(taken, (later, later, None), strict=True)))

    assert due.at(store, "lookup:a") == pytest.approx(later, abs=0.001)
    assert [each.id for each in due.take(store)] == ["b"]
    assert due.at(store, "lookup:c") is None


def test_an_earlier_time_stays_unless_told(store: Store) -> None:
    at = now(store)
    due.add(store, "sweep:a", at + 10)

    due.add(store, "sweep:a", at + 50)
    kept = due.at(store, "sweep:a")
    due.add(store, "sweep:a", at + 50, earlier_only=False)

    assert kept == pytest.approx(at + 10, abs=0.001)
    assert due.at(store, "sweep:a") == pytest.approx(at + 50, abs=0.001)


def test_no_more_is_taken_than_asked_and_the_oldest_first(store: Store) -> None:
    for number in range(5):
        due.add(store, f"sweep:{number}", now(store) - 10 + number)

    assert [each.id for each in due.take(store, 3)] == ["0", "1", "2"]


def test_what_people_wait_for_is_taken_before_what_is_older(store: Store) -> None:
    members = ("sweep:a", "expand:b", "operation:c", "expand:d", "preview:e")
    for number, member in enumerate(members):
        due.add(store, member, now(store) - 10 + number)

    taken = due.take(store, 3, first=("operation", "preview"))

    assert [each.member for each in taken] == ["operation:c", "preview:e", "sweep:a"]
    assert [each.id for each in due.take(store, first=("operation",))] == ["b", "d"]


def test_how_long_to_wait_for_the_first_member(store: Store) -> None:
    second = timedelta(seconds=1)
    empty = due.wait(store, second)
    due.add(store, "sweep:later", now(store) + 60)
    later = due.wait(store, second)
    due.add(store, "sweep:soon", now(store) + 0.5)
    soon = due.wait(store, second)
    due.add(store, "sweep:now")

    assert (empty, later, due.wait(store, second)) == (1.0, 1.0, 0.0)
    assert 0.3 < soon <= 0.5


def test_an_id_may_hold_colons(store: Store) -> None:
    due.add(store, "health:a:b")

    assert [(each.kind, each.id) for each in due.take(store)] == [("health", "a:b")]


def test_dropping_and_counting(store: Store) -> None:
    due.add(store, "sweep:a", now(store) - 5)
    due.add(store, "sweep:b", now(store) + 5)

    count, overdue = due.waits(store)
    assert (count, overdue) == (2, pytest.approx(5, abs=1))
    due.drop(store, "sweep:a")
    assert due.waits(store) == (1, 0.0)


def test_something_due_now_wakes_one_sleeper(store: Store) -> None:
    due.add(store, "sweep:a")
    due.add(store, "sweep:b")

    assert due.sleep(store, timedelta(seconds=1))
    assert not due.sleep(store, timedelta(milliseconds=10))


def test_something_due_later_wakes_nobody(store: Store) -> None:
    due.add(store, "sweep:a", now(store) + 60)

    assert not due.sleep(store, timedelta(milliseconds=10))


def test_waking_twice_wakes_once(store: Store) -> None:
    due.wake(store)
    due.wake(store)

    assert store.redis.llen(keys.WAKE()) == 1
