"""What is due becomes messages or work, and gets its next time."""

import time
from dataclasses import replace
from datetime import timedelta

import pytest

from syncline.contract import queues, tasks
from syncline.contract.reports import ClusterReport, LookupReport, PreviewRequest
from syncline.contract.tasks import SubjectPayload
from syncline.errors import BrokerUnavailable
from syncline.model.status import HealthStatus, Outcome, SyncStatus
from syncline.operations import previews
from syncline.scheduler import due as kinds
from syncline.scheduler import intake, work
from syncline.scheduler.publisher import Load
from syncline.store import clusters, connection, due, keys, operations, runs, sources
from syncline.store.connection import Store
from syncline.store.limits import Limits
from syncline.store.records import Kind
from tests.operations.asked import (
    EVERYWHERE,
    application,
    apply,
    claims,
    cluster,
    repository,
    run_all,
    settle,
    start,
    state,
    uid,
)
from tests.scheduler.plant import IDLE, Remembered


@pytest.fixture
def broker() -> Remembered:
    return Remembered()


def settled(store: Store, broker: Remembered) -> None:
    """A repository, a cluster, an application on it, all done; what was sent is forgotten."""
    apply(store, repository(), cluster("one"), application("web", EVERYWHERE))
    take_all(store, broker)
    run_all(store)
    broker.taken()


def take_all(store: Store, broker: Remembered) -> None:
    while intake.take(store, broker, IDLE, 200):
        pass


def seconds_until(store: Store, member: str) -> float | None:
    at = due.at(store, member)
    return None if at is None else at - connection.now(store)


def test_a_look_up_goes_out_with_a_name_and_its_next_times(
    store: Store, broker: Remembered
) -> None:
    apply(store, repository())
    shop = uid(store, Kind.REPOSITORY, "shop")
    sources.fold_lookup(store, LookupReport(repository=shop, began=1.0))

    intake.take(store, broker, broker.load(), 200)

    (message,) = broker.taken()
    payload = SubjectPayload.model_validate(message.payload.model_dump())
    assert (payload.uid, payload.name) == (shop, "shop")
    assert (message.task, message.queue) == (tasks.LOOKUP, queues.LOOKUP)
    assert message.task_id.startswith(f"lookup.{shop}.")
    assert due.at(store, f"lookup:{shop}") == pytest.approx(payload.again)
    assert 57 <= (seconds_until(store, f"lookup:{shop}") or 0) <= 60
    assert 0 <= payload.next - payload.again <= 3


def test_look_ups_of_what_was_registered_together_spread_from_the_second_on(
    store: Store, broker: Remembered
) -> None:
    apply(store, *(repository(f"r-{number}") for number in range(40)))

    intake.take(store, broker, broker.load(), 200)

    sent = [each.payload.model_dump() for each in broker.taken()]
    waits = sorted(each["next"] - connection.now(store) for each in sent)
    assert len(waits) == 40
    assert waits[-1] - waits[0] > 15
    assert 29 <= waits[0] < waits[-1] <= 60


def test_a_look_up_that_is_not_answered_is_sent_again_before_its_interval(
    store: Store, broker: Remembered
) -> None:
    usual = repository()
    hourly = usual.spec.model_copy(update={"interval": timedelta(hours=1)})
    apply(store, usual.model_copy(update={"spec": hourly}))
    shop = uid(store, Kind.REPOSITORY, "shop")

    intake.take(store, broker, broker.load(), 200)

    (message,) = broker.taken()
    assert 55 <= (seconds_until(store, f"lookup:{shop}") or 0) <= 60
    assert message.payload.model_dump()["next"] - connection.now(store) > 1700


def test_a_look_up_that_was_lost_is_sent_again(store: Store, broker: Remembered) -> None:
    apply(store, repository())
    shop = uid(store, Kind.REPOSITORY, "shop")
    intake.take(store, broker, broker.load(), 200)
    first = broker.taken()

    time.sleep(0.002)  # a message's name holds milliseconds
    due.add(store, f"lookup:{shop}", 0.0)  # a minute later
    intake.take(store, broker, broker.load(), 200)

    (lost,), (again,) = first, broker.taken()
    assert lost.payload.model_dump()["uid"] == again.payload.model_dump()["uid"] == shop
    assert lost.task_id != again.task_id


def test_a_probe_is_sent_again_until_its_report_says_otherwise(
    store: Store, broker: Remembered
) -> None:
    apply(store, cluster("one"))
    one = uid(store, Kind.CLUSTER, "one")

    intake.take(store, broker, broker.load(), 200)
    assert 25 <= (seconds_until(store, f"probe:{one}") or 0) <= 30

    clusters.fold_cluster(store, ClusterReport(cluster=one, reachable=True))
    assert due.at(store, f"probe:{one}") is None


