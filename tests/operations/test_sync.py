"""Operations over the fleet."""

from typing import Any

import pytest

from syncline.errors import Conflict, InvalidDocument, NotFound
from syncline.model.operation import MemberState, OperationSpec, OperationState
from syncline.model.part import Part
from syncline.model.request import Options, TriggerKind
from syncline.model.run import Claim
from syncline.model.status import Outcome
from syncline.operations import documents, expand, selection, sync
from syncline.store import audit, keys, operations
from syncline.store import documents as stored
from syncline.store.connection import Store
from syncline.store.records import Kind
from tests.operations.asked import (
    EVERYWHERE,
    application,
    apply,
    claims,
    cluster,
    finish,
    operation,
    repository,
    run_all,
    settle,
    start,
    uid,
)

WEB = Part(names=("web",))


@pytest.fixture
def fleet(store: Store) -> Store:
    """Two applications, synced on c-0 … c-4, of which the even ones are in production."""
    envs = ["prod", "test"]
    apply(store, repository(), *(cluster(f"c-{n}", {"env": envs[n % 2]}) for n in range(5)))
    apply(store, application("web", EVERYWHERE), application("db", EVERYWHERE))
    settle(store)
    run_all(store)
    return store


def claims_of(store: Store, application: str) -> list[Claim]:
    """Ask for one application and let workers take it."""
    start(store, applications=(application,))
    settle(store)
    return claims(store)


def expand_all(store: Store) -> None:
    """Let the applications expand before any operation does."""
    for record in stored.page(store, Kind.APPLICATION).items:
        while not expand.advance(store, record.uid):
            pass
    settle(store)


def members(store: Store, uid: str) -> dict[str, MemberState]:
    found = operations.targets(store, uid, limit=1000).items
    return {each.name: each.state for each in found}


@pytest.mark.parametrize(
    ("spec", "expected"),
    [
        ({"all": True}, [f"{app}@c-{n}" for app in ("db", "web") for n in range(5)]),
        ({"applications": ("web",)}, [f"web@c-{n}" for n in range(5)]),
        ({"applications": ("default/web", "db"), "cluster_selector": "env=test"},
         ["db@c-1", "db@c-3", "web@c-1", "web@c-3"]),
        ({"cluster_selector": "env=prod"},
         ["db@c-0", "db@c-2", "db@c-4", "web@c-0", "web@c-2", "web@c-4"]),
        ({"application_selector": "!tier", "cluster_selector": "env=test"},
         ["db@c-1", "db@c-3", "web@c-1", "web@c-3"]),
        ({"applications": ("web",), "sync": "Synced"}, [f"web@c-{n}" for n in range(5)]),
    ],
)  # fmt: skip
def test_a_selection_means_these_targets(
    fleet: Store, spec: dict[str, Any], expected: list[str]
) -> None:
    started = start(fleet, **spec)
    settle(fleet)

    assert sorted(members(fleet, started.uid)) == expected


def test_an_operation_is_answered_at_once_and_done_in_the_background(fleet: Store) -> None:
    started = start(fleet, applications=("web",))
    assert (started.state, started.total) == (OperationState.PENDING, 0)

    settle(fleet)
    running = operation(fleet, started.uid)
    assert (running.state, running.total, running.expanded) == (OperationState.RUNNING, 5, True)

    run_all(fleet)
    done = operation(fleet, started.uid)
    assert (done.state, done.counts[MemberState.SYNCED]) == (OperationState.SUCCEEDED, 5)
    assert done.is_finished


def test_what_is_asked_reaches_each_run(fleet: Store) -> None:
    started = start(
        fleet, applications=("web",), cluster_selector="env=prod", revision="v1", prune=True
    )
    settle(fleet)

    request = claims(fleet)[0].request
    assert request.trigger.kind is TriggerKind.OPERATION
    assert (request.trigger.actor, request.trigger.reason) == ("ana", "a test")
    assert (request.operation, request.revision) == (started.uid, "v1")
    assert request.options == Options(prune=True)
    assert request.is_pinned


def test_an_operation_with_a_failed_target_fails(fleet: Store) -> None:
    started = start(fleet, applications=("web",))
    settle(fleet)

    for claim in claims(fleet):
        bad = claim.name.cluster == "c-3"
        finish(fleet, claim, Outcome.STALLED if bad else Outcome.SUCCEEDED)

    done = operation(fleet, started.uid)
    assert done.state is OperationState.FAILED
    assert members(fleet, started.uid)["web@c-3"] is MemberState.FAILED


