"""Rollbacks: each target of a selection goes back to a state of its own history."""

from typing import Any

import pytest

from syncline.errors import InvalidDocument, NotFound
from syncline.model.names import TargetName, Uid
from syncline.model.operation import MemberState, OperationSpec, OperationState
from syncline.model.part import Part
from syncline.model.pin import Pin
from syncline.model.run import Claim
from syncline.model.status import Outcome
from syncline.operations import rollback, sync
from syncline.store import audit, keys, operations, runs, targets
from syncline.store.connection import Store
from tests.operations.asked import (
    EVERYWHERE,
    application,
    apply,
    claims,
    cluster,
    finish,
    operation,
    repository,
    settle,
    start,
    state,
)
from tests.store import recount
from tests.store.world import report

OLD, NEW = "a" * 40, "b" * 40


def end(store: Store, claim: Claim, commit: str) -> None:
    """A run that brought a target to a commit, or to where a rollback keeps it."""
    at = claim.pin.revision if claim.pin else commit
    key = f"{claim.application.spec.source.path}@{at}"
    told = {"revision": at, "observed": at, "rendered": f"of {at}", "render_key": key}
    assert runs.fold(store, report(claim, **told))


def roll_out(store: Store, commit: str, **spec: Any) -> Uid:
    """An operation that brings targets to a commit; returns its uid."""
    uid = start(store, **(spec or {"all": True})).uid
    drain(store, commit)
    return uid


def drain(store: Store, commit: str = NEW) -> dict[str, Claim]:
    done: dict[str, Claim] = {}
    settle(store)
    while found := claims(store):
        for claim in found:
            end(store, claim, commit)
            done[str(claim.name)] = claim
        settle(store)
    return done


def back(store: Store, **spec: Any) -> Uid:
    return start(store, verb="rollback", **(spec or {"all": True})).uid


def members(store: Store, uid: Uid) -> dict[str, tuple[str, str]]:
    found = operations.targets(store, uid, limit=1000).items
    return {each.name: (each.state.value, each.reason) for each in found}


def pin_of(store: Store, name: str) -> Pin:
    found = state(store, name).pinned
    assert found is not None
    return found


@pytest.fixture
def fleet(store: Store) -> Store:
    """Two applications on two clusters, rolled out at OLD and then at NEW, with another path."""
    apply(store, repository(), cluster("c-0"), cluster("c-1"))
    apply(store, application("web", EVERYWHERE), application("db", EVERYWHERE))
    drain(store, OLD)
    apply(store, application("web", EVERYWHERE, path="moved"))
    drain(store, OLD)
    roll_out(store, NEW)
    return store


def test_each_goes_back_to_its_previous_state_and_stays(fleet: Store) -> None:
    uid = back(fleet)

    done = drain(fleet)

    assert {name: claim.head for name, claim in done.items()} == dict.fromkeys(
        ["db@c-0", "db@c-1", "web@c-0", "web@c-1"], OLD
    )
    assert operation(fleet, uid).state is OperationState.SUCCEEDED
    assert set(members(fleet, uid).values()) == {("synced", "Succeeded")}
    pin = pin_of(fleet, "web@c-0")
    assert (pin.operation, pin.actor, pin.reason) == (uid, "ana", "a test")
    start(fleet, all=True)
    assert {claim.head for claim in drain(fleet).values()} == {OLD}
    recount.check(fleet)


def test_one_target_by_its_name(fleet: Store) -> None:
    back(fleet, targets=("web@c-1",))

    done = drain(fleet)

    assert list(done) == ["web@c-1"]
    assert done["web@c-1"].application.spec.source.path == "moved"
    assert state(fleet, "web@c-0").pinned is None


def test_the_spec_of_then_is_restored(fleet: Store) -> None:
    back(fleet, targets=("web@c-1",))
    drain(fleet)
    back(fleet, targets=("web@c-1",))

    done = drain(fleet)  # further back: before its application's path was changed

    assert done == {}
    uid = back(fleet, targets=("web@c-0",), to=str(oldest(fleet, "web@c-0")))
    assert drain(fleet)["web@c-0"].application.spec.source.path == "web"
    assert members(fleet, uid) == {"web@c-0": ("synced", "Succeeded")}


def oldest(store: Store, name: str) -> int:
    return targets.history(store, state(store, name).id, 100)[-1].fence


def test_what_has_no_other_state_fails_and_says_so(fleet: Store) -> None:
    apply(fleet, application("new", "c-0"))
    drain(fleet, NEW)

    uid = back(fleet, applications=("new", "web"))
    drain(fleet)

    found = members(fleet, uid)
    assert found["new@c-0"] == ("failed", "NoPastState")
    assert found["web@c-0"] == ("synced", "Succeeded")


def test_a_commit_of_the_history_or_any_full_one(fleet: Store) -> None:
    back(fleet, targets=("db@c-0",), to=OLD[:9])
    back(fleet, targets=("db@c-1",), to="f" * 40)
    uid = back(fleet, targets=("web@c-0",), to="f" * 39)

    done = drain(fleet)

    assert (done["db@c-0"].head, done["db@c-1"].head) == (OLD, "f" * 40)
    assert (pin_of(fleet, "db@c-0").generation, pin_of(fleet, "db@c-1").generation) == (1, 0)
    assert members(fleet, uid) == {"web@c-0": ("failed", "NoPastState")}


