"""A chart of one repository with values of another: real Git, Redis, helm and kube-apiserver."""

import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from syncline.model.application import Application
from syncline.model.explained import Place
from syncline.model.names import TargetId, Uid, target_id
from syncline.model.operation import OperationSpec
from syncline.model.records import ApplicationRecord
from syncline.model.repository import Repository
from syncline.model.request import TriggerKind
from syncline.model.run import Report
from syncline.model.state import TargetState
from syncline.model.status import Outcome
from syncline.operations import sync
from syncline.store import documents, revised, sources, targets
from syncline.store.connection import Store
from syncline.store.records import Kind
from syncline_workers.archives import helm
from syncline_workers.pipeline import connection, preview, rendering, resolve
from syncline_workers.pipeline.lookup import lookup
from tests.harness import charts
from tests.harness.apiserver import ApiServer
from tests.harness.redis_fixtures import redis_server, redis_session, store
from tests.harness.workers import Workers
from tests.harness.workrepo import WorkRepo

__all__ = ["redis_server", "redis_session", "store"]

pytestmark = pytest.mark.cluster

API = "syncline.dev/v1alpha1"
MAP = "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: {}\ndata:\n  color: {}\n"
CHART = {"repository": "charts", "path": "web", "revision": "main"}
LENT = {"helm": {"valueFiles": ["$values/envs/prod.yaml"]}}
VALUES = {"repository": "values", "name": "values", "path": "objects", "revision": "main"}


@dataclass
class World:
    """Two repositories, and an application of both."""

    workers: Workers
    server: ApiServer
    charts: WorkRepo
    values: WorkRepo
    namespace: str

    @property
    def store(self) -> Store:
        return self.workers.store

    def declare(self, *written: dict[str, Any]) -> TargetId:
        document = {
            "apiVersion": API,
            "kind": "Application",
            "metadata": {"name": "web"},
            "spec": {
                "sources": list(written) or [CHART | LENT, VALUES],
                "destination": {"cluster": "west", "namespace": self.namespace},
            },
        }
        made = documents.put_application(self.store, Application.model_validate(document)).record
        assert isinstance(made, ApplicationRecord)
        targets.ensure(self.store, made, self.workers.cluster)
        return target_id(made.uid, self.workers.cluster.uid)

    def look(self, *names: str) -> list[Report]:
        """Look repositories up, and run what that triggers."""
        for name in names or ("charts", "values"):
            uid = documents.uid_of(self.store, Kind.REPOSITORY, name)
            found = lookup(self.workers.ports, Uid(uid or ""))
            assert found is not None
            assert found.errors == {}
            sources.fold_lookup(self.store, found)
        return self.workers.work(10)

    def colors(self) -> dict[str, str]:
        """What is in the cluster, by name."""
        path = f"/api/v1/namespaces/{self.namespace}/configmaps"
        found = self.server.call("GET", path)["items"]
        return {
            each["metadata"]["name"]: each["data"]["color"]
            for each in found
            if "color" in each.get("data", {})
        }

    def state(self, target: TargetId) -> TargetState:
        found = targets.get(self.store, target)
        assert found is not None
        return found

    def places(self, target: TargetId) -> list[Place]:
        """Where each source's render came from."""
        claim = self.workers.ports.checks.snapshot(target)
        assert claim is not None
        attempt = preview.begin(self.workers.ports, claim)
        resolve.settle(attempt)
        rendering.render(attempt, connection.connect(attempt))
        return [each.place for each in attempt.explained]


def register(store: Store, name: str, **spec: Any) -> None:
    document = {"apiVersion": API, "kind": "Repository", "metadata": {"name": name}, "spec": spec}
    documents.put_repository(store, Repository.model_validate(document))