def test_only_the_failed_targets_are_tried_again(fleet: Store) -> None:
    started = start(fleet, applications=("web",), revision="v1")
    settle(fleet)
    for claim in claims(fleet):
        bad = claim.name.cluster in ("c-1", "c-3")
        finish(fleet, claim, Outcome.STALLED if bad else Outcome.SUCCEEDED)

    again = sync.retry_failed(fleet, started.uid, actor="ben", reason="fixed")
    settle(fleet)

    assert (again.spec.revision, again.spec.actor, again.spec.reason) == ("v1", "ben", "fixed")
    assert sorted(members(fleet, again.uid)) == ["web@c-1", "web@c-3"]
    run_all(fleet)
    assert operation(fleet, again.uid).state is OperationState.SUCCEEDED


def test_what_failed_in_an_operation_that_is_not_kept_is_not_guessed(fleet: Store) -> None:
    started = start(fleet, applications=("web",))
    settle(fleet)
    for claim in claims(fleet):
        finish(fleet, claim, Outcome.STALLED)
    again = sync.retry_failed(fleet, started.uid, actor="ben", reason="fixed")
    fleet.redis.delete(keys.OPERATION(started.uid))  # it made room for a newer one

    settle(fleet)

    ended = operation(fleet, again.uid)
    assert ended.state is OperationState.FAILED
    assert f"operation {started.uid} is not kept any more" in ended.error


def test_nothing_that_failed_and_nothing_that_runs_is_tried_again(fleet: Store) -> None:
    started = start(fleet, applications=("web",))

    with pytest.raises(Conflict, match="still runs"):
        sync.retry_failed(fleet, started.uid, actor="ana", reason="why")

    settle(fleet)
    run_all(fleet)
    with pytest.raises(Conflict, match="has no failed targets"):
        sync.retry_failed(fleet, started.uid, actor="ana", reason="why")


def test_no_more_targets_than_asked_for_run_at_once(fleet: Store) -> None:
    started = start(fleet, all=True, concurrency=3)
    settle(fleet)

    seen = []
    while found := claims(fleet):
        seen.append(len(found))
        for claim in found:
            finish(fleet, claim)
        settle(fleet)

    assert seen == [3, 3, 3, 1]
    assert operation(fleet, started.uid).state is OperationState.SUCCEEDED


def test_a_cancelled_operation_starts_nothing_more(fleet: Store) -> None:
    started = start(fleet, all=True, concurrency=2)
    settle(fleet)
    (first, second) = claims(fleet)

    sync.cancel(fleet, started.uid, actor="ana", reason="wrong cluster")
    settle(fleet)
    finish(fleet, first)
    finish(fleet, second)
    settle(fleet)

    assert claims(fleet) == []
    done = operation(fleet, started.uid)
    assert done.state is OperationState.CANCELLED
    assert (done.counts[MemberState.SYNCED], done.counts[MemberState.CANCELLED]) == (2, 8)


def test_an_operation_that_is_cancelled_before_its_expansion_touches_nothing(fleet: Store) -> None:
    started = start(fleet, all=True)

    sync.cancel(fleet, started.uid, actor="ana", reason="a mistake")
    settle(fleet)

    assert claims(fleet) == []
    assert operation(fleet, started.uid).state is OperationState.CANCELLED


def test_the_same_key_gives_the_same_operation(fleet: Store) -> None:
    spec = OperationSpec(applications=("web",), reason="a test", actor="ana")

    first = sync.start(fleet, spec, idempotency_key="k1")
    settle(fleet)
    again = sync.start(fleet, spec, idempotency_key="k1")

    assert again.uid == first.uid
    with pytest.raises(Conflict):
        sync.start(fleet, spec.model_copy(update={"prune": True}), idempotency_key="k1")
    assert [record.verb for record in audit.read(fleet)].count("sync") == 1


def test_a_dry_run_is_audited_as_one_and_once(fleet: Store) -> None:
    start(fleet, applications=("web",), dry_run=True)
    settle(fleet)
    run_all(fleet)

    assert [each.verb for each in audit.read(fleet)].count("dry-run") == 1
    assert [each.verb for each in audit.read(fleet)].count("sync") == 0


@pytest.mark.parametrize(
    ("spec", "error", "message"),
    [
        ({}, InvalidDocument, "selects nothing: name applications, give a selector, or say all"),
        ({"all": True, "reason": "  "}, InvalidDocument, "needs a reason"),
        ({"all": True, "only": Part()}, InvalidDocument, "selects no objects"),
        ({"all": True, "only": WEB, "revision": "v1"}, InvalidDocument, "or some objects"),
        ({"all": True, "only": WEB, "prune": True}, InvalidDocument, "prunes nothing"),
        ({"all": True, "only": Part(labels="a=b=c")}, InvalidDocument, "write key=value"),
        ({"applications": ("wbe",)}, NotFound, "Application/wbe: is not registered"),
        ({"application_selector": "a=b=c"}, InvalidDocument, "write key=value"),
        ({"cluster_selector": "env=none"}, NotFound, "no target matches the selection"),
        ({"applications": ("web",), "health": "Degraded"}, NotFound, "no target matches"),
    ],
)
def test_a_request_that_makes_no_sense_is_refused(
    fleet: Store, spec: dict[str, Any], error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=message):
        start(fleet, **spec)

    assert operations.page(fleet).items == ()


