import multiprocessing
import threading
import warnings
from contextlib import ExitStack

import pytest

from syncline.errors import LeaseLost, StoreUnavailable
from syncline.model.names import TargetId
from syncline.model.run import Lease
from syncline_workers.pipeline.heartbeat import Heart, beating
from tests.harness.poll import until
from tests.pipeline.twins import Desk

LEASE = Lease(target=TargetId("a1.c1"), fence=7, ticket="t", seconds=0.06)
AWAY = StoreUnavailable("store", "Redis does not answer")


class Clock:
    """Stands still until it is moved."""

    now = 0.0

    def __call__(self) -> float:
        return self.now


def test_the_lease_is_renewed_while_the_block_runs() -> None:
    desk = Desk()

    with beating(desk, LEASE, since=0, clock=Clock()) as heart:
        until(lambda: desk.renewed >= 3, within=5, what="three heartbeats")

    assert heart.alive()


def test_a_refused_heartbeat_stops_the_run() -> None:
    desk = Desk(renewals=[False])

    with beating(desk, LEASE, since=0, clock=Clock()) as heart:
        until(lambda: not heart.alive(), within=5, what="the lease is lost")

        with pytest.raises(LeaseLost, match="attempt 7 lost its lease"):
            heart.check()


def test_a_store_that_is_away_for_a_moment_is_survived() -> None:
    desk = Desk(renewals=[AWAY, AWAY, True])

    with beating(desk, LEASE, since=0, clock=Clock()) as heart:
        until(lambda: desk.renewed >= 4, within=5, what="it goes on")

    assert heart.alive()


def test_a_run_that_was_paused_past_its_lease_stops_before_any_heartbeat_is_refused() -> None:
    clock = Clock()
    heart = Heart(LEASE, since=0, clock=clock)

    clock.now = LEASE.seconds

    assert not heart.alive()
    with pytest.raises(LeaseLost):
        heart.check()


def test_a_lease_lasts_from_when_its_renewal_was_asked_for() -> None:
    clock = Clock()
    heart = Heart(LEASE, since=0, clock=clock)

    clock.now = 0.05
    heart.renewed(0.03)
    clock.now = 0.08

    assert heart.alive()
    clock.now = 0.095
    assert not heart.alive()


def test_the_thread_ends_with_the_block() -> None:
    desk = Desk()

    with beating(desk, LEASE, since=0, clock=Clock()):
        until(lambda: desk.renewed >= 1, within=5, what="a heartbeat")
    after = desk.renewed

    assert desk.renewed == after


def test_an_error_that_nobody_foresaw_stops_no_other_heart() -> None:
    desk, other = Desk(renewals=[ValueError("broken"), True]), Desk()

    with beating(desk, LEASE, since=0, clock=Clock()) as heart:
        until(lambda: desk.renewed >= 2, within=5, what="it goes on")
        assert heart.alive()

    with beating(other, LEASE, since=0, clock=Clock()):
        until(lambda: other.renewed >= 2, within=5, what="the next run's heartbeats")


def test_many_runs_share_one_thread() -> None:
    desks = [Desk() for _ in range(5)]

    with ExitStack() as stack:
        for desk in desks:
            stack.enter_context(beating(desk, LEASE, since=0, clock=Clock()))
        until(lambda: all(desk.renewed >= 2 for desk in desks), within=5, what="heartbeats of all")
        names = [thread.name for thread in threading.enumerate()]

    assert names.count("heartbeats") == 1


def test_a_process_that_was_forked_has_heartbeats_of_its_own() -> None:
    with beating(Desk(), LEASE, since=0, clock=Clock()):  # the parent has a thread by now
        pass

    child = multiprocessing.get_context("fork").Process(target=beat_once)
    with warnings.catch_warnings():  # of Python 3.12: forking beside threads, as Celery does
        warnings.simplefilter("ignore", DeprecationWarning)
        child.start()
    child.join(10)

    assert child.exitcode == 0


def beat_once() -> None:
    desk = Desk()
    with beating(desk, LEASE, since=0, clock=Clock()):
        until(lambda: desk.renewed >= 1, within=5, what="a heartbeat in the child")
