"""What waits for a person where the policy does not act by itself."""

from typing import Any

import pytest

from syncline.contract.reports import (
    ClusterReport,
    HealthReport,
    LookupReport,
    SweepReport,
    TargetHealth,
)
from syncline.model.names import TargetId, Uid, split_target_id
from syncline.model.request import TriggerKind
from syncline.model.run import Inputs
from syncline.model.status import HealthStatus, Outcome, Phase, SyncStatus
from syncline.store import checks, clusters, documents, events, keys, runs, sources, targets
from syncline.store.connection import Store
from tests.store import recount
from tests.store.world import World, application, failed, report, request

WAITS = ", and its policy is not automated: sync it"
CHANGED = ("OutOfSync", "SpecChanged", "Application/shop changed since it was applied" + WAITS)
SYNCED = ("Synced", "Succeeded", "1 created")


class Manual:
    """A target that was synced at c1 as its documents wanted then (d1)."""

    def __init__(self, store: Store) -> None:
        self.store, self.world = store, World(store)
        self.repository = self.world.repository()
        self.target = self.world.target(automated=False)
        self.looked("c1")
        self.run(message="1 created")

    def run(self, wanted: str = "d1", **told: Any) -> None:
        self.world.run(self.target, wanted=wanted, inputs=self.inputs("t1"), **told)

    def inputs(self, tree: str) -> Inputs:
        return Inputs(repository="r", revision="c1", paths={"shop": tree})

    def want(self, digest: str) -> None:
        targets.note_wanted(self.store, [(self.target, digest)], changed="Application/shop")

    def looked(self, commit: str, *, affected: bool = True) -> None:
        digest = self.store.redis.hget(keys.TARGET(self.target), "digest")
        known = {"main": (digest,)} if digest else {}
        told = {"affected" if affected else "unaffected": known}
        report_ = LookupReport(repository=self.repository, heads={"main": commit}, **told)
        assert sources.fold_lookup(self.store, report_) == 0

    def is_seen(self, health: HealthStatus) -> None:
        fence = self.world.state(self.target).fence
        look = TargetHealth(target=self.target, fence=fence, health=health)
        assert checks.fold(self.store, HealthReport(cluster=self.cluster, targets=(look,))) == 1

    @property
    def cluster(self) -> Uid:
        return split_target_id(self.target)[1]

    @property
    def shown(self) -> tuple[str, str, str]:
        state = self.world.state(self.target)
        assert state.phase is Phase.IDLE
        recount.check(self.store)
        return state.sync.value, state.reason, state.message


@pytest.fixture
def manual(store: Store) -> Manual:
    return Manual(store)


def newer(commit: str) -> tuple[str, str, str]:
    return ("OutOfSync", "NewRevision", f"{commit} changes it{WAITS}")


def test_changed_documents_are_shown_and_run_nothing(manual: Manual) -> None:
    before = events.last_id(manual.store)

    manual.want("d2")

    assert manual.shown == CHANGED
    assert manual.world.dispatch_any() == []
    [told] = events.read(manual.store, before)
    assert (told.data["sync"], told.data["reason"]) == ("OutOfSync", "SpecChanged")


def test_documents_that_want_the_same_change_nothing(manual: Manual) -> None:
    manual.want("d1")

    assert manual.shown == SYNCED


def test_a_change_that_is_taken_back_leaves_what_was(manual: Manual) -> None:
    manual.want("d2")
    manual.want("d3")
    manual.want("d1")

    assert manual.shown == SYNCED


def test_a_sync_applies_what_is_wanted(manual: Manual) -> None:
    manual.want("d2")

    manual.run("d2", message="1 configured")

    assert manual.shown == ("Synced", "Succeeded", "1 configured")


def test_a_change_during_a_run_is_shown_after_it(manual: Manual) -> None:
    claim = manual.world.start(manual.target)
    manual.want("d2")

    runs.fold(manual.store, report(claim, wanted="d1", message="1 created"))

    assert manual.shown == CHANGED
    manual.want("d1")
    assert manual.shown == SYNCED


def test_a_run_that_failed_for_it_says_why_until_the_documents_change_again(
    manual: Manual,
) -> None:
    manual.want("d2")
    claim = manual.world.start(manual.target)
    stalled = {"outcome": Outcome.STALLED, "retry_after": None, "reason": "RenderFailed"}
    runs.fold(manual.store, failed(claim, wanted="d2", message="no base", **stalled))

    assert manual.shown == ("OutOfSync", "RenderFailed", "no base")
    manual.want("d1")
    assert manual.shown == CHANGED