def test_a_sweep_comes_round_as_often_as_the_applications_ask(
    store: Store, broker: Remembered
) -> None:
    settled(store, broker)
    one = uid(store, Kind.CLUSTER, "one")

    due.add(store, f"sweep:{one}", 0.0)
    intake.take(store, broker, broker.load(), 200)

    (message,) = broker.taken()
    assert message.task == tasks.SWEEP
    assert 55 <= (seconds_until(store, f"sweep:{one}") or 0) <= 60
    assert 170 <= message.payload.model_dump()["next"] - connection.now(store) <= 189


def test_a_cluster_without_targets_is_swept_once_at_most(store: Store, broker: Remembered) -> None:
    apply(store, cluster("one"))
    one = uid(store, Kind.CLUSTER, "one")
    clusters.fold_cluster(store, ClusterReport(cluster=one, reachable=True))
    due.add(store, f"sweep:{one}")

    intake.take(store, broker, broker.load(), 200)

    assert due.at(store, f"sweep:{one}") is None


def test_a_cluster_that_is_away_is_not_swept_but_stays_in_turn(
    store: Store, broker: Remembered
) -> None:
    settled(store, broker)
    one = uid(store, Kind.CLUSTER, "one")
    report = ClusterReport(cluster=one, reachable=False, error="ClusterUnreachable: refused")
    clusters.fold_cluster(replace(store, limits=Limits(breaker_failures=1)), report)
    due.add(store, f"sweep:{one}", 0.0)

    intake.take(store, broker, broker.load(), 200)

    assert broker.taken("syncline.sweep") == []
    assert 171 <= (seconds_until(store, f"sweep:{one}") or 0) <= 189


@pytest.mark.parametrize("kind", ["sweep", "health"])
def test_a_cluster_that_failed_last_is_probed_before_it_is_looked_at(
    store: Store, broker: Remembered, kind: str
) -> None:
    settled(store, broker)
    one = uid(store, Kind.CLUSTER, "one")
    seen = {"cluster": one, "error": "ClusterUnreachable: silent"}
    clusters.fold_cluster(store, ClusterReport(reachable=False, **seen))
    due.add(store, f"{kind}:{one}", 0.0)

    intake.take(store, broker, broker.load(), 200)

    assert broker.taken() == []
    assert 4 <= (seconds_until(store, f"{kind}:{one}") or 0) <= 5
    assert 8 <= (seconds_until(store, f"probe:{one}") or 0) <= 11

    clusters.fold_cluster(store, ClusterReport(cluster=one, reachable=True))
    due.add(store, f"{kind}:{one}", 0.0)
    intake.take(store, broker, broker.load(), 200)
    assert [each.task.name for each in broker.taken()] == [f"syncline.{kind}.v1"]


def test_targets_of_a_cluster_that_is_away_are_not_looked_at(
    store: Store, broker: Remembered
) -> None:
    settled(store, broker)
    report = ClusterReport(cluster=uid(store, Kind.CLUSTER, "one"), reachable=False, error="x")
    clusters.fold_cluster(replace(store, limits=Limits(breaker_failures=1)), report)
    member = f"health:{uid(store, Kind.CLUSTER, 'one')}"
    due.add(store, member, 0.0)

    take_all(store, broker)

    assert broker.taken("syncline.health") == []
    assert 25 <= (seconds_until(store, member) or 0) <= 30


def test_a_full_queue_gets_no_more_of_what_comes_round(store: Store, broker: Remembered) -> None:
    apply(store, *(repository(f"r-{n}") for n in range(3)))
    full = Load(waiting={**IDLE.waiting, queues.LOOKUP: intake.MOST_WAITING - 1}, running=0)

    intake.take(store, broker, full, 200)

    (sent,) = broker.taken()
    left = {f"lookup:{uid(store, Kind.REPOSITORY, f'r-{n}')}" for n in range(3)}
    left.remove(f"lookup:{sent.payload.model_dump()['uid']}")
    assert all(4 <= (seconds_until(store, member) or 0) <= 5 for member in left)


def test_a_preview_is_asked_once(store: Store, broker: Remembered) -> None:
    settled(store, broker)
    asked = previews.ask(store, PreviewRequest(target=state(store, "web@one").id, verb="diff"))

    intake.take(store, broker, broker.load(), 200)

    (message,) = broker.taken()
    assert (message.task, message.queue) == (tasks.PREVIEW, queues.USER)
    assert message.payload == SubjectPayload(uid=asked, name=asked)
    assert due.at(store, f"preview:{asked}") is None


def test_a_health_check_is_named_by_its_cluster(store: Store, broker: Remembered) -> None:
    settled(store, broker)
    one = uid(store, Kind.CLUSTER, "one")
    due.add(store, f"health:{one}")

    intake.take(store, broker, broker.load(), 200)

    (message,) = broker.taken()
    assert message.payload == SubjectPayload(uid=one, name="one")


