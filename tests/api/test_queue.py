"""What waits, over HTTP; and when the turn of a target comes."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from syncline.api import sight
from syncline.api.sight import Place, Standing, Standings
from syncline.contract import roll
from syncline.contract.celery import create_app
from syncline.contract.roll import Worker
from syncline.contract.tasks import RECONCILE, ReconcilePayload
from syncline.model.access import Scope
from syncline.model.request import LANES, TriggerKind
from syncline.model.status import Lane
from syncline.scheduler.publisher import Broker, Message
from syncline.settings import Settings
from syncline.store import keys, runs
from syncline.store.connection import Store
from syncline.store.queue import Line, Turn
from tests.api.conftest import Live
from tests.api.fleets import Fleet

IDLE = {
    "waiting": 0,
    "parked": 0,
    "queued": 0,
    "oldestSeconds": 0.0,
    "drainPerSecond": None,
    "predictedDrainSeconds": 0.0,
    "slots": 0,
    "projects": [],
}


@pytest.fixture(autouse=True)
def _always_fresh(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sight, "FRESH", 0.0)


def lane(client: httpx.Client, name: str) -> dict[str, Any]:
    answer = client.get(f"/api/v1/queue/lanes/{name}")
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def test_an_idle_queue_is_all_zeros(admin: httpx.Client) -> None:
    found = admin.get("/api/v1/queue").json()

    assert found["lanes"] == [{"lane": each.value, **IDLE} for each in Lane]
    assert found["others"] == [
        {"queue": "lookup", "messages": 0, "slots": 0},
        {"queue": "check", "messages": 0, "slots": 0},
    ]
    assert found["workers"] == 0


def test_what_waits_is_shown_by_lane_and_project(admin: httpx.Client, fleet: Fleet) -> None:
    fleet.grid(applications=2, clusters=3)

    found = lane(admin, "push")

    (project,) = found.pop("projects")
    assert (found["waiting"], found["parked"], found["queued"]) == (6, 0, 0)
    assert (project["project"], project["waiting"], project["parked"]) == ("default", 6, 0)
    assert project["oldestSeconds"] == found["oldestSeconds"] > 0
    assert found["predictedDrainSeconds"] == 6.0  # at one run a second, as nothing is known


def test_what_is_in_the_broker_counts_with_its_age(
    admin: httpx.Client, fleet: Fleet, settings: Settings
) -> None:
    fleet.grid(applications=1, clusters=2)
    sent = runs.dispatch(fleet.store, Lane.PUSH, 10)
    publisher = Broker(create_app(settings, name="test"))
    publisher.send([_message(each) for each in sent])
    publisher.close()

    found = lane(admin, "push")

    assert (found["waiting"], found["queued"], found["predictedDrainSeconds"]) == (0, 2, 2.0)
    assert 0 <= found["oldestSeconds"] < 60


def test_slots_are_those_of_the_workers_that_live(admin: httpx.Client, store: Store) -> None:
    roll.sign(store.redis, Worker(name="a@x", slots=4, lanes=("push", "user", "check")))
    roll.sign(store.redis, Worker(name="b@x", slots=2, lanes=("push",)))

    found = admin.get("/api/v1/queue").json()

    assert found["workers"] == 2
    assert {each["lane"]: each["slots"] for each in found["lanes"]} == {
        "user": 4,
        "push": 6,
        "heavy": 0,
        "plugin": 0,
        "drift": 0,
    }
    assert {each["queue"]: each["slots"] for each in found["others"]} == {"lookup": 0, "check": 4}


def test_a_worker_that_does_not_sign_is_gone(store: Store) -> None:
    roll.sign(store.redis, Worker(name="a@x", slots=4, lanes=("push",)))
    seconds = int(store.redis.time()[0]) - roll.GONE
    row = store.redis.hget(roll.KEY, "a@x").partition(" ")[2]
    store.redis.hset(roll.KEY, "a@x", f"{seconds} {row}")

    assert roll.present(store.redis) == []
    assert not store.redis.exists(roll.KEY)


def test_an_unknown_lane_is_refused_by_name(admin: httpx.Client) -> None:
    answer = admin.get("/api/v1/queue/lanes/pull")

    assert answer.status_code in (400, 422)
    assert "'user', 'push', 'heavy', 'plugin' or 'drift'" in answer.text


def test_a_token_for_metrics_reads_the_queue_and_nothing_else(live: Live) -> None:
    with live.client(Scope.METRICS) as scaler:
        statuses = [scaler.get(path).status_code for path in ("/api/v1/queue", "/api/v1/fleet")]

    assert statuses == [200, 403]


def test_it_is_measured_once_for_all_who_ask(
    admin: httpx.Client, fleet: Fleet, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sight, "FRESH", 60.0)
    before = lane(admin, "push")

    fleet.grid(applications=1, clusters=1)

    assert lane(admin, "push") == before


def test_a_waiting_target_says_when_its_turn_comes(admin: httpx.Client, fleet: Fleet) -> None:
    fleet.grid(applications=3, clusters=1)
    fleet.store.redis.hset(keys.DRAIN(), "push:rate", "0.5")

    turns = [admin.get(f"/api/v1/targets/app0{n}@c00").json()["turn"] for n in range(3)]

    assert sorted(turns, key=lambda turn: turn["position"]) == [
        {"position": n, "seconds": n / 0.5, "held": ""} for n in (1, 2, 3)
    ]


def test_a_lane_of_a_newer_release_is_passed_over(
    admin: httpx.Client, fleet: Fleet, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as newer:
        newer.setitem(LANES, TriggerKind.SPEC, "swift")
        fleet.grid(applications=1, clusters=1)

    (listed,) = admin.get("/api/v1/targets").json()["items"]
    assert (listed["name"], listed["phase"]) == ("app00@c00", "ready")
    assert admin.get("/api/v1/targets/app00@c00").json()["turn"] is None
    assert [each["waiting"] for each in admin.get("/api/v1/queue").json()["lanes"]] == [
        0,
        0,
        0,
        0,
        0,
    ]
    assert admin.get("/metrics").status_code == 200


def test_a_target_that_does_not_wait_has_no_turn(admin: httpx.Client, fleet: Fleet) -> None:
    fleet.grid(applications=1, clusters=1)
    fleet.succeed("app00@c00")

    assert admin.get("/api/v1/targets/app00@c00").json()["turn"] is None


def test_other_projects_get_their_share_first() -> None:
    lines = (
        Line(lane="push", project="big", waiting=1000),
        Line(lane="push", project="small", waiting=2),
        Line(lane="push", project="own", waiting=20),
    )
    turn = Turn(lane="push", project="own", held="", rank=9, ahead=9, slots=0, cap=4)

    place = sight._place(turn, _seen(lines, queued=5), {"big": 3.0})

    assert place == Place(position=5 + 9 + 30 + 2 + 1, seconds=47 / 2, held="")


def test_nobody_knows_when_a_cluster_comes_back() -> None:
    turn = Turn(lane="push", project="own", held="away", rank=0, ahead=0, slots=0, cap=1)

    assert sight._place(turn, _seen(()), {}) == Place(position=1, seconds=None, held="away")


@pytest.mark.parametrize(("rate", "seconds"), [(None, 3.0), (2.0, 1.5), (0.0, sight.LONGEST)])
def test_a_drain_is_predicted_from_what_is_known(rate: float | None, seconds: float) -> None:
    standing = Standing(lane=Lane.USER, lines=(), queued=3, oldest=0, rate=rate)

    assert standing.drain == seconds


def _seen(lines: tuple[Line, ...], *, queued: int = 0) -> Standings:
    standing = Standing(lane=Lane.PUSH, lines=lines, queued=queued, oldest=0, rate=2.0)
    seen: Any = None
    return Standings(at=0, lanes={Lane.PUSH: standing}, clusters={}, broker=seen)


def _message(sent: runs.Dispatch) -> Message:
    payload = ReconcilePayload(target=sent.target, ticket=sent.ticket)
    return Message(task=RECONCILE, payload=payload, task_id=sent.ticket, queue="push")
