"""From documents to targets."""

from collections.abc import Callable, Mapping
from typing import Any

import pytest

from syncline.model.names import Uid
from syncline.model.request import TriggerKind
from syncline.operations import documents, expand, placing, timers
from syncline.store import documents as stored
from syncline.store import due, targets
from syncline.store.connection import Store
from syncline.store.records import Kind
from tests.operations.asked import (
    EVERYWHERE,
    application,
    apply,
    claims,
    cluster,
    names,
    repository,
    run_all,
    settle,
    start,
    state,
    uid,
)

PROD = {"matchLabels": {"env": "prod"}}


def fleet(store: Store, count: int, *, labels: dict[str, str] | None = None) -> None:
    apply(store, repository(), *(cluster(f"c-{n:03}", labels) for n in range(count)))


def expand_all(store: Store, subject: Uid, limit: int) -> None:
    while not expand.advance(store, subject, limit=limit):
        pass


def test_an_application_is_on_each_cluster_that_its_selector_matches(store: Store) -> None:
    apply(store, cluster("one", {"env": "prod"}), cluster("two", {"env": "test"}))
    apply(store, application("web", PROD), application("db", EVERYWHERE))

    settle(store)

    assert names(store) == ["db@one", "db@two", "web@one"]


def test_a_cluster_that_comes_later_gets_its_applications(store: Store) -> None:
    apply(store, application("web", PROD), application("db", "late"), application("x", "other"))
    settle(store)

    apply(store, cluster("late", {"env": "prod"}))
    settle(store)

    assert names(store) == ["db@late", "web@late"]


def test_new_targets_are_run_once_each(store: Store) -> None:
    fleet(store, 3)
    apply(store, application("web", EVERYWHERE))
    settle(store)

    assert sorted(run_all(store)) == ["web@c-000", "web@c-001", "web@c-002"]


def test_a_target_whose_policy_is_not_automated_waits_for_a_person(store: Store) -> None:
    fleet(store, 1)
    apply(store, application("web", EVERYWHERE, automated=False))
    settle(store)

    assert (names(store), run_all(store)) == (["web@c-000"], [])


def manual(store: Store, where: str | Mapping[str, Any] = EVERYWHERE, **spec: Any) -> None:
    """Write the application that waits for a person, and let what follows happen."""
    apply(store, application("web", where, **{"automated": False, **spec}))
    settle(store)


def synced(store: Store) -> None:
    start(store, all=True)
    settle(store)
    run_all(store)


def shown(store: Store, name: str) -> tuple[str, str, str]:
    found = state(store, name)
    return found.sync.value, found.reason, found.message


CHANGED = ("OutOfSync", "SpecChanged")


@pytest.mark.parametrize(
    "change",
    [
        {"path": "elsewhere"},
        {"revision": "v2"},
        {"namespace": "shop"},
        {"parameters": {"size": "2"}},
        {"parameters": {"zone": "{{ cluster.labels.zone }}"}},  # which it lacks
    ],
)
def test_a_changed_application_that_waits_for_a_person_says_so_and_runs_nothing(
    store: Store, change: dict[str, Any]
) -> None:
    fleet(store, 2)
    manual(store)
    synced(store)

    manual(store, **change)
    changed = shown(store, "web@c-001")
    manual(store)

    assert changed == (
        *CHANGED,
        "Application/web changed since it was applied, and its policy is not automated: sync it",
    )
    assert shown(store, "web@c-001") == ("Synced", "Succeeded", "")
    assert run_all(store) == []


@pytest.mark.parametrize(
    "change", [{"interval": "1m"}, {"prune": False}, {"where": {"matchLabels": {"env": "prod"}}}]
)
def test_what_changes_nothing_of_a_target_leaves_it_in_sync(
    store: Store, change: dict[str, Any]
) -> None:
    fleet(store, 1, labels={"env": "prod"})
    manual(store)
    synced(store)

    manual(store, **change)

    assert shown(store, "web@c-000") == ("Synced", "Succeeded", "")


def test_a_policy_that_stops_acting_by_itself_leaves_what_is_in_sync(store: Store) -> None:
    fleet(store, 1)
    manual(store, automated=True)
    run_all(store)

    manual(store)

    assert shown(store, "web@c-000")[0] == "Synced"


def test_a_sync_of_what_changed_puts_it_in_sync(store: Store) -> None:
    fleet(store, 1)
    manual(store)
    synced(store)

    manual(store, path="elsewhere")
    synced(store)

    assert shown(store, "web@c-000")[0] == "Synced"


def test_labels_of_a_cluster_that_change_parameters_are_waited_for_there(store: Store) -> None:
    fleet(store, 2, labels={"size": "2", "zone": "eu"})
    manual(store, parameters={"size": "{{ cluster.labels.size }}"})
    synced(store)

    apply(store, cluster("c-000", {"size": "3", "zone": "eu"}))
    apply(store, cluster("c-001", {"size": "2", "zone": "us"}))
    settle(store)

    assert shown(store, "web@c-000") == (
        *CHANGED,
        "Cluster/c-000 changed since it was applied, and its policy is not automated: sync it",
    )
    assert shown(store, "web@c-001")[0] == "Synced"
    assert run_all(store) == []


def test_a_changed_application_is_run_again_everywhere_and_only_it(store: Store) -> None:
    fleet(store, 2)
    apply(store, application("web", EVERYWHERE), application("db", EVERYWHERE))
    settle(store)
    run_all(store)

    apply(store, application("web", EVERYWHERE, revision="v2"))
    settle(store)

    assert sorted(run_all(store)) == ["web@c-000", "web@c-001"]