@pytest.fixture
def world(store: Store, api_server: ApiServer, tmp_path: Path) -> Iterator[World]:
    namespace = f"s-{uuid.uuid4().hex[:8]}"
    api_server.call("POST", "/api/v1/namespaces", {"metadata": {"name": namespace}})
    shop, values = (
        WorkRepo.create(tmp_path / f"{name}-work", origin=tmp_path / "git" / f"{name}.git")
        for name in ("charts", "values")
    )
    shop.publish(
        "a chart",
        {
            "web/Chart.yaml": "apiVersion: v2\nname: web\nversion: 1.0.0\n",
            "web/templates/map.yaml": MAP.format("web", "{{ .Values.color }}"),
        },
    )
    values.publish(
        "values",
        {"envs/prod.yaml": "color: blue\n", "objects/extra.yaml": MAP.format("extra", "red")},
    )
    workers = Workers(store, tmp_path, api_server.kubeconfig, "charts")
    register(store, "values", url=f"file://{tmp_path / 'git' / 'values.git'}")
    yield World(workers, api_server, shop, values, namespace)
    workers.close()


@pytest.fixture
def synced(world: World) -> TargetId:
    target = world.declare()
    world.look()
    assert world.workers.run(target, TriggerKind.SPEC).outcome is Outcome.SUCCEEDED
    return target


def test_each_source_is_rendered_and_values_come_from_another(
    world: World, synced: TargetId
) -> None:
    assert world.colors() == {"web": "blue", "extra": "red"}
    [values] = world.state(synced).beside
    assert (values.repository, values.revision) == ("values", "main")
    assert values.commit == world.values.git("rev-parse", "HEAD")
    assert world.state(synced).revision == world.charts.git("rev-parse", "HEAD")


def test_a_commit_of_either_that_it_does_not_read_runs_nothing(
    world: World, synced: TargetId
) -> None:
    chart = world.charts.publish("another chart", {"api/Chart.yaml": "apiVersion: v2\nname: api\n"})
    values = world.values.publish("another environment", {"envs/dev.yaml": "color: gray\n"})

    assert world.look() == []

    assert world.state(synced).observed == chart
    assert world.state(synced).beside[0].observed == values


def test_a_value_file_that_changes_runs_it_and_renders_that_source_alone(
    world: World, synced: TargetId
) -> None:
    world.values.publish("green", {"envs/prod.yaml": "color: green\n"})

    [report] = world.look()

    assert (report.outcome, report.request.trigger.kind) == (Outcome.SUCCEEDED, TriggerKind.POLL)
    assert world.colors() == {"web": "green", "extra": "red"}
    [last, first] = targets.history(world.store, synced)
    assert last.beside[0].commit == world.values.git("rev-parse", "HEAD")
    assert (last.revision, last.beside) != (first.revision, first.beside)
    [changed] = revised.get(world.store, last.revised) or ()
    assert changed.subject == "ConfigMap/web"


def test_each_source_is_kept_by_itself(world: World, synced: TargetId) -> None:
    world.charts.publish(
        "another template", {"web/templates/map.yaml": MAP.format("web", "x{{ .Values.color }}")}
    )
    uid = documents.uid_of(world.store, Kind.REPOSITORY, "charts")
    found = lookup(world.workers.ports, Uid(uid or ""))
    assert found is not None
    sources.fold_lookup(world.store, found)

    assert world.places(synced) == [Place.RENDERED, Place.PROCESS]
    assert world.places(synced) == [Place.PROCESS, Place.PROCESS]


def test_a_rollback_takes_both_back_and_keeps_them(world: World, synced: TargetId) -> None:
    first = (world.state(synced).revision, world.state(synced).beside[0].commit)
    world.values.publish("green", {"envs/prod.yaml": "color: green\n"})
    world.look()
    world.charts.publish("yellow", {"web/templates/more.yaml": MAP.format("more", "yellow")})
    world.look()
    assert world.colors() == {"web": "green", "extra": "red", "more": "yellow"}

    run = targets.history(world.store, synced)[-1]
    asked = {"verb": "rollback", "to": str(run.fence), "targets": ("web@west",)}
    spec = OperationSpec.model_validate({**asked, "actor": "ana", "reason": "it is slow"})
    begun = sync.start(world.store, spec)
    while not sync.advance(world.store, begun.uid):
        pass
    [report] = world.workers.work(10)

    assert (report.revision, report.beside[0].commit) == first
    assert world.colors() == {"web": "blue", "extra": "red"}
    world.values.publish("black", {"envs/prod.yaml": "color: black\n"})
    assert world.look() == []


