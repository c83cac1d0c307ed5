"""Fleets in the store for tests: documents, targets, and runs that ended."""

from __future__ import annotations

from typing import Any

from syncline.contract.reports import ClusterReport
from syncline.model import parse
from syncline.model.change import Action, Change, InventoryEntry, ObjectRef
from syncline.model.names import TargetName
from syncline.model.request import Request, Trigger, TriggerKind
from syncline.model.run import Claim, Report
from syncline.model.state import TargetState
from syncline.model.status import HealthStatus, Lane, Outcome, SyncStatus
from syncline.operations import documents, expand
from syncline.store import clusters, runs, targets
from syncline.store import documents as stored
from syncline.store.connection import Store
from syncline.store.records import Kind
from syncline.store.runs import Dispatch

COMMIT = "c0ffee" + "0" * 34
WEB = ObjectRef(group="apps", version="v1", kind="Deployment", namespace="shop", name="web")


def repository(name: str = "apps", url: str = "https://git.example/apps") -> dict[str, Any]:
    return _document("Repository", {"name": name}, {"url": url})


def cluster(name: str, **labels: str) -> dict[str, Any]:
    spec = {"kubeconfig": "file:kubeconfig"}
    return _document("Cluster", {"name": name, "labels": labels}, spec)


def application(name: str, *, project: str = "default", **labels: str) -> dict[str, Any]:
    metadata = {"name": name, "project": project, "labels": labels}
    spec = {
        "source": {"repository": "apps", "path": name},
        "destination": {"selector": {}},
    }
    return _document("Application", metadata, spec)


class Fleet:
    """What a scheduler and workers would do with the store of a test."""

    def __init__(self, store: Store) -> None:
        """Nothing is registered yet."""
        self.store = store
        self._waiting: dict[str, Dispatch] = {}

    def install(self, *wanted: dict[str, Any]) -> None:
        """Register documents and make their targets; their clusters answer."""
        parsed = [parse.parse_mapping(each, source="test") for each in wanted]
        documents.apply(self.store, parsed, actor="setup", reason="a test's fleet")
        for record in stored.page(self.store, Kind.CLUSTER, limit=500).items:
            report = ClusterReport(cluster=record.uid, reachable=True, kube_uid=record.uid)
            clusters.fold_cluster(self.store, report)
        for kind in (Kind.APPLICATION, Kind.CLUSTER):
            for record in stored.page(self.store, kind, limit=500).items:
                while not expand.advance(self.store, record.uid):
                    pass

    def grid(self, *, applications: int, clusters: int) -> None:
        """Register so many of each, every application on every cluster."""
        self.install(
            repository(),
            *(cluster(f"c{number:02}", zone="eu") for number in range(clusters)),
            *(application(f"app{number:02}", team="shop") for number in range(applications)),
        )

    def run(self, name: str, **outcome: Any) -> TargetState:
        """Run one target that wants to, and fold the outcome."""
        runs.fold(self.store, report_of(self._claim(name), **outcome))
        state = targets.by_name(self.store, TargetName.parse(name))
        assert state is not None
        return state

    def succeed(self, name: str) -> TargetState:
        """Let a target's run create one Deployment and end in sync."""
        entry = InventoryEntry(ref=WEB, digest="d", uid="u", resource_version="1", generation=1)
        changes = (Change(ref=WEB, action=Action.CREATED),)
        return self.run(name, inventory=(entry,), changes=changes)

    def fail(self, name: str, **outcome: Any) -> TargetState:
        """Let a target's run end stalled."""
        return self.run(
            name,
            outcome=Outcome.STALLED,
            sync=SyncStatus.OUT_OF_SYNC,
            health=HealthStatus.UNKNOWN,
            reason="RenderFailed",
            message="kustomization.yaml: no such field [red]x[/red]",
            **outcome,
        )

    def poison(self, name: str) -> TargetState:
        """Let a target's runs be killed until it is set aside."""
        for number in range(self.store.limits.attempts):
            ticket = self._claim(name).lease.ticket
            runs.fold_failure(
                self.store, ticket, "WorkerLostError: signal 9", f"render {number}\napply {number}"
            )
            state = targets.by_name(self.store, TargetName.parse(name))
            assert state is not None
            runs.trigger(self.store, [state.id], Request(trigger=Trigger(kind=TriggerKind.RETRY)))
        return state

    def _claim(self, name: str) -> Claim:
        for lane in Lane:
            self._waiting |= {each.name: each for each in runs.dispatch(self.store, lane, 200)}
        assert name in self._waiting, f"{name} does not want to run"
        dispatched = self._waiting.pop(name)
        claim = runs.claim(self.store, dispatched.target, dispatched.ticket, "worker-1")
        assert isinstance(claim, Claim), claim
        return claim


def report_of(claim: Claim, **outcome: Any) -> Report:
    """Report success, but for what is told otherwise."""
    usual = {
        "lease": claim.lease,
        "request": claim.request,
        "outcome": Outcome.SUCCEEDED,
        "sync": SyncStatus.SYNCED,
        "health": HealthStatus.HEALTHY,
        "reason": "Succeeded",
        "revision": COMMIT,
        "observed": COMMIT,
        "cluster_reachable": True,
    }
    return Report(**{**usual, **outcome})


def _document(kind: str, metadata: dict[str, Any], spec: dict[str, Any]) -> dict[str, Any]:
    version = "syncline.dev/v1alpha1"
    return {"apiVersion": version, "kind": kind, "metadata": metadata, "spec": spec}
