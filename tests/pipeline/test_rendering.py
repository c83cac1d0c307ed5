"""What of the cluster reaches a render, and that only charts are rendered again because of it."""

import shutil
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

import pytest

from syncline.model.change import Inventory, ObjectRef
from syncline.model.names import TargetId
from syncline.model.records import RepositoryRecord
from syncline.model.run import Claim, Lease
from syncline.model.values import Manifest
from syncline.settings import RenderSettings
from syncline_workers.pipeline import rendering
from syncline_workers.pipeline.attempt import Attempt
from syncline_workers.pipeline.remembered import Remembered, Result, commit_of
from tests.harness.dirtree import DirTree, written
from tests.pipeline.twins import CLUSTER, REPOSITORY, entry, ports
from tools import programs

LEASE = Lease(target=TargetId("a1.c1"), fence=7, ticket="t", seconds=30)
MONITOR = '{{ .Capabilities.APIVersions.Has "monitoring.coreos.com/v1/ServiceMonitor" | quote }}'
MAP = "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: seen\n"
FILES = {
    "chart/Chart.yaml": "apiVersion: v2\nname: web\nversion: 1.0.0\n",
    "chart/templates/seen.yaml": f"{MAP}data:\n  monitor: {MONITOR}\n"
    "  version: {{ .Capabilities.KubeVersion.Version }}\n",
    "plain/seen.yaml": MAP,
    "kustomize/kustomization.yaml": "resources: [seen.yaml]\n",
    "kustomize/seen.yaml": MAP,
}
BUILT_IN = ("apps/v1", "apps/v1/Deployment", "v1", "v1/ConfigMap")
MONITORED = (*BUILT_IN, "monitoring.coreos.com/v1", "monitoring.coreos.com/v1/ServiceMonitor")


@dataclass
class Served:
    """A cluster, as far as a render asks it."""

    names: tuple[str, ...]
    asked: list[list[ObjectRef]] = field(default_factory=list)

    def api_versions(self, applied: Iterable[ObjectRef]) -> tuple[str, ...]:
        self.asked.append(list(applied))
        return self.names


@dataclass
class Shared:
    """The shared cache, and what was put into it."""

    kept: dict[str, bytes] = field(default_factory=dict)

    def get(self, key: str) -> bytes | None:
        return self.kept.get(key)

    def put(self, key: str, rendered: bytes) -> None:
        self.kept[key] = rendered


@dataclass
class Fleet:
    """One repository, rendered for any cluster."""

    tree: DirTree
    settings: RenderSettings
    shared: Shared = field(default_factory=Shared)
    remembered: Remembered = field(default_factory=Remembered)
    opened_times: int = 0

    @contextmanager
    def opened(self, _: RepositoryRecord, _revision: str) -> Iterator[DirTree]:
        self.opened_times += 1
        yield self.tree

    def render(
        self,
        path: str,
        api: Served,
        *,
        version: str = "v1.36.3",
        inventory: Inventory = (),
        revision: str = "a" * 40,
        repository: RepositoryRecord = REPOSITORY,
        **source: Any,
    ) -> tuple[list[Manifest], str]:
        """The manifests and their render key."""
        spec = {
            "source": {"repository": "shop", "path": path, **source},
            "destination": {"namespace": "shop", "selector": {"matchLabels": {"a": "b"}}},
        }
        application = {"uid": "a1", "name": "web", "project": "default", "spec": spec}
        claim = Claim.model_validate(
            {
                "lease": LEASE,
                "installation": "i",
                "request": {"generation": 1, "trigger": {"kind": "push"}},
                "application": application,
                "cluster": CLUSTER,
                "repository": repository,
                "inventory": inventory,
            }
        )
        repositories = cast("Any", type("Opened", (), {"tree": staticmethod(self.opened)}))
        found = ports(
            repositories=repositories,
            renders=self.shared,
            render=self.settings,
            remembered=self.remembered,
        )
        attempt = Attempt(ports=found, claim=claim, heart=cast("Any", None))
        attempt.identity, attempt.revision = ("uid", version), revision
        return rendering.render(attempt, cast("Any", api)), attempt.render_key