def test_an_empty_fleet_may_be_synced_as_a_whole(store: Store) -> None:
    started = start(store, all=True)
    settle(store)

    assert operation(store, started.uid).state is OperationState.SUCCEEDED


def test_a_selection_of_nothing_is_refused_and_leaves_its_key_unused(fleet: Store) -> None:
    spec = OperationSpec(cluster_selector="env=stage", reason="a test")
    with pytest.raises(NotFound, match="no target matches the selection"):
        sync.start(fleet, spec, idempotency_key="k1")
    assert operations.page(fleet).items == ()

    apply(fleet, cluster("c-0", {"env": "stage"}))
    started = sync.start(fleet, spec, idempotency_key="k1")
    settle(fleet)

    assert operation(fleet, started.uid).total == 2


@pytest.mark.parametrize("spec", [{"sync": "OutOfSync"}, {"applications": ("web",)}])
def test_a_repeated_request_finds_what_it_began_though_nothing_is_left(
    fleet: Store, spec: dict[str, Any]
) -> None:
    for claim in claims_of(fleet, "web"):
        finish(fleet, claim, Outcome.STALLED)
    asked = OperationSpec(**spec, reason="a test")
    first = sync.start(fleet, asked, idempotency_key="k1")
    settle(fleet)
    run_all(fleet)
    documents.delete(fleet, Kind.APPLICATION, "web", actor="ana", orphan=True)
    settle(fleet)

    again = sync.start(fleet, asked, idempotency_key="k1")

    assert (again.uid, again.total) == (first.uid, 5)
    with pytest.raises(Conflict):
        sync.start(fleet, asked.model_copy(update={"prune": True}), idempotency_key="k1")
    with pytest.raises(NotFound):
        sync.start(fleet, asked, idempotency_key="k2")


def test_a_selection_that_turns_out_empty_fails_and_says_so(fleet: Store) -> None:
    started = start(fleet, applications=("web",))
    documents.delete(fleet, Kind.APPLICATION, "web", actor="ana", orphan=True)
    expand_all(fleet)

    done = operation(fleet, started.uid)
    assert (done.state, done.error) == (OperationState.FAILED, "NotFound: no target matches")


def test_a_large_selection_is_expanded_in_chunks_that_a_kill_only_repeats(fleet: Store) -> None:
    started = start(fleet, all=True)
    totals = []
    while not operation(fleet, started.uid).expanded:
        sync.advance(fleet, started.uid, limit=3)
        sync.advance(fleet, started.uid, limit=3)
        totals.append(operation(fleet, started.uid).total)

    assert totals == [6, 10]
    assert len(members(fleet, started.uid)) == 10


def test_a_chunk_is_gone_on_with_where_it_stood(fleet: Store) -> None:
    spec = OperationSpec(applications=("web", "db"), reason="a test")
    place, seen = selection.Place(), []
    while not place.over:
        chunk = selection.walk(fleet, spec, selection.Place(**place.model_dump()), limit=2)
        place = chunk.place
        seen.append([name for _, name in chunk.members])

    assert seen == [
        ["web@c-0", "web@c-1"],
        ["web@c-2", "web@c-3"],
        ["web@c-4", "db@c-0", "db@c-1"],
        ["db@c-2", "db@c-3"],
        ["db@c-4"],
    ]


def test_an_application_that_is_deleted_meanwhile_is_passed_over(fleet: Store) -> None:
    web = uid(fleet, Kind.APPLICATION, "web")
    started = start(fleet, applications=("web", "db"))
    documents.delete(fleet, Kind.APPLICATION, "web", actor="ana", orphan=True)
    expand.advance(fleet, web)
    settle(fleet)

    assert sorted(members(fleet, started.uid)) == [f"db@c-{n}" for n in range(5)]


def test_a_target_that_a_newer_operation_takes_is_superseded(fleet: Store) -> None:
    first = start(fleet, applications=("web",))
    settle(fleet)
    second = start(fleet, applications=("web",), cluster_selector="env=test")
    settle(fleet)
    run_all(fleet)

    assert members(fleet, first.uid)["web@c-1"] is MemberState.SUPERSEDED
    assert operation(fleet, first.uid).state is OperationState.FAILED
    assert operation(fleet, second.uid).state is OperationState.SUCCEEDED


def test_an_unknown_operation_is_named(store: Store) -> None:
    with pytest.raises(NotFound, match="operation abc"):
        sync.cancel(store, "abc", actor="ana", reason="why")
