"""Git hosts: what all workers together ask of one at once, and when nobody does."""

import pytest

from syncline.store import hosts, keys
from syncline.store.connection import Store, now

HOST = "git.example"


def test_so_many_are_in_flight_and_no_more(store: Store) -> None:
    first, second = (hosts.enter(store, HOST, most=2, seconds=60) for _ in range(2))
    assert first.token
    assert second.token

    assert hosts.enter(store, HOST, most=2, seconds=60) == ("", 0.0)
    assert hosts.enter(store, "other.example", most=2, seconds=60).token

    hosts.leave(store, HOST, first.token)
    assert hosts.enter(store, HOST, most=2, seconds=60).token


def test_a_turn_of_a_worker_that_died_ends_by_itself(store: Store) -> None:
    lost = hosts.enter(store, HOST, most=1, seconds=60)
    store.redis.zadd(keys.HOST(HOST), {lost.token: now(store) - 1})

    assert hosts.enter(store, HOST, most=1, seconds=60).token


def test_a_host_that_is_asked_too_much_is_left_alone_longer_each_time(store: Store) -> None:
    waits = []
    for _ in range(7):
        waits.append(hosts.pause(store, HOST))
        assert hosts.pause(store, HOST) == waits[-1]  # somebody else was told the same
        refused = hosts.enter(store, HOST, most=9, seconds=60)
        assert refused.token == ""
        assert refused.paused == pytest.approx(waits[-1], abs=2)
        store.redis.delete(keys.HOST_PAUSE(HOST))

    assert waits == [15, 30, 60, 120, 240, 300, 300]
    assert hosts.enter(store, HOST, most=9, seconds=60).token


def test_a_host_that_says_for_how_long_is_not_asked_earlier(store: Store) -> None:
    assert hosts.pause(store, HOST, 120.0) == 120
    assert hosts.enter(store, HOST, most=9, seconds=60).paused == pytest.approx(120, abs=2)

    assert hosts.pause(store, HOST, 5.0) == pytest.approx(120, abs=2)  # it goes on
    assert hosts.pause(store, HOST, 200.0) == 200
    assert hosts.pause(store, "other.example", 1.0) == 15