@pytest.fixture
def fleet(tmp_path: Path) -> Fleet:
    settings = RenderSettings(
        cache=tmp_path / "cache",
        helm=str(programs.find("helm").path),
        kustomize=str(programs.find("kustomize").path),
    )
    return Fleet(written(tmp_path / "repository", FILES), settings)


def test_a_chart_sees_the_version_and_the_kinds_of_its_cluster(fleet: Fleet) -> None:
    without, _ = fleet.render("chart", Served(BUILT_IN), version="v1.30.2")
    having, _ = fleet.render("chart", Served(MONITORED), version="v1.31.0")

    assert [one["data"] for one in (*without, *having)] == [
        {"monitor": "false", "version": "v1.30.2"},
        {"monitor": "true", "version": "v1.31.0"},
    ]


def test_clusters_that_serve_the_same_share_one_render(fleet: Fleet) -> None:
    _, first = fleet.render("chart", Served(MONITORED))
    kept = set(fleet.shared.kept)

    _, second = fleet.render("chart", Served(tuple(reversed(MONITORED))))

    assert second == first
    assert set(fleet.shared.kept) == kept


def test_another_served_kind_or_version_is_another_render_of_a_chart(fleet: Fleet) -> None:
    keys = {
        fleet.render("chart", Served(BUILT_IN))[1],
        fleet.render("chart", Served(MONITORED))[1],
        fleet.render("chart", Served(BUILT_IN), version="v1.37.0")[1],
    }

    assert len(keys) == 3


def test_a_chart_sees_what_its_application_says_instead(fleet: Fleet) -> None:
    api, said = Served(BUILT_IN), {"kubeVersion": "v1.29.0", "apiVersions": list(MONITORED)}

    one, key = fleet.render("chart", api, version="v1.30.2", helm=said)
    _, other = fleet.render("chart", api, version="v1.31.0", helm=said)

    assert one[0]["data"] == {"monitor": "true", "version": "v1.29.0"}
    assert (other, api.asked) == (key, [])


@pytest.mark.parametrize("path", ["plain", "kustomize"])
def test_nothing_else_depends_on_the_cluster_or_asks_it(fleet: Fleet, path: str) -> None:
    one, other = Served(BUILT_IN), Served(MONITORED)

    keys = {
        fleet.render(path, one)[1],
        fleet.render(path, other, version="v1.30.2")[1],
    }

    assert len(keys) == 1
    assert one.asked == other.asked == []


def test_a_chart_asks_once_and_names_what_was_applied(fleet: Fleet) -> None:
    api, applied = Served(BUILT_IN), entry("seen", uid="u", version="1", mark="m")

    fleet.render("chart", api, inventory=(applied,))

    assert api.asked == [[applied.ref]]


@pytest.mark.parametrize("path", ["plain", "kustomize", "chart"])
def test_what_a_process_has_rendered_it_remembers(fleet: Fleet, path: str) -> None:
    rendered = fleet.render(path, Served(BUILT_IN))
    fleet.opened_times = 0
    fleet.shared.kept.clear()
    shutil.rmtree(fleet.settings.cache)

    assert fleet.render(path, Served(BUILT_IN)) == rendered

    assert (fleet.opened_times, fleet.shared.kept) == (0, {})


def test_another_commit_is_looked_at_again(fleet: Fleet) -> None:
    fleet.render("plain", Served(BUILT_IN))
    fleet.opened_times = 0

    fleet.render("plain", Served(BUILT_IN), revision="b" * 40)

    assert fleet.opened_times == 1


def test_a_repository_whose_document_changed_is_asked_again(fleet: Fleet) -> None:
    fleet.render("plain", Served(BUILT_IN))
    fleet.opened_times = 0

    fleet.render(
        "plain", Served(BUILT_IN), repository=REPOSITORY.model_copy(update={"generation": 2})
    )

    assert fleet.opened_times == 1


def test_what_is_large_is_left_to_the_disk() -> None:
    memory = Remembered()
    commit = commit_of(REPOSITORY, "a" * 40)
    result = Result(key="k", inputs={}, manifests=())

    memory.keep(commit, "small", result, size=1000)
    memory.keep(commit, "large", result, size=1_000_000)

    assert (memory.result(commit, "small"), memory.result(commit, "large")) == (result, None)
