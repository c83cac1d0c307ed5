"""Which sync windows targets have, as documents come, change and go."""

from typing import Any

import pytest

from syncline.model import parse
from syncline.model.operation import MemberState
from syncline.model.status import Outcome
from syncline.model.windows import SyncWindow
from syncline.operations import documents, sync, windows
from syncline.store import audit, due, keys, runs, targets
from syncline.store import windows as filed
from syncline.store.connection import Store
from syncline.store.records import Kind
from tests.model.test_windows import NIGHTS
from tests.operations.asked import (
    EVERYWHERE,
    application,
    apply,
    claims,
    cluster,
    finish,
    mapping,
    operation,
    repository,
    run_all,
    settle,
    start,
    state,
)
from tests.store import recount
from tests.store.world import moment, request

FREEZE = {"kind": "deny", "starts": "2020-01-01T00:00", "ends": "2099-01-01T00:00"}
OVER = {"kind": "deny", "starts": "2020-01-01T00:00", "ends": "2020-01-02T00:00"}


def freeze(name: str = "freeze", **spec: Any) -> SyncWindow:
    document = parse.parse_mapping(mapping("SyncWindow", name, {**FREEZE, **spec}), source="test")
    assert isinstance(document, SyncWindow)
    return document


def fleet(store: Store) -> None:
    apply(store, repository(), cluster("prod", {"env": "prod"}), cluster("test", {"env": "test"}))
    apply(store, application("web", EVERYWHERE), application("db", "prod"))
    settle(store)


def held(store: Store) -> list[str]:
    return [each.name for each in targets.page(store, held=True).items]


def synced(store: Store) -> None:
    """Every target has run, and nothing waits."""
    fleet(store)
    run_all(store)


def push(store: Store) -> None:
    everything = [each.id for each in targets.page(store).items]
    runs.trigger(store, everything, request("push"))


def test_a_target_that_is_made_while_it_is_closed_waits_for_its_first_run(store: Store) -> None:
    apply(store, freeze(fleet=True))

    fleet(store)

    assert run_all(store) == []
    assert held(store) == ["db@prod", "web@prod", "web@test"]
    assert state(store, "web@prod").reason == "WindowClosed"
    recount.check(store)


@pytest.mark.parametrize(
    ("selects", "expected"),
    [
        ({"fleet": True}, ["db@prod", "web@prod", "web@test"]),
        ({"projects": ["default"]}, ["db@prod", "web@prod", "web@test"]),
        ({"projects": ["other"]}, []),
        ({"applications": ["web"]}, ["web@prod", "web@test"]),
        ({"clusterSelector": {"matchLabels": {"env": "prod"}}}, ["db@prod", "web@prod"]),
    ],
)
def test_a_window_holds_back_what_it_selects(
    store: Store, selects: dict[str, Any], expected: list[str]
) -> None:
    synced(store)

    apply(store, freeze(**selects))
    settle(store)
    push(store)

    assert held(store) == expected
    recount.check(store)


def test_a_window_alone_runs_nothing_and_shows_nothing(store: Store) -> None:
    synced(store)

    apply(store, freeze(fleet=True))
    apply(store, application("web", EVERYWHERE, windows=[FREEZE]))
    settle(store)

    assert (run_all(store), held(store)) == ([], [])
    assert state(store, "web@prod").reason == "Succeeded"
    recount.check(store)


def test_what_a_removed_window_held_back_runs(store: Store) -> None:
    synced(store)
    apply(store, freeze(fleet=True))
    settle(store)
    push(store)

    documents.delete(store, Kind.SYNC_WINDOW, "freeze", actor="ana")
    settle(store)

    assert sorted(run_all(store)) == ["db@prod", "web@prod", "web@test"]
    assert filed.declared(store) is None
    assert store.redis.keys(f"{keys.PREFIX}window:*") == []
    recount.check(store)


def test_what_a_changed_window_holds_no_longer_runs(store: Store) -> None:
    synced(store)
    apply(store, freeze(fleet=True))
    settle(store)
    push(store)

    apply(store, freeze(applications=["db"]))
    settle(store)

    assert sorted(run_all(store)) == ["web@prod", "web@test"]
    assert held(store) == ["db@prod"]
    recount.check(store)


def test_an_application_has_windows_of_its_own(store: Store) -> None:
    synced(store)

    apply(store, application("web", EVERYWHERE, windows=[FREEZE]))
    settle(store)
    push(store)
    assert held(store) == ["web@prod", "web@test"]
    apply(store, application("web", EVERYWHERE, windows=[OVER]))
    settle(store)

    assert held(store) == []
    recount.check(store)


def test_a_cluster_that_gets_another_label_is_closed_before_it_runs_for_that(store: Store) -> None:
    synced(store)
    apply(store, freeze(clusterSelector={"matchLabels": {"env": "prod"}}))
    settle(store)

    apply(store, cluster("test", {"env": "prod"}))
    settle(store)

    assert run_all(store) == []
    assert held(store) == ["web@test"]
    recount.check(store)


def test_targets_with_the_same_windows_share_what_is_known_of_them(store: Store) -> None:
    synced(store)

    apply(
        store,
        freeze(fleet=True),
        freeze("nights", **NIGHTS, starts=None, ends=None, projects=["default"]),
    )
    settle(store)

    assert store.redis.scard(keys.WINDOW_SETS()) == 1
    assert [each.name for each in filed.of(store, state(store, "web@test").windows)] == [
        "SyncWindow/freeze",
        "SyncWindow/nights",
    ]


def test_the_walk_over_all_targets_begins_again_with_another_change(store: Store) -> None:
    synced(store)
    apply(store, freeze(fleet=True))
    assert not windows.advance(store, limit=1)
    assert state(store, "db@prod").windows
    apply(store, freeze(applications=["web"]))

    while not windows.advance(store, limit=1):
        pass

    assert not state(store, "db@prod").windows
    assert state(store, "web@test").windows
    assert windows.advance(store)


def test_a_fleet_without_windows_keeps_nothing_of_them(store: Store) -> None:
    synced(store)

    assert store.redis.keys(f"{keys.PREFIX}window*") == []
    assert due.at(store, "windows:all") is None


def test_a_window_that_opens_lets_all_go_by_itself(store: Store) -> None:
    synced(store)
    apply(store, freeze(fleet=True, starts=moment(-60), ends=moment(0.5)))
    settle(store)
    push(store)
    assert len(held(store)) == 3

    done: list[str] = []
    while len(done) < 3:
        settle(store)
        done += run_all(store)

    assert held(store) == []
    recount.check(store)


def test_breaking_the_glass_is_in_the_audit_trail_and_not_repeated(store: Store) -> None:
    synced(store)
    apply(store, freeze(fleet=True))
    settle(store)

    begun = start(store, applications=("db",), break_glass=True, reason="the shop is down")
    settle(store)
    for claim in claims(store):
        finish(store, claim, outcome=Outcome.STALLED)
    settle(store)
    assert operation(store, begun.uid).counts[MemberState.FAILED] == 1
    again = sync.retry_failed(store, begun.uid, actor="ana", reason="once more")
    settle(store)

    told = [(each.reason, each.detail) for each in audit.read(store) if each.verb == "sync"]
    assert told == [("once more", ""), ("the shop is down", "break-glass")]
    assert not again.spec.break_glass
    assert held(store) == ["db@prod"]
