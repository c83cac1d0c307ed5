"""Targets that wait for what they depend on: what holds them back, and what lets them go."""

from collections.abc import Iterator, Mapping

import pytest

from syncline.contract.reports import ClusterReport, HealthReport
from syncline.model.names import Uid
from syncline.model.operation import MemberState
from syncline.model.request import Request, TriggerKind
from syncline.model.run import Refusal
from syncline.model.status import HealthStatus, Lane, Outcome, Phase, SyncStatus
from syncline.operations import documents, waiting
from syncline.store import checks, clusters, keys, operations, runs, targets
from syncline.store import dependencies as filed
from syncline.store.connection import Store
from syncline.store.records import Kind
from tests.operations.asked import (
    EVERYWHERE,
    application,
    apply,
    claims,
    cluster,
    repository,
    settle,
    start,
    state,
)
from tests.operations.family import (
    INFRA,
    NOT_READY,
    ask,
    blocked,
    finish,
    fleet,
    head,
    look,
    round_of,
    rounds,
    synced,
    waiting_for,
    waits,
)
from tests.operations.test_windows import freeze
from tests.store import recount
from tests.store import world as make
from tests.store.world import request


@pytest.fixture(autouse=True)
def counted(store: Store) -> Iterator[None]:
    yield
    recount.check(store)


def test_a_first_run_waits_for_what_it_depends_on(store: Store) -> None:
    fleet(store)

    assert waits(store, "web@east") == "infra@east has work to do"
    assert state(store, "web@east").sync is SyncStatus.OUT_OF_SYNC
    assert [each.name for each in targets.page(store, held=True).items] == ["web@east", "web@west"]
    assert rounds(store) == [["infra@east", "infra@west"], ["web@east", "web@west"]]
    assert (state(store, "web@east").reason, state(store, "web@east").held) == ("Succeeded", False)
    assert waiting_for(store) == {}


def test_each_cluster_goes_on_by_itself(store: Store) -> None:
    fleet(store)

    (east,) = (each for each in claims(store) if str(each.name) == "infra@east")
    finish(store, east)
    settle(store)

    assert [str(each.name) for each in claims(store)] == ["web@east"]
    assert waiting_for(store) == {"infra@west": {"web@west"}}


def test_what_is_not_healthy_yet_is_waited_for(store: Store) -> None:
    fleet(store)
    round_of(store, health=HealthStatus.PROGRESSING, reason="Progressing", message="1 of 3")

    assert waits(store, "web@east") == "infra@east is Progressing (1 of 3)"
    look(store, "infra@east", HealthStatus.DEGRADED)
    assert waits(store, "web@east") == "infra@east is Degraded (Succeeded)"
    look(store, "infra@east", HealthStatus.HEALTHY)

    assert round_of(store) == ["web@east"]


def test_a_run_that_failed_is_no_answer(store: Store) -> None:
    fleet(store)

    for claim in claims(store):
        finish(
            store,
            claim,
            outcome=Outcome.STALLED,
            sync=SyncStatus.OUT_OF_SYNC,
            reason="ApplyRejected",
            message="no",
        )
    settle(store)

    assert waits(store, "web@west") == "infra@west is OutOfSync (ApplyRejected: no)"
    assert claims(store) == []


def test_a_commit_reaches_the_parent_first(store: Store) -> None:
    synced(store)

    head(store, "c2")

    assert waits(store, "web@east") == "infra@east has work to do"
    found = claims(store)
    assert {(str(each.name), each.head) for each in found} == {
        ("infra@east", "c2"),
        ("infra@west", "c2"),
    }
    for each in found:
        finish(store, each)
    settle(store)
    assert {(str(each.name), each.head) for each in claims(store)} == {
        ("web@east", "c2"),
        ("web@west", "c2"),
    }


def test_a_commit_that_does_not_touch_the_parent_costs_it_nothing(store: Store) -> None:
    synced(store)
    digest = store.redis.hget(keys.TARGET(state(store, "infra@east").id), "digest")

    head(store, "c2", unaffected=(str(digest),))

    assert rounds(store) == [["web@east", "web@west"]]
    assert state(store, "infra@east").observed == "c2"


