"""Runs of one target against a real kube-apiserver; the store and Git are stood in for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any, cast

import pytest

from syncline.model.application import ApplicationSpec
from syncline.model.change import Inventory
from syncline.model.names import TargetId, Uid
from syncline.model.records import ApplicationRecord
from syncline.model.request import Options, Request, Trigger, TriggerKind
from syncline.model.run import Claim, Lease, Report
from syncline.model.status import HealthStatus
from syncline.model.values import Manifest
from syncline_workers.cluster.api import Api
from syncline_workers.pipeline import reconcile, rendering, resolve
from tests.harness.apiserver import ApiServer
from tests.pipeline.twins import CLUSTER, Clusters, ports

TARGET = TargetId("a1.c1")


@dataclass
class Store:
    """Hands out one claim, and keeps what a run recorded before its first write."""

    claimed: Claim | None = None
    recorded: Inventory = ()

    def claim(self, _target: TargetId, _ticket: str, _worker: str) -> Claim:
        assert self.claimed is not None
        return self.claimed

    def renew(self, _lease: Lease, last_log: str) -> bool:  # noqa: ARG002
        return True

    def record(self, _lease: Lease, inventory: Inventory) -> None:
        self.recorded = inventory


@dataclass
class Target:
    """One application on the API server: what it renders is given to each run."""

    api: Api
    server: ApiServer
    namespace: str
    monkeypatch: pytest.MonkeyPatch
    policy: Mapping[str, Any] = field(default_factory=dict)
    checks: Sequence[Mapping[str, Any]] = ()
    health: HealthStatus = HealthStatus.UNKNOWN  # as last seen
    revision: str = ""  # applied last
    inventory: Inventory = ()
    name: str = "shop"
    at: float = 1.0  # when it is claimed, by the store's clock

    def run(
        self, *manifests: Manifest, by: str = "push", deleting: bool = False, **options: Any
    ) -> Report:
        """One whole run, of which the inventory is kept for the next."""
        self.monkeypatch.setattr(resolve, "resolve", lambda *_: "c" * 40)
        self.monkeypatch.setattr(rendering, "render", lambda *_: list(manifests))
        store = Store(self._claim(by, Options(**options), deleting=deleting))
        real = ports(desk=store, clusters=Clusters(cast("Any", self.api)))
        report = reconcile.reconcile(real, TARGET, "ticket")
        assert isinstance(report, Report)
        if report.inventory is not None:
            self.inventory = report.inventory
        return report

    def requests(self, *manifests: Manifest, **options: Any) -> int:
        """How many requests a run sends, the question who answers aside."""
        before = self.api.answered[0]
        self.run(*manifests, **options)
        return self.api.answered[0] - before

    def config(self, name: str = "web", **data: str) -> Manifest:
        meta = {"name": name, "namespace": self.namespace}
        return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": meta, "data": data}

    def path(self, name: str = "web", *, resource: str = "configmaps", group: str = "") -> str:
        root = f"/apis/{group}" if group else "/api/v1"
        return f"{root}/namespaces/{self.namespace}/{resource}/{name}"

    def live(self, name: str = "web", **where: str) -> Manifest:
        found: Manifest = self.server.call("GET", self.path(name, **where))
        return found

    def is_there(self, name: str = "web", **where: str) -> bool:
        path = self.path(name, **where).rpartition("/")[0]
        items = self.server.call("GET", path)["items"]
        return name in {item["metadata"]["name"] for item in items}

    def other_applies(self, manifest: Manifest, *, manager: str, force: bool = False) -> None:
        """Somebody else's server-side apply of a ConfigMap."""
        query = f"?fieldManager={manager}&force={str(force).lower()}"
        path = self.path(manifest["metadata"]["name"]) + query
        self.server.call("PATCH", path, manifest, kind="apply-patch+yaml")

    def other_patches(self, patch: Mapping[str, Any], *, manager: str, name: str = "web") -> None:
        """Somebody else's merge patch of a ConfigMap."""
        path = f"{self.path(name)}?fieldManager={manager}"
        self.server.call("PATCH", path, patch, kind="merge-patch+json")

    def _claim(self, by: str, options: Options, *, deleting: bool) -> Claim:
        spec = {
            "source": {"repository": "shop"},
            "destination": {"cluster": "west", "namespace": self.namespace},
            "syncPolicy": dict(self.policy),
            "checks": [dict(check) for check in self.checks],
        }
        kind = TriggerKind.DELETE if deleting else TriggerKind(by)
        return Claim(
            lease=Lease(target=TARGET, fence=int(self.at * 1e6), ticket="ticket", seconds=600),
            installation=f"inst-{self.namespace}",
            request=Request(trigger=Trigger(kind=kind), options=options),
            application=ApplicationRecord(
                uid=Uid("a1"),
                name=self.name,
                project="default",
                spec=ApplicationSpec.model_validate(spec),
            ),
            cluster=CLUSTER,
            repository=None,
            health=self.health,
            revision=self.revision,
            inventory=self.inventory,
            deleting=deleting,
            heard=1.0,
        )


def managers(live: Manifest) -> list[tuple[str, str]]:
    """Who holds fields of an object, and by which operation."""
    held = live["metadata"]["managedFields"]
    return sorted((entry["manager"], entry["operation"]) for entry in held)


def ready(report: Report) -> SimpleNamespace:
    """What most tests ask of a report."""
    changed = [(change.ref.name, change.action.value) for change in report.changes]
    return SimpleNamespace(outcome=report.outcome.value, reason=report.reason, changed=changed)
