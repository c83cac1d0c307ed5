"""What Prometheus reads."""

from __future__ import annotations

from collections.abc import Callable

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families

from syncline.api import sight
from syncline.api.metrics import queue as queue_metrics
from syncline.api.metrics.metric import Kind
from syncline.api.metrics.runs import buckets
from syncline.api.metrics.table import METRICS
from syncline.contract import roll
from syncline.contract.roll import Worker
from syncline.model.access import Scope
from syncline.model.status import Outcome
from syncline.model.watch import Watched
from syncline.settings import Settings
from syncline.store import runs, tally, watching
from syncline.store.connection import Store
from tests.api.conftest import Live
from tests.api.fleets import Fleet, application
from tests.operations.asked import apply, settle, state
from tests.operations.test_windows import freeze
from tests.store.world import request

Samples = dict[tuple[str, ...], float]


@pytest.fixture(autouse=True)
def _always_fresh(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sight, "FRESH", 0.0)


@pytest.fixture
def scraped(admin: httpx.Client) -> Callable[[str], Samples]:
    """The samples of one name, by the values of their labels in order of the labels' names."""

    def scrape(name: str) -> Samples:
        answer = admin.get("/metrics")
        assert answer.status_code == 200, answer.text
        return {
            tuple(value for _, value in sorted(sample.labels.items())): sample.value
            for family in text_string_to_metric_families(answer.text)
            for sample in family.samples
            if sample.name == name
        }

    return scrape


Scraped = Callable[[str], Samples]


def test_each_metric_is_there_with_its_type_and_meaning(admin: httpx.Client) -> None:
    answer = admin.get("/metrics")

    found = {
        family.name: (family.type, family.documentation)
        for family in text_string_to_metric_families(answer.text)
    }
    assert found == {
        each.name.removesuffix("_total"): (each.kind.value, each.help) for each in METRICS
    }
    assert answer.headers["content-type"].startswith("text/plain")


def test_the_fleet_is_counted(scraped: Scraped, fleet: Fleet) -> None:
    fleet.grid(applications=2, clusters=2)
    fleet.succeed("app00@c00")

    assert scraped("syncline_targets_by_sync") == {
        ("Synced",): 1,
        ("OutOfSync",): 0,
        ("Unknown",): 3,
    }
    assert scraped("syncline_targets_by_health")["Healthy",] == 1
    assert scraped("syncline_targets_by_phase")["queued",] == 3
    assert scraped("syncline_clusters")["closed",] == 2
    assert scraped("syncline_documents")["Cluster",] == 2


def test_what_was_set_aside_is_counted(scraped: Scraped, fleet: Fleet) -> None:
    fleet.grid(applications=2, clusters=1)
    assert scraped("syncline_targets_aside") == {(): 0}

    fleet.poison("app00@c00")

    assert scraped("syncline_targets_aside") == {(): 1}


def test_what_waits_for_a_sync_window_is_counted(
    scraped: Scraped, fleet: Fleet, store: Store
) -> None:
    fleet.grid(applications=2, clusters=1)
    fleet.succeed("app00@c00")
    apply(store, freeze(fleet=True))
    settle(store)
    assert scraped("syncline_targets_held") == {(): 0}

    runs.trigger(store, [state(store, "app00@c00").id], request("push"))

    assert scraped("syncline_targets_held") == {(): 1}
    assert scraped("syncline_documents")["SyncWindow",] == 1


def test_the_queue_is_measured(scraped: Scraped, fleet: Fleet) -> None:
    fleet.grid(applications=2, clusters=2)

    assert scraped("syncline_queue_targets")["push", "waiting"] == 4
    assert scraped("syncline_queue_oldest_seconds")["push",] > 0
    assert scraped("syncline_queue_predicted_drain_seconds")["push",] == 4
    assert scraped("syncline_project_queue_targets") == {("push", "default"): 4}
    assert scraped("syncline_broker_messages")["push",] == 0