def test_a_parent_that_was_not_told_of_the_commit_yet_is_waited_for(store: Store) -> None:
    synced(store)
    store.call("heads", "shop", "", "main", "c2")  # its targets are told next

    ask(store, "web@east")
    settle(store)

    assert waits(store, "web@east") == "infra@east is at c1, and main is c2"
    digest = str(store.redis.hget(keys.TARGET(state(store, "infra@east").id), "digest"))
    head(store, "c2", unaffected=(digest,))
    assert rounds(store) == [["web@east", "web@west"]]


def test_a_commit_that_comes_after_it_was_let_go_is_waited_for_too(store: Store) -> None:
    synced(store)
    ask(store, "web@east")
    settle(store)
    (sent,) = runs.dispatch(store, Lane.PUSH, 10)

    head(store, "c2")
    refused = runs.claim(store, sent.target, sent.ticket, "w")
    settle(store)

    assert isinstance(refused, Refusal)
    assert refused.reason == NOT_READY
    assert waits(store, "web@east") == "infra@east has work to do"
    assert rounds(store) == [["infra@east", "infra@west"], ["web@east", "web@west"]]


def test_a_parent_is_waited_for_while_it_runs_for_any_reason(store: Store) -> None:
    synced(store)
    ask(store, "infra@east", request(TriggerKind.DRIFT))
    (claim,) = claims(store)

    ask(store, "web@east")
    settle(store)
    assert waits(store, "web@east") == "infra@east has work to do"
    finish(store, claim)
    settle(store)

    assert round_of(store) == ["web@east"]


def test_a_dry_run_of_the_parent_is_no_work(store: Store) -> None:
    synced(store)
    ask(store, "infra@east", request(dry_run=True))
    assert len(claims(store)) == 1

    ask(store, "web@east")
    settle(store)

    assert [str(each.name) for each in claims(store)] == ["web@east"]


def test_a_withdrawn_request_of_the_parent_lets_go(store: Store) -> None:
    synced(store)
    asked = start(store, applications=("infra",))
    settle(store)
    ask(store, "web@east")
    settle(store)
    assert waits(store, "web@east") == "infra@east has work to do"

    operations.cancel(store, asked.uid)
    settle(store)

    assert round_of(store) == ["web@east"]


def test_a_withdrawn_request_leaves_what_was_shown_before(store: Store) -> None:
    synced(store)
    look(store, "infra@east", HealthStatus.DEGRADED)
    asked = start(store, applications=("web",), cluster_selector="at=east")
    settle(store)
    member = operations.targets(store, asked.uid).items[0]
    assert (member.state, member.reason) == (MemberState.PENDING, NOT_READY)
    assert waits(store, "web@east")

    operations.cancel(store, asked.uid)

    found = state(store, "web@east")
    assert (found.sync, found.reason, found.held) == (SyncStatus.SYNCED, "Succeeded", False)
    assert waiting_for(store) == {}


@pytest.mark.parametrize("kind", [TriggerKind.PUSH, TriggerKind.DRIFT, TriggerKind.USER])
def test_all_that_would_change_the_cluster_waits(store: Store, kind: TriggerKind) -> None:
    blocked(store)

    ask(store, "web@east", request(kind))
    settle(store)

    assert waits(store, "web@east")
    assert claims(store) == []


@pytest.mark.parametrize(
    "wish", [request(dry_run=True), request(break_glass=True), request(TriggerKind.DELETE)]
)
def test_deletions_dry_runs_and_broken_glass_pass(store: Store, wish: Request) -> None:
    blocked(store)
    ask(store, "web@east")
    settle(store)

    ask(store, "web@east", wish)

    (claim,) = claims(store)
    assert claim.deleting == (wish.trigger.kind is TriggerKind.DELETE)
    finish(store, claim)


def test_a_revision_that_somebody_asks_for_waits_and_is_not_lost(store: Store) -> None:
    blocked(store)
    ask(store, "web@east", request(revision="v1"))
    settle(store)
    assert waits(store, "web@east")

    look(store, "infra@east", HealthStatus.HEALTHY)

    (claim,) = claims(store)
    assert claim.request.revision == "v1"


