"""One host of a fleet that renders: a real store, a tree of files, and runs of one application."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

from syncline.model.change import Inventory, ObjectRef
from syncline.model.names import TargetId
from syncline.model.records import RepositoryRecord
from syncline.model.run import Claim, Lease
from syncline.model.values import Manifest
from syncline.settings import RenderSettings
from syncline.store import keys
from syncline.store.connection import Store
from syncline_workers.app.desk import StoreRenders
from syncline_workers.pipeline import rendering
from syncline_workers.pipeline.attempt import Attempt
from syncline_workers.pipeline.remembered import Remembered
from tests.harness.dirtree import DirTree, written
from tests.pipeline.twins import CLUSTER, REPOSITORY, ports
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
class Fleet:
    """One repository, rendered for any cluster."""

    tree: DirTree
    settings: RenderSettings
    store: Store
    remembered: Remembered = field(default_factory=Remembered)
    opened_times: int = 0

    @property
    def kept(self) -> set[str]:
        """What the store shares, by name."""
        return set(self.store.redis.zrange(keys.RENDERED_BY(), 0, -1))

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
        attempt = self.attempt(
            path,
            version=version,
            inventory=inventory,
            revision=revision,
            repository=repository,
            **source,
        )
        return rendering.render(attempt, cast("Any", api)), attempt.render_key

    def attempt(
        self,
        path: str,
        *,
        version: str = "v1.36.3",
        inventory: Inventory = (),
        revision: str = "a" * 40,
        repository: RepositoryRecord = REPOSITORY,
        **source: Any,
    ) -> Attempt:
        """A run that is about to render."""
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
        repositories = cast("Any", SimpleNamespace(tree=self.opened, commit=lambda *_: None))
        found = ports(
            repositories=repositories,
            renders=StoreRenders(self.store),
            render=self.settings,
            remembered=self.remembered,
        )
        attempt = Attempt(ports=found, claim=claim, heart=cast("Any", None))
        attempt.identity, attempt.revision = ("uid", version), revision
        return attempt


def host(root: Path, store: Store) -> Fleet:
    """One whose disk is below this directory, and whose run has its lease."""
    running = {"phase": "running", "fence": str(LEASE.fence)}
    store.redis.hset(keys.TARGET(LEASE.target), mapping=running)
    settings = RenderSettings(
        cache=root / "cache",
        **{name: str(programs.find(name).path) for name in programs.SETTINGS},
    )
    return Fleet(written(root / "repository", FILES), settings, store)