def test_a_target_that_was_never_synced_says_so(store: Store) -> None:
    world = World(store)
    target = world.target(automated=False)

    targets.note_wanted(store, [(target, "d1")], changed="Application/shop")

    assert world.state(target).reason == "NeverSynced"


def test_a_target_of_an_older_release_may_have_changed(store: Store) -> None:
    world = World(store)
    target = world.target(automated=False)
    world.run(target, revision="c1")

    targets.note_wanted(store, [(target, "d1")], changed="Application/shop")

    assert world.state(target).reason == "SpecChanged"


def test_a_policy_that_acts_awaits_nobody(manual: Manual) -> None:
    manual.want("d2")
    documents.put_application(manual.store, application("shop"))

    manual.run("d3", message="1 configured")

    assert manual.shown == ("Synced", "Succeeded", "1 configured")


def test_a_commit_that_is_reverted_leaves_what_was(manual: Manual) -> None:
    manual.looked("c2")
    shown = manual.shown
    manual.looked("c3", affected=False)

    assert (shown, manual.shown) == (newer("c2"), SYNCED)
    assert manual.world.state(manual.target).observed == "c3"


def test_a_head_that_goes_back_to_what_was_applied_leaves_what_was(manual: Manual) -> None:
    manual.looked("c2")
    manual.looked("c1")

    assert manual.shown == SYNCED


def test_a_newer_commit_names_itself(manual: Manual) -> None:
    manual.looked("c2")
    manual.looked("c3")

    assert manual.shown == newer("c3")


def test_both_are_awaited_and_one_after_the_other_is_taken_back(manual: Manual) -> None:
    manual.looked("c2")
    manual.want("d2")
    both = manual.shown
    manual.want("d1")
    one = manual.shown
    manual.looked("c3", affected=False)

    assert (both, one, manual.shown) == (CHANGED, newer("c2"), SYNCED)


def test_a_head_that_moved_during_a_run_is_shown_after_it(manual: Manual) -> None:
    claim = manual.world.start(manual.target)
    manual.looked("c2")

    runs.fold(manual.store, report(claim, wanted="d1", revision="c1", observed="c1"))

    assert manual.shown == ("OutOfSync", "NewRevision", f"c2 came while it ran{WAITS}")


def test_health_goes_on_while_a_person_is_awaited(manual: Manual) -> None:
    manual.run(health=HealthStatus.PROGRESSING, reason="Replicas", message="1 of 3 ready")
    manual.want("d2")

    manual.is_seen(HealthStatus.HEALTHY)

    assert manual.shown == CHANGED
    assert manual.world.state(manual.target).health is HealthStatus.HEALTHY
    manual.want("d1")
    assert manual.shown == ("Synced", "Succeeded", "")


def test_a_cluster_that_is_away_hides_it_until_its_return(manual: Manual) -> None:
    for _ in range(3):
        away = ClusterReport(cluster=manual.cluster, reachable=False, error="E: refused")
        clusters.fold_cluster(manual.store, away)
    clusters.mark(manual.store, manual.cluster)
    manual.want("d2")
    hidden = manual.shown

    clusters.fold_cluster(manual.store, ClusterReport(cluster=manual.cluster, reachable=True))
    clusters.mark(manual.store, manual.cluster)

    assert hidden[:2] == ("Unknown", "ClusterUnreachable")
    assert manual.shown == CHANGED


def test_drift_is_not_forgotten_when_a_change_is_taken_back(manual: Manual) -> None:
    seen = SweepReport(
        cluster=manual.cluster, reachable=True, moved={manual.target: ("ConfigMap/shop/web",)}
    )
    documents.put_application(manual.store, application("shop", automated=False, self_heal=False))
    clusters.fold_sweep(manual.store, seen)
    manual.want("d2")
    changed = manual.shown
    manual.want("d1")

    assert (changed[1], manual.shown[1]) == ("SpecChanged", "Drifted")


def test_a_target_that_is_being_removed_or_gone_is_left_alone(manual: Manual) -> None:
    manual.world.trigger(manual.target, request(TriggerKind.DELETE))
    before = manual.world.state(manual.target)

    manual.want("d2")
    targets.note_wanted(manual.store, [(TargetId("a.b"), "d2")])

    assert manual.world.state(manual.target) == before
    assert before.sync is SyncStatus.SYNCED