def test_what_is_gone_is_not_sent_and_not_kept(store: Store, broker: Remembered) -> None:
    for member in ("lookup:gone", "probe:gone", "health:gone", "expand:gone"):
        due.add(store, member)

    take_all(store, broker)

    assert (broker.taken(), due.waits(store)) == ([], (0, 0.0))


def test_a_kind_of_a_newer_release_is_left_to_its_scheduler(
    store: Store, broker: Remembered
) -> None:
    due.add(store, "prophesy:x")

    intake.take(store, broker, broker.load(), 200)

    assert 25 <= (seconds_until(store, "prophesy:x") or 0) <= 30


def test_what_could_not_be_sent_is_due_again_at_once(store: Store, broker: Remembered) -> None:
    apply(store, repository(), cluster("one"))
    broker.is_away = True
    with pytest.raises(BrokerUnavailable):
        take_all(store, broker)

    broker.is_away = False
    take_all(store, broker)

    assert {each.task for each in broker.taken()} == {tasks.LOOKUP, tasks.PROBE}


def test_a_defect_in_one_member_stops_no_other(
    store: Store, broker: Remembered, monkeypatch: pytest.MonkeyPatch
) -> None:
    def defect(*_: object) -> bool:
        raise ZeroDivisionError

    monkeypatch.setattr(work, "KINDS", {**work.KINDS, "mark": defect})
    apply(store, repository(), cluster("one"), application("web", EVERYWHERE))
    due.add(store, "mark:x", 0.0)

    take_all(store, broker)

    assert state(store, "web@one").requested
    assert 25 <= (seconds_until(store, "mark:x") or 0) <= 30


def test_a_failed_run_is_tried_again_when_its_back_off_is_over(
    store: Store, broker: Remembered
) -> None:
    settled(store, broker)
    start(store, all=True)
    settle(store)
    (claim,) = claims(store)
    report = {
        "lease": claim.lease,
        "outcome": Outcome.FAILED,
        "request": claim.request,
        "sync": SyncStatus.OUT_OF_SYNC,
        "health": HealthStatus.UNKNOWN,
        "reason": "ClusterBusy",
        "retry_after": 60.0,
    }
    assert runs.fold(store, runs.Report(**report))
    assert claims(store) == []

    due.add(store, f"retry:{claim.lease.target}", 0.0)
    take_all(store, broker)

    (again,) = claims(store)
    assert (again.attempt, again.request.operation) == (2, claim.request.operation)


def test_work_that_takes_long_is_left_for_the_next_tick(
    store: Store, broker: Remembered, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(intake, "WORK_FOR", 0.0)
    apply(store, cluster("one"), cluster("two"))

    assert intake.take(store, broker, broker.load(), 200)

    members = {f"expand:{uid(store, Kind.CLUSTER, name)}" for name in ("one", "two")}
    assert {each.member for each in due.take(store)} == members


def test_an_operation_does_not_wait_behind_what_was_registered_in_masses(
    store: Store, broker: Remembered
) -> None:
    settled(store, broker)
    for number in range(500):
        due.add(store, f"expand:gone-{number}", 1.0)
    operation = start(store, all=True)

    intake.take(store, broker, broker.load(), 200)

    begun = operations.get(store, operation.uid)
    assert begun is not None
    assert begun.expanded


def test_operations_come_first_and_the_rest_in_the_same_tick(
    store: Store, broker: Remembered, monkeypatch: pytest.MonkeyPatch
) -> None:
    done: list[str] = []

    def note(_: Store, each: due.Due) -> bool:
        done.append(each.kind)
        return False

    monkeypatch.setattr(work, "do", note)
    for member in ("expand:a", "operation:b", "expand:c", "operation:d"):
        due.add(store, member, 1.0)

    intake.take(store, broker, broker.load(), 200)

    assert done == ["operation", "operation", "expand", "expand"]


def test_every_kind_is_documented() -> None:
    table = kinds.__doc__ or ""

    assert all(f"\n{kind} " in table for kind in kinds.TASKS.keys() | kinds.WORK)


def test_probes_travel_together(store: Store, broker: Remembered) -> None:
    apply(store, *(cluster(f"c{number:02}") for number in range(kinds.PROBES + 2)))

    intake.take(store, broker, broker.load(), 200)

    first, second = broker.taken("syncline.probe")
    asked = [
        each
        for message in (first, second)
        for each in (message.payload.model_dump()["uid"], *message.payload.model_dump()["others"])
    ]
    assert sorted(asked) == sorted(store.redis.hvals(keys.NAMES(Kind.CLUSTER)))
    assert first.payload.model_dump()["name"].endswith(f" and {kinds.PROBES - 1} more")
