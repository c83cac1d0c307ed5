import pytest

from syncline.errors import LeaseLost, StoreUnavailable
from syncline.model.names import TargetId
from syncline.model.run import Lease
from syncline_workers.pipeline.heartbeat import beating
from tests.harness.poll import until
from tests.pipeline.twins import Desk

LEASE = Lease(target=TargetId("a1.c1"), fence=7, ticket="t", seconds=0.06)
AWAY = StoreUnavailable("store", "Redis does not answer")


def test_the_lease_is_renewed_while_the_block_runs() -> None:
    desk = Desk()

    with beating(desk, LEASE) as heart:
        until(lambda: desk.renewed >= 3, within=5, what="three heartbeats")

    assert heart.alive()


def test_a_refused_heartbeat_stops_the_run() -> None:
    desk = Desk(renewals=[False])

    with beating(desk, LEASE) as heart:
        until(lambda: not heart.alive(), within=5, what="the lease is lost")

        with pytest.raises(LeaseLost, match="attempt 7 lost its lease"):
            heart.check()


def test_a_store_that_is_away_for_a_moment_is_survived() -> None:
    desk = Desk(renewals=[AWAY, AWAY, True])

    with beating(desk, LEASE) as heart:
        until(lambda: desk.renewed >= 4, within=5, what="it goes on")

    assert heart.alive()


def test_a_store_that_is_away_for_a_whole_lease_stops_the_run() -> None:
    desk = Desk(renewals=[AWAY, AWAY, AWAY])

    with beating(desk, LEASE) as heart:
        until(lambda: not heart.alive(), within=5, what="the lease is given up")


def test_the_thread_ends_with_the_block() -> None:
    desk = Desk()

    with beating(desk, LEASE):
        until(lambda: desk.renewed >= 1, within=5, what="a heartbeat")
    after = desk.renewed

    assert desk.renewed == after