def test_an_unchanged_application_runs_nothing(store: Store) -> None:
    fleet(store, 2)
    apply(store, application("web", EVERYWHERE))
    settle(store)
    run_all(store)

    apply(store, application("web", EVERYWHERE))
    due.add(store, f"expand:{uid(store, Kind.APPLICATION, 'web')}")
    settle(store)

    assert run_all(store) == []


def test_a_cluster_that_no_longer_matches_loses_the_objects(store: Store) -> None:
    apply(store, repository(), cluster("one", {"env": "prod"}), application("web", PROD))
    settle(store)
    run_all(store)

    apply(store, cluster("one", {"env": "test"}))
    settle(store)

    assert state(store, "web@one").deleting
    (claim,) = claims(store)
    assert (claim.deleting, claim.orphan) == (True, False)
    assert claim.request.trigger.kind is TriggerKind.DELETE
    assert claim.request.trigger.reason == "Cluster/one selects it no longer"


def test_changed_labels_of_a_cluster_run_its_targets_again(store: Store) -> None:
    fleet(store, 2)
    apply(store, application("web", EVERYWHERE))
    settle(store)
    run_all(store)

    apply(store, cluster("c-000", {"tier": "gold"}))
    settle(store)

    assert run_all(store) == ["web@c-000"]


def test_a_target_that_is_wanted_again_before_it_is_gone_stays(store: Store) -> None:
    apply(store, repository(), cluster("one", {"env": "prod"}), application("web", PROD))
    settle(store)
    run_all(store)

    apply(store, cluster("one", {"env": "test"}))
    settle(store)
    apply(store, cluster("one", {"env": "prod"}))
    settle(store)

    assert names(store) == ["web@one"]
    (claim,) = claims(store)
    assert not claim.deleting


def test_one_chunk_makes_no_more_targets_than_it_may(store: Store) -> None:
    fleet(store, 25)
    apply(store, application("web", EVERYWHERE))
    web = uid(store, Kind.APPLICATION, "web")

    seen = []
    while not expand.advance(store, web, limit=10):
        seen.append(len(names(store)))

    assert (seen, len(names(store))) == ([10, 20], 25)


class Killed(BaseException):
    """Ends a step where a SIGKILL would."""


def killed_after(count: int, function: Callable[..., object]) -> Callable[..., object]:
    calls = 0

    def wrapped(*args: object, **kwargs: object) -> object:
        nonlocal calls
        calls += 1
        if calls > count:
            raise Killed
        return function(*args, **kwargs)

    return wrapped


@pytest.mark.parametrize("calls", range(0, 21, 4))
def test_an_expansion_that_is_killed_anywhere_is_gone_on_with(
    store: Store, monkeypatch: pytest.MonkeyPatch, calls: int
) -> None:
    fleet(store, 12)
    apply(store, application("web", EVERYWHERE))
    web = uid(store, Kind.APPLICATION, "web")

    with monkeypatch.context() as patched:
        patched.setattr(targets, "ensure", killed_after(calls, targets.ensure))
        patched.setattr(placing, "request", killed_after(calls // 8, placing.request))
        with pytest.raises(Killed):
            expand_all(store, web, limit=5)
    expand_all(store, web, limit=5)

    assert len(names(store)) == 12
    assert sorted(run_all(store)) == names(store)


def test_what_was_done_before_a_kill_is_not_done_again(store: Store) -> None:
    fleet(store, 20)
    apply(store, application("web", EVERYWHERE))
    settle(store)
    run_all(store)
    apply(store, application("web", EVERYWHERE, revision="v2"))
    web = uid(store, Kind.APPLICATION, "web")

    expand.advance(store, web, limit=8)
    first = [str(claim.name) for claim in claims(store)]  # its process ends, another goes on
    expand_all(store, web, limit=8)

    assert sorted(first) == names(store)[:8]
    assert sorted(str(claim.name) for claim in claims(store)) == names(store)[8:]


def test_an_expansion_begins_anew_when_its_document_changes_under_it(store: Store) -> None:
    fleet(store, 20)
    apply(store, application("web", EVERYWHERE))
    web = uid(store, Kind.APPLICATION, "web")
    expand.advance(store, web, limit=8)

    apply(store, application("web", "c-019"))
    settle(store)

    assert names(store) == ["web@c-019"]


def test_a_cluster_is_swept_as_often_as_its_most_impatient_application_asks(store: Store) -> None:
    fleet(store, 1)
    one = uid(store, Kind.CLUSTER, "c-000")
    intervals = []
    for name, interval in (("slow", "10m"), ("fast", "30s"), ("medium", "3m")):
        apply(store, application(name, EVERYWHERE, interval=interval))
        settle(store)
        intervals += timers.sweep_intervals(store, [one])

    assert [each and each.total_seconds() for each in intervals] == [600, 30, 30]
    assert due.at(store, f"sweep:{one}") is not None


def test_a_cluster_that_leaves_lets_go_of_deletions_that_waited_for_it(store: Store) -> None:
    fleet(store, 1)
    apply(store, application("web", EVERYWHERE))
    settle(store)
    run_all(store)
    documents.delete(store, Kind.APPLICATION, "web", actor="ana")
    settle(store)

    documents.delete(store, Kind.CLUSTER, "c-000", actor="ana")
    settle(store)

    assert stored.get(store, Kind.CLUSTER, "c-000") is None
    assert stored.get(store, Kind.APPLICATION, "web") is None


def test_deleting_a_cluster_while_an_application_expands_leaves_no_target(store: Store) -> None:
    fleet(store, 6)
    apply(store, application("web", EVERYWHERE))
    web = uid(store, Kind.APPLICATION, "web")
    expand.advance(store, web, limit=3)

    documents.delete(store, Kind.CLUSTER, "c-005", actor="ana")
    settle(store)

    assert names(store) == [f"web@c-00{n}" for n in range(5)]