def test_what_has_begun_goes_on_whatever_becomes_of_its_parents(store: Store) -> None:
    synced(store)
    target = ask(store, "web@east")
    settle(store)
    (claim,) = claims(store)
    look(store, "infra@east", HealthStatus.DEGRADED)

    runs.fold(store, make.failed(claim, wrote=True))
    runs.trigger(store, [target], request(TriggerKind.RETRY))

    assert [each.attempt for each in claims(store)] == [2]


def test_what_failed_before_it_wrote_looks_at_its_parents_again(store: Store) -> None:
    synced(store)
    target = ask(store, "web@east")
    settle(store)
    (claim,) = claims(store)
    look(store, "infra@east", HealthStatus.DEGRADED)

    runs.fold(store, make.failed(claim, wrote=False))
    runs.trigger(store, [target], request(TriggerKind.RETRY))
    settle(store)

    assert waits(store, "web@east")


def test_a_closed_window_and_a_parent_are_both_waited_for(store: Store) -> None:
    blocked(store)
    apply(store, freeze(applications=["web"]))
    settle(store)
    ask(store, "web@east")
    settle(store)
    assert state(store, "web@east").reason == "WindowClosed"

    documents.delete(store, Kind.SYNC_WINDOW, "freeze", actor="ana")
    settle(store)

    assert waits(store, "web@east")
    apply(store, freeze(applications=["web"]))
    settle(store)
    assert state(store, "web@east").reason == "WindowClosed"
    look(store, "infra@east", HealthStatus.HEALTHY)
    documents.delete(store, Kind.SYNC_WINDOW, "freeze", actor="ana")
    settle(store)
    assert round_of(store) == ["web@east"]


def test_a_cluster_that_is_away_keeps_its_children_waiting(store: Store) -> None:
    synced(store)
    east = Uid(state(store, "infra@east").id.partition(".")[2])
    down = HealthReport(cluster=east, reachable=False, error="refused")
    for _ in range(store.limits.breaker[0]):
        checks.fold(store, down)
    settle(store)
    ask(store, "web@east")
    settle(store)
    assert state(store, "web@east").reason == "ClusterUnreachable"

    clusters.fold_cluster(store, ClusterReport(cluster=east, reachable=True))
    settle(store)

    assert round_of(store) == ["web@east"]


def test_nothing_that_happens_while_it_is_looked_at_is_missed(store: Store) -> None:
    """A parent becomes ready between the look at it and what comes of that."""
    blocked(store)
    web = ask(store, "web@east")
    verdicts = waiting.judge(store, [web])
    assert verdicts[0].subject == state(store, "infra@east").id

    look(store, "infra@east", HealthStatus.HEALTHY, follow_up=False)
    filed.fold(store, "?", verdicts)
    settle(store)

    assert round_of(store) == ["web@east"]


def test_a_look_at_an_older_document_lets_nobody_go(store: Store) -> None:
    synced(store)
    web = ask(store, "web@east")
    verdicts = waiting.judge(store, [web])
    assert verdicts[0].subject == ""

    apply(store, application("web", EVERYWHERE, depends_on=[{"application": "other"}]))
    settle(store)
    filed.fold(store, "other", verdicts)
    settle(store)

    assert waits(store, "web@east") == "Application/other is not registered"


def test_what_was_let_go_and_withdrawn_is_looked_at_the_next_time(store: Store) -> None:
    synced(store)
    asked = start(store, applications=("web",), cluster_selector="at=east")
    settle(store)
    assert state(store, "web@east").phase is Phase.READY
    operations.cancel(store, asked.uid)
    look(store, "infra@east", HealthStatus.DEGRADED)

    ask(store, "web@east")
    settle(store)

    assert waits(store, "web@east")