def test_the_same_object_of_two_sources_is_refused_until_one_of_them_is_mended(
    world: World, synced: TargetId
) -> None:
    again = MAP.format(f"web\n  namespace: {world.namespace}", "pink")
    world.values.publish("again", {"objects/again.yaml": again})

    [report] = world.look()

    assert (report.outcome, report.reason) == (Outcome.STALLED, "ManifestInvalid")
    assert "source 1 (web of Repository/charts)" in report.message
    assert "source values (objects of Repository/values)" in report.message
    world.values.publish("once", {"objects/again.yaml": None})
    [mended] = world.look()
    assert mended.outcome is Outcome.SUCCEEDED


def test_what_does_not_render_names_its_source(world: World) -> None:
    target = world.declare(CHART | LENT, {**VALUES, "path": "elsewhere"})
    world.look()

    report = world.workers.run(target, TriggerKind.SPEC)

    assert (report.outcome, report.reason) == (Outcome.STALLED, "PathNotFound")
    assert report.message.startswith("source values (elsewhere of Repository/values): ")
    world.charts.publish("any commit may mend it", {"README": "of either"})
    assert len(world.look()) == 1


def test_a_repository_that_is_not_registered_is_named(world: World) -> None:
    target = world.declare(CHART | LENT, {**VALUES, "repository": "nowhere"})
    world.look()

    report = world.workers.run(target, TriggerKind.SPEC)

    assert report.outcome is Outcome.STALLED
    assert "Repository/nowhere: is not registered" in report.message


def test_a_revision_of_a_persons_is_that_of_all_that_follow_the_same(world: World) -> None:
    objects = {"repository": "charts", "path": "objects", "revision": "main"}
    world.charts.publish("objects", {"objects/one.yaml": MAP.format("one", "old")})
    target = world.declare(CHART | LENT, VALUES, objects)
    world.charts.git("checkout", "-q", "-b", "feature")
    world.charts.publish("feature", {"objects/one.yaml": MAP.format("one", "new")})
    world.look()
    claim = world.workers.ports.checks.snapshot(target)
    assert claim is not None

    attempt = preview.begin(world.workers.ports, claim, revision="feature")
    resolve.settle(attempt)
    found = rendering.render(attempt, connection.connect(attempt))

    assert {one["metadata"]["name"]: one["data"]["color"] for one in found}["one"] == "new"
    assert [each.repository for each in attempt.beside] == ["values"]


def test_a_chart_of_a_helm_repository_takes_values_from_git(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(helm, "FRESH", 0.0)  # an index is asked for each time
    with charts.repository(tmp_path / "helm") as served:
        template = {"templates/main.yaml": MAP.format("web", "{{ .Values.color }}")}
        first = served.publish("web", "1.0.0", **template)
        register(world.store, "packed", url=served.url, type="helm")
        packed = {"repository": "packed", "chart": "web", "revision": "^1"}
        target = world.declare(packed | LENT, VALUES)
        world.look("packed", "values")
        assert world.workers.run(target, TriggerKind.SPEC).outcome is Outcome.SUCCEEDED
        assert world.colors() == {"web": "blue", "extra": "red"}
        assert world.state(target).revision == first

        second = served.publish("web", "1.1.0", **template, **{"README.md": "newer"})
        world.values.publish("green", {"envs/prod.yaml": "color: green\n"})
        world.look("packed", "values")

        assert world.colors() == {"web": "green", "extra": "red"}
        assert world.state(target).revision == second
        assert world.state(target).beside[0].commit == world.values.git("rev-parse", "HEAD")
        assert world.look("packed", "values") == []
