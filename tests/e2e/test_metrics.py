"""What real workers did is in the metrics, and the queue shows the workers that live."""

from __future__ import annotations

from collections.abc import Iterator

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families

from tests.e2e import world as worlds
from tests.e2e.world import World, application, cluster, configmap, repository
from tests.harness.controlplane import ControlPlane
from tests.harness.poll import until

pytestmark = pytest.mark.cluster

STEPS = {"resolve", "connect", "render", "plan", "record", "apply", "prune"}

Samples = dict[tuple[str, ...], float]


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory, control_plane: ControlPlane) -> Iterator[World]:
    """Two applications of the same sources were synced, a third does not render."""
    root = tmp_path_factory.mktemp("metrics")
    with worlds.make(root, [control_plane.cluster(0)]) as made:
        made.up()
        made.apply(repository(made.repository), cluster(0))
        made.push({"told/web.yaml": configmap("web", v="1"), "bad/x.yaml": "kind: [\n"})
        made.apply(application("told", path="told", namespace="told"))
        made.synced("told@c0")
        assert made.cli("sync", "told", "--reason", "again", "--wait").returncode == 0
        made.apply(application("bad", path="bad", namespace="bad"))
        made.becomes("bad@c0", sync="OutOfSync")
        yield made


def scraped(world: World, name: str) -> Samples:
    token = (world.data / "token").read_text().strip()
    answer = httpx.get(f"{world.url}/metrics", headers={"Authorization": f"Bearer {token}"})
    return {
        tuple(value for _, value in sorted(sample.labels.items())): sample.value
        for family in text_string_to_metric_families(answer.raise_for_status().text)
        for sample in family.samples
        if sample.name == name
    }


def test_each_run_is_counted_with_its_outcome_and_steps(world: World) -> None:
    names = ("runs_total", "run_step_seconds_count", "run_wait_seconds_count")
    before = [scraped(world, f"syncline_{name}") for name in names]

    assert world.cli("sync", "told", "--reason", "once more", "--wait").returncode == 0

    runs, steps, waits = (scraped(world, f"syncline_{name}") for name in names)
    assert runs["Succeeded", "Succeeded"] == before[0]["Succeeded", "Succeeded"] + 1
    assert sum(number for (outcome, _), number in runs.items() if outcome == "Stalled") >= 1
    assert {step for (step,) in steps} >= STEPS
    assert steps["apply",] == before[1]["apply",] + 1
    assert waits["user",] == before[2]["user",] + 1


def test_what_workers_asked_of_git_and_rendered_is_counted(world: World) -> None:
    git, renders = (
        scraped(world, f"syncline_{name}_total") for name in ("git_requests", "renders")
    )

    assert git["fetch",] >= 1
    assert git["ls-remote",] >= 1
    assert renders["cached",] >= 1
    assert renders["rendered",] >= 1
    assert scraped(world, "syncline_tasks_total")["ok", "lookup"] >= 1
    assert scraped(world, "syncline_tasks_total")["ok", "probe"] >= 1


def test_the_embedded_redis_is_one_that_nothing_is_to_be_said_of(world: World) -> None:
    (store,) = [each for each in world.get("doctor")["checks"] if each["name"] == "store"]

    assert store["ok"], store["found"]
    assert scraped(world, "syncline_redis_memory_limit_bytes")["store",] > 0
    assert "Redis is not safe" not in "".join(
        log.read_text() for log in (world.data / "logs").glob("*.log")
    )


def test_the_workers_that_live_are_seen_with_their_slots(world: World) -> None:
    found = until(lambda: world.get("queue"), within=30, what="the queue")

    assert found["workers"] >= 2
    assert all(lane["slots"] > 0 for lane in found["lanes"])
    assert scraped(world, "syncline_workers")[()] == found["workers"]


def test_the_elected_scheduler_measures_how_fast_lanes_drain(world: World) -> None:
    lanes = until(
        lambda: [each for each in world.get("queue")["lanes"] if each["drainPerSecond"]],
        within=30,
        what="a rate",
        every=0.5,
    )

    assert "push" in {each["lane"] for each in lanes}
    assert scraped(world, "syncline_scheduler_leader") == {("chores",): 1}
