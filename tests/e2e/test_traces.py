"""One commit to two clusters, traced: a trace for the commit, and one for each run of it."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
import yaml

from tests.e2e import world as worlds
from tests.e2e.world import World, application, cluster, configmap, repository
from tests.harness.collector import Arrived, Collector, collecting
from tests.harness.controlplane import ControlPlane
from tests.harness.poll import until

pytestmark = pytest.mark.cluster

VALUE = "hunter2-in-a-secret"
WAITS = ["ready", "queued", "claim"]
STEPS = ["resolve", "connect", "render", "plan", "record", "apply", "prune", "fold"]


@pytest.fixture(scope="module")
def collector() -> Iterator[Collector]:
    with collecting() as made:
        yield made


@pytest.fixture(scope="module")
def world(
    tmp_path_factory: pytest.TempPathFactory, control_plane: ControlPlane, collector: Collector
) -> Iterator[World]:
    """Two clusters, and an application on both."""
    environment = {
        "OTEL_EXPORTER_OTLP_ENDPOINT": collector.url,
        "OTEL_EXPORTER_OTLP_TIMEOUT": "1",
        "OTEL_BSP_SCHEDULE_DELAY": "100",
        "SYNCLINE_CLUSTER_READ_TIMEOUT": "2s",
    }
    clusters = [control_plane.cluster(0), control_plane.cluster(1)]
    root = tmp_path_factory.mktemp("traces")
    with worlds.make(root, clusters, environment=environment) as made:
        made.up()
        made.apply(repository(made.repository), cluster(0, kind="real"), cluster(1, kind="real"))
        made.push({"traced/web.yaml": configmap("web", v="1"), "traced/s.yaml": _secret()})
        everywhere = {"selector": {"matchLabels": {"kind": "real"}}}
        made.apply(application("traced", path="traced", namespace="tr", destination=everywhere))
        made.synced("traced@c0", "traced@c1")
        yield made


def test_a_commit_is_one_trace_and_so_is_each_of_its_runs(
    world: World, collector: Collector
) -> None:
    commit = world.push({"traced/web.yaml": configmap("web", v="2")})
    world.synced("traced@c0", "traced@c1", revision=commit)

    (found,) = _arrived(collector, "look up", 1, vcs_ref_head_revision=commit)
    runs = _arrived(collector, "reconcile", 2, vcs_ref_head_revision=commit)

    assert {run.attributes["syncline.target"] for run in runs} == {
        "traced@c0",
        "traced@c1",
    }
    assert len({found.trace, *(run.trace for run in runs)}) == 3
    for run in runs:
        assert run.links == ((found.trace, found.id),)
        assert run.attributes["syncline.trigger.kind"] == "push"
        assert run.attributes["cicd.pipeline.result"] == "success"
        assert run.attributes["messaging.destination.name"] == "push"
        steps = collector.under(run)
        assert [step.name for step in steps] == [*WAITS, *STEPS]
        (apply,) = [step for step in steps if step.name == "apply"]
        assert [
            (part.name, part.attributes["syncline.object"], part.attributes["syncline.action"])
            for part in collector.under(apply)
        ] == [("apply object", "ConfigMap/tr/web", "configured")]
        assert run.begun <= min(step.begun for step in steps)
        assert run.ended >= max(step.ended for step in steps)


def test_log_lines_of_a_run_name_its_span(world: World, collector: Collector) -> None:
    commit = world.push({"traced/web.yaml": configmap("web", v="3")})
    world.synced("traced@c0", "traced@c1", revision=commit)

    runs = _arrived(collector, "reconcile", 2, vcs_ref_head_revision=commit)
    lines = [line for line in _lines(world) if line.get("revision") == commit]

    assert {(line["trace_id"], line["span_id"]) for line in lines} == {
        (run.trace, run.id) for run in runs
    }


def test_a_run_of_an_operation_links_to_what_was_asked_for(
    world: World, collector: Collector
) -> None:
    done = world.cli("sync", "traced", "--reason", "because", "--wait")
    assert done.returncode == 0, done.stderr

    (asked,) = _arrived(collector, "operation", 1, syncline_trigger_reason="because")
    uid = asked.attributes["syncline.operation"]
    runs = _arrived(collector, "reconcile", 2, syncline_operation=uid)

    assert asked.service == "syncline-server"
    assert {run.service for run in runs} == {"syncline-worker"}
    assert all((asked.trace, asked.id) in run.links for run in runs)
    (requested,) = [s for s in collector.spans if (s.trace, s.id) == asked.links[0]]
    assert requested.name == "POST /api/v1/operations"


def test_a_failed_run_tells_its_reason_and_the_next_attempt_joins_it(
    world: World, collector: Collector
) -> None:
    world.clusters[1].pause()
    try:
        commit = world.push({"traced/web.yaml": configmap("web", v="4")})
        world.becomes("traced@c1", reason="ClusterUnreachable")
    finally:
        world.clusters[1].resume()
    world.synced("traced@c0", "traced@c1", revision=commit)

    def attempts() -> list[Arrived]:
        found = collector.named("reconcile", syncline_target="traced@c1")
        failed = [span.trace for span in found if span.failed]
        return [span for span in found if span.trace in failed[-1:]]

    found = until(lambda: found if len(found := attempts()) > 1 else None, within=60, what="both")
    first, *later = sorted(found, key=lambda span: span.begun)

    assert (first.failed, first.parent) == (True, "")
    assert first.message.startswith("ClusterUnreachable: ")
    assert first.attributes["error.type"] == "ClusterUnreachable"
    assert {span.parent for span in later} == {first.id}
    assert later[-1].failed is False


def test_no_span_holds_a_secret(world: World, collector: Collector) -> None:
    kubeconfig = yaml.safe_load(world.clusters[0].kubeconfig.read_text())
    secrets = [
        VALUE,
        kubeconfig["users"][0]["user"]["token"],
        *((world.data / name).read_text().strip() for name in ("redis-password", "token", "key")),
    ]

    told = repr(collector.spans)

    assert "Secret/tr/s" in told  # its name may be told
    assert [value for value in secrets if value in told] == []


def test_a_collector_that_hangs_holds_up_no_run(world: World, collector: Collector) -> None:
    collector.hang()
    try:
        commit = world.push({"traced/web.yaml": configmap("web", v="5")})
        world.synced("traced@c0", "traced@c1", revision=commit)
        until(lambda: _dropped(world) > 0, within=90, what="spans dropped", every=0.2)
    finally:
        collector.answer()


def _arrived(collector: Collector, name: str, count: int, **attributes: Any) -> list[Arrived]:
    def look() -> list[Arrived] | None:
        found = collector.named(name, **attributes)
        return found if len(found) == count else None

    return until(look, within=60, what=f"{count} × {name} {attributes}")


def _lines(world: World) -> list[dict[str, Any]]:
    """The workers' own."""
    text = "\n".join(file.read_text() for file in (world.data / "logs").glob("worker-*.log"))
    return [json.loads(line) for line in text.splitlines() if line.startswith("{")]


def _dropped(world: World) -> int:
    return sum(line["spans"] for line in _lines(world) if line["event"] == "spans_dropped")


def _secret() -> str:
    body = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "s"}}
    return yaml.safe_dump({**body, "stringData": {"password": VALUE}})