def test_parents_are_looked_at_once_a_window_that_closed_meanwhile_opens(store: Store) -> None:
    synced(store)
    apply(store, freeze(applications=["web"], ends="2020-01-02T00:00"))
    settle(store)
    web = ask(store, "web@east")
    verdicts = waiting.judge(store, [web])
    assert verdicts[0].subject == ""

    store.redis.hset(keys.WINDOW(state(store, "web@east").windows), "auto_from", "1")
    filed.fold(store, "?", verdicts)
    assert state(store, "web@east").reason == "WindowClosed"
    look(store, "infra@east", HealthStatus.DEGRADED)
    documents.delete(store, Kind.SYNC_WINDOW, "freeze", actor="ana")
    settle(store)

    assert waits(store, "web@east")


def test_a_window_that_closed_meanwhile_holds_what_depends_on_nothing_any_more(
    store: Store,
) -> None:
    blocked(store)
    apply(store, freeze(applications=["web"], ends="2020-01-02T00:00"))
    settle(store)
    ask(store, "web@east")
    settle(store)
    assert waits(store, "web@east")

    store.redis.hset(keys.WINDOW(state(store, "web@east").windows), "auto_from", "1")
    apply(store, application("web", EVERYWHERE))
    settle(store)

    assert (state(store, "web@east").reason, waiting_for(store)) == ("WindowClosed", {})


def test_one_that_is_forgotten_while_it_waits_leaves_nothing(store: Store) -> None:
    fleet(store)
    orphan = state(store, "web@east").id

    runs.trigger(store, [orphan], request(TriggerKind.DELETE), orphan=True)
    runs.drop(store, state(store, "web@west").id)
    settle(store)

    assert targets.summary(store).held == 0
    assert waiting_for(store) == {}


def test_many_children_are_let_go_in_chunks_by_their_parent_alone(store: Store) -> None:
    apply(store, repository(), cluster("east", maxRuns=256))
    apply(store, application("infra", "east"), application("other", "east"))
    apply(store, *(application(f"c-{n:03}", "east", depends_on=INFRA) for n in range(250)))
    settle(store)
    head(store, "c1")
    assert targets.summary(store).held == 250
    assert not [each for each in store.redis.zrange(keys.DUE(), 0, -1) if "depends:" in each]

    found = {str(each.name): each for each in claims(store)}
    finish(store, found.pop("other@east"))
    assert not [each for each in store.redis.zrange(keys.DUE(), 0, -1) if "depends:" in each]
    infra = found.pop("infra@east")
    finish(store, infra)
    assert not waiting.advance(store, infra.lease.target, limit=100)

    assert (found, targets.summary(store).held) == ({}, 150)
    settle(store)
    assert targets.summary(store).held == 0
    assert len(rounds(store)[0]) > 0


def test_a_fleet_without_dependencies_keeps_nothing_of_them(store: Store) -> None:
    synced(store, [])

    for pattern in ("parents*", "waiting*"):
        assert store.redis.keys(f"{keys.PREFIX}{pattern}") == []
    row: Mapping[str, str] = store.redis.hgetall(keys.TARGET(state(store, "web@east").id))
    assert {"depends", "parent", "waits", "passed"} & set(row) == set()


def test_what_nobody_depends_on_any_more_is_forgotten(store: Store) -> None:
    synced(store)

    for name in ("web", "infra"):
        documents.delete(store, Kind.APPLICATION, name, actor="ana")
    settle(store)
    while targets.page(store).items:
        round_of(store)

    assert [each for each in store.redis.hkeys(keys.PARENTS()) if "infra" in each] == []
    assert store.redis.keys(f"{keys.PREFIX}waiting*") == []


def test_a_run_without_dependencies_reads_nothing_of_them(store: Store) -> None:
    synced(store, [])
    target = ask(store, "web@east")
    seen: list[str] = []

    with store.redis.monitor() as monitor:
        round_of(store)
        store.redis.echo("the end")
        while not seen or "the end" not in seen[-1]:
            seen.append(str(monitor.next_command()))

    assert len([each for each in seen if f"{keys.PREFIX}target:{target}" in each]) > 5
    assert [each for each in seen if f"{keys.PREFIX}parents" in each or "waiting:" in each] == []
