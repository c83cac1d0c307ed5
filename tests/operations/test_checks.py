"""Checks of an application, as its document comes, changes and goes: they run nothing."""

from __future__ import annotations

from typing import Any

from syncline.contract.reports import HealthReport, TargetHealth
from syncline.model.application import Application
from syncline.model.check import Check
from syncline.model.status import HealthStatus
from syncline.store import checks
from syncline.store.connection import Store
from tests.operations.asked import (
    application,
    apply,
    cluster,
    repository,
    run_all,
    settle,
    state,
)
from tests.store.test_checks import cluster_of, make_due

LIVE = {"name": "live", "http": {"url": "https://shop.example.com/live"}}


def checked(*written: dict[str, Any], automated: bool = True) -> Application:
    found = application("web", "west", automated=automated)
    declared = tuple(Check.model_validate(each) for each in written)
    return found.model_copy(update={"spec": found.spec.model_copy(update={"checks": declared})})


def running(store: Store, *written: dict[str, Any]) -> None:
    apply(store, repository(), cluster("west"), checked(*written))
    settle(store)
    run_all(store)


def taken(store: Store) -> tuple[Check, ...]:
    """What the next look at the target is handed."""
    target = state(store, "web@west").id
    make_due(store, target)
    _, ((_, _, _, found),) = checks.take(store, cluster_of(target))
    return found


def test_a_look_is_handed_the_checks_of_the_application(store: Store) -> None:
    running(store, LIVE)

    assert [check.name for check in taken(store)] == ["live"]


def test_a_target_that_has_not_run_is_not_looked_at(store: Store) -> None:
    apply(store, repository(), cluster("west"), checked(LIVE, automated=False))
    settle(store)

    assert checks.at(store, state(store, "web@west").id) is None


def test_checks_that_are_added_or_changed_are_looked_at_and_nothing_runs(store: Store) -> None:
    running(store)
    target = state(store, "web@west").id
    assert checks.at(store, target) is None

    apply(store, checked(LIVE))
    settle(store)

    assert checks.at(store, target) is not None
    assert run_all(store) == []
    assert [check.name for check in taken(store)] == ["live"]

    apply(store, checked({**LIVE, "name": "other"}))
    settle(store)

    assert run_all(store) == []
    assert [check.name for check in taken(store)] == ["other"]


def test_an_application_that_waits_for_a_person_is_no_more_out_of_sync_for_them(
    store: Store,
) -> None:
    apply(store, repository(), cluster("west"), checked(automated=False))
    settle(store)
    before = state(store, "web@west")

    apply(store, checked(LIVE, automated=False))
    settle(store)

    after = state(store, "web@west")
    assert (after.sync, after.reason) == (before.sync, before.reason)


def test_checks_that_are_gone_are_looked_at_no_more(store: Store) -> None:
    running(store, LIVE)
    apply(store, checked())
    settle(store)

    assert taken(store) == ()

    seen = state(store, "web@west")
    healthy = TargetHealth(target=seen.id, fence=_fence(store), health=HealthStatus.HEALTHY)
    checks.fold(store, HealthReport(cluster=cluster_of(seen.id), targets=(healthy,)))
    assert checks.at(store, seen.id) is None


def test_a_fleet_without_checks_keeps_nothing_of_them(store: Store) -> None:
    running(store)
    target = state(store, "web@west").id

    assert store.redis.hget(f"syncline:target:{target}", "has_checks") is None
    assert taken(store) == ()


def _fence(store: Store) -> int:
    target = state(store, "web@west").id
    return int(store.redis.hget(f"syncline:target:{target}", "fence") or 0)