def test_runs_are_counted_by_outcome_and_reason_and_timed(scraped: Scraped, fleet: Fleet) -> None:
    fleet.grid(applications=2, clusters=1)

    fleet.run("app00@c00", reason="Rolling", steps={"render": 0.02, "apply": 0.4})
    fleet.run("app01@c00", outcome=Outcome.STALLED, reason="RenderFailed", steps={"render": 0.3})

    assert scraped("syncline_runs_total") == {
        ("Stalled", "RenderFailed"): 1,
        ("Succeeded", "Succeeded"): 1,
    }
    assert scraped("syncline_lane_runs_total") == {("push",): 2}
    assert scraped("syncline_run_seconds_count") == {(): 2}
    assert scraped("syncline_run_seconds_sum") == {(): pytest.approx(0.72)}
    steps = scraped("syncline_run_step_seconds_bucket")
    assert [steps[bound, "render"] for bound in ("0.01", "0.025", "0.25", "0.5", "+Inf")] == [
        *(0, 1, 1, 2, 2)
    ]
    assert scraped("syncline_run_wait_seconds_count") == {("push",): 2}


def test_workers_and_their_slots_are_counted(scraped: Scraped, store: Store) -> None:
    roll.sign(store.redis, Worker(name="a@x", slots=4, lanes=("push", "user")))

    assert scraped("syncline_workers") == {(): 1}
    assert scraped("syncline_worker_slots")["push",] == 4
    assert scraped("syncline_worker_slots")["drift",] == 0


def test_redis_says_what_it_uses(scraped: Scraped) -> None:
    assert scraped("syncline_redis_memory_bytes")["store",] > 100_000
    assert scraped("syncline_redis_clients")["store",] >= 1
    assert ("broker",) not in scraped("syncline_redis_clients")  # it is the same server


def test_projects_beyond_the_largest_are_one_series(
    scraped: Scraped, fleet: Fleet, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(queue_metrics, "PROJECTS", 1)
    fleet.grid(applications=2, clusters=1)
    fleet.install(*(application(f"of-{project}", project=project) for project in ("one", "two")))

    assert scraped("syncline_project_queue_targets") == {
        ("push", "default"): 2,
        ("push", queue_metrics.OTHERS): 2,
    }


def test_bounds_of_another_release_are_kept() -> None:
    counts = {"0.1": 2, "0.2": 1, "7": 3, "inf": 1, "us": 2_500_000}

    found = buckets(counts, (0.1, 1.0))

    assert found.counts == [("0.1", 2), ("0.2", 3), ("1", 3), ("7", 6), ("+Inf", 7)]
    assert found.sum == 2.5


@pytest.mark.parametrize(
    ("scope", "status"), [(Scope.METRICS, 200), (Scope.READ, 200), (Scope.HOOK, 403)]
)
def test_who_may_read_them_has_a_token_for_it(live: Live, scope: Scope, status: int) -> None:
    with live.client(scope) as client:
        assert client.get("/metrics").status_code == status


def test_nobody_reads_them_without_a_token_unless_the_settings_say_so(
    serve: Callable[..., Live], settings: Settings
) -> None:
    server = settings.server.model_copy(update={"open_metrics": True})

    closed = httpx.get(f"{serve().url}/metrics", trust_env=False)
    opened = serve(using=settings.model_copy(update={"server": server})).url

    assert closed.status_code == 401
    assert httpx.get(f"{opened}/metrics", trust_env=False).status_code == 200
    assert httpx.get(f"{opened}/api/v1/fleet", trust_env=False).status_code == 401


def test_names_follow_the_conventions() -> None:
    for each in METRICS:
        assert each.name.startswith("syncline_")
        assert each.name.endswith("_total") == (each.kind is Kind.COUNTER)
        assert each.help.endswith(".")


def test_all_watchers_together_are_told_of(scraped: Scraped, store: Store) -> None:
    watching.sign(store, "one", Watched(clusters=2, streams=8, closed=1, objects=100, pending=3))
    watching.sign(store, "two", Watched(clusters=1, streams=4, left=2, objects=50, lag=1.5))
    tally.add(store, {"watch:moved": 2})

    assert scraped("syncline_watchers") == {(): 2}
    assert scraped("syncline_watch_clusters") == {(): 3}
    assert scraped("syncline_watch_streams") == {("open",): 12, ("closed",): 1, ("left",): 2}
    assert scraped("syncline_watch_objects") == {(): 150}
    assert scraped("syncline_watch_pending") == {(): 3}
    assert scraped("syncline_watch_lag_seconds") == {(): 1.5}
    assert scraped("syncline_watch_events_total") == {("moved",): 2}