def test_an_operation_is_taken_back_whatever_came_after_it(fleet: Store) -> None:
    bad = roll_out(fleet, "c" * 40, applications=("web",))
    roll_out(fleet, "d" * 40)

    uid = back(fleet, operation=bad)
    done = drain(fleet)

    assert {name: claim.head for name, claim in done.items()} == {"web@c-0": NEW, "web@c-1": NEW}
    assert set(members(fleet, uid)) == {"web@c-0", "web@c-1"}


def test_what_an_operation_did_not_run_is_skipped(fleet: Store) -> None:
    begun = start(fleet, applications=("web",))
    settle(fleet)
    sync.cancel(fleet, begun.uid, actor="ana", reason="no")
    settle(fleet)

    uid = back(fleet, operation=begun.uid)
    drain(fleet)

    assert set(members(fleet, uid).values()) == {("skipped", "NotRun")}


def test_a_rollback_is_taken_back_like_any_operation(fleet: Store) -> None:
    uid = back(fleet, applications=("db",))
    drain(fleet)

    back(fleet, operation=uid)

    assert {claim.head for claim in drain(fleet).values()} == {NEW}


def test_what_failed_is_tried_again_towards_the_same_state(fleet: Store) -> None:
    uid = back(fleet, targets=("db@c-0",))
    settle(fleet)
    [claim] = claims(fleet)
    finish(fleet, claim, Outcome.STALLED)
    assert members(fleet, uid) == {"db@c-0": ("failed", "ApplyRejected")}

    again = sync.retry_failed(fleet, uid, actor="bo", reason="once more")
    done = drain(fleet)

    assert done["db@c-0"].head == OLD
    pin = pin_of(fleet, "db@c-0")
    assert (pin.operation, pin.actor, pin.reason) == (again.uid, "bo", "once more")


def test_many_targets_are_found_chunk_by_chunk(store: Store) -> None:
    apply(store, repository(), *(cluster(f"c-{number:03}") for number in range(120)))
    apply(store, application("web", EVERYWHERE))
    drain(store, OLD)
    roll_out(store, NEW)

    uid = back(store, applications=("web",))
    done = drain(store)

    assert {claim.head for claim in done.values()} == {OLD}
    assert len(done) == 120
    assert set(members(store, uid).values()) == {("synced", "Succeeded")}
    recount.check(store)


def test_unpinned_they_follow_their_applications_again(fleet: Store) -> None:
    uid = back(fleet, applications=("web",))
    drain(fleet)

    start(fleet, verb="unpin", operation=uid)
    done = drain(fleet)

    assert {str(claim.pin) for claim in done.values()} == {"None"}
    assert [state(fleet, name).pinned for name in ("web@c-0", "web@c-1")] == [None, None]
    assert fleet.redis.zcard(keys.PINNED()) == 0


def test_who_went_back_and_how_far_is_in_the_audit_trail(fleet: Store) -> None:
    uid = back(fleet, applications=("web",), until_newer_commit=True, break_glass=True)

    record = audit.read(fleet, limit=1)[0]

    assert (record.verb, record.subject, record.actor) == ("rollback", f"operation/{uid}", "ana")
    assert record.detail == "break-glass, to previous, until a newer commit"


@pytest.mark.parametrize(
    ("spec", "said"),
    [
        ({"targets": ("web@c-0",), "all": True}, "one of the three"),
        ({"targets": ("web@c-0",), "operation": "o"}, "one of the three"),
        ({"all": True, "revision": "v1"}, "takes no revision"),
        ({"all": True, "dry_run": True}, "no dry run"),
        ({"all": True, "only": Part(names=("web",))}, "no objects"),
        ({"all": True, "to": "main"}, "7 or more digits of a commit"),
        ({"all": True, "to": "abc"}, "7 or more digits of a commit"),
    ],
)
def test_what_cannot_be_meant_is_refused(fleet: Store, spec: dict[str, Any], said: str) -> None:
    with pytest.raises(InvalidDocument, match=said):
        back(fleet, **spec)


@pytest.mark.parametrize(
    ("spec", "said"),
    [
        ({"targets": ("ghost@c-0",)}, "Target/ghost@c-0: does not exist"),
        ({"operation": "ghost"}, "operation ghost: does not exist"),
    ],
)
def test_what_is_not_there_is_refused(fleet: Store, spec: dict[str, Any], said: str) -> None:
    with pytest.raises(NotFound, match=said):
        back(fleet, **spec)


def test_a_sync_of_a_target_by_its_name_is_no_rollback(fleet: Store) -> None:
    spec = OperationSpec(targets=("web@c-0",), reason="r", actor="ana")

    rollback.check(spec)
    start(fleet, targets=("web@c-0",))

    assert list(drain(fleet)) == [str(TargetName.parse("web@c-0"))]
    assert MemberState.SYNCED in {each.state for each in _all(fleet)}


def _all(store: Store) -> list[Any]:
    newest = operations.page(store).items[0]
    return list(operations.targets(store, newest.uid).items)
