"""A small fleet in a store, and a worker that needs no cluster: what the store's tests act with."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from syncline.contract.reports import ClusterReport
from syncline.model.application import Application
from syncline.model.change import Change, Inventory, InventoryEntry, ObjectRef
from syncline.model.cluster import Cluster
from syncline.model.names import TargetId, Uid, target_id
from syncline.model.openings import Named
from syncline.model.operation import OperationSpec
from syncline.model.records import ApplicationRecord, ClusterRecord
from syncline.model.repository import Repository
from syncline.model.request import Options, Request, Trigger, TriggerKind
from syncline.model.run import Claim, Progress, Report
from syncline.model.status import HealthStatus, Lane, Outcome, SyncStatus
from syncline.model.windows import Window
from syncline.store import clusters, documents, keys, operations, runs, targets, windows
from syncline.store.connection import Store

API = "syncline.dev/v1alpha1"


def repository(name: str = "fleet", **spec: Any) -> Repository:
    return Repository.model_validate(
        {
            "apiVersion": API,
            "kind": "Repository",
            "metadata": {"name": name},
            "spec": {"url": f"https://git.example/{name}.git", **spec},
        }
    )


def cluster(name: str, *, labels: dict[str, str] | None = None, **spec: Any) -> Cluster:
    return Cluster.model_validate(
        {
            "apiVersion": API,
            "kind": "Cluster",
            "metadata": {"name": name, "labels": labels or {}},
            "spec": {"kubeconfig": "stored", **spec},
        }
    )


def application(
    name: str,
    *,
    project: str = "default",
    revision: str = "main",
    repository: str = "fleet",
    labels: dict[str, str] | None = None,
    **policy: Any,
) -> Application:
    return Application.model_validate(
        {
            "apiVersion": API,
            "kind": "Application",
            "metadata": {"name": name, "project": project, "labels": labels or {}},
            "spec": {
                "source": {"repository": repository, "path": name, "revision": revision},
                "destination": {"selector": {}},
                "syncPolicy": policy,
            },
        }
    )


def window(kind: str = "deny", **spec: Any) -> Window:
    """One that is active, for an hour, unless told otherwise."""
    begun = {"starts": moment(-60), "ends": moment(3600)}
    return Window.model_validate({"kind": kind, **begun, **spec})


def moment(seconds: float) -> str:
    return (datetime.now(UTC) + timedelta(seconds=seconds)).isoformat()


def request(
    kind: TriggerKind = TriggerKind.USER,
    *,
    revision: str | None = None,
    operation: str | None = None,
    **options: Any,
) -> Request:
    return Request(
        trigger=Trigger(kind=kind, actor="ana", reason="because"),
        revision=revision,
        operation=operation,
        options=Options(**options),
    )


def entry(name: str, digest: str = "d1", kind: str = "ConfigMap") -> InventoryEntry:
    ref = ObjectRef(group="", version="v1", kind=kind, namespace="shop", name=name)
    return InventoryEntry(ref=ref, digest=digest)


def inventory(*names: str) -> Inventory:
    return tuple(entry(name) for name in names)


def report(claim: Claim, **values: Any) -> Report:
    """A success, unless told otherwise."""
    told: dict[str, Any] = {
        "lease": claim.lease,
        "outcome": Outcome.SUCCEEDED,
        "request": claim.request,
        "sync": SyncStatus.SYNCED,
        "health": HealthStatus.HEALTHY,
        "reason": "Succeeded",
        "revision": claim.head or "c1",
        "observed": claim.head or "c1",
        "cluster_reachable": True,
    }
    return Report(**{**told, **values})


def failed(claim: Claim, **values: Any) -> Report:
    """A transient failure, tried again in 5 s."""
    told: dict[str, Any] = {
        "outcome": Outcome.FAILED,
        "sync": SyncStatus.OUT_OF_SYNC,
        "health": HealthStatus.UNKNOWN,
        "reason": "ClusterBusy",
        "message": "the API server answered 503",
        "retry_after": 5.0,
        "revision": claim.revision,
        "observed": claim.observed,
    }
    return report(claim, **{**told, **values})


def paused(claim: Claim, **values: Any) -> Report:
    """It waits at a step, and goes on in 2 s."""
    told: dict[str, Any] = {
        "outcome": Outcome.WAITING,
        "sync": SyncStatus.OUT_OF_SYNC,
        "health": HealthStatus.PROGRESSING,
        "reason": "Waiting",
        "message": "Sync waits for Deployment/shop/web: 0 of 1 replicas",
        "retry_after": 2.0,
        "revision": claim.revision,
        "observed": claim.observed,
        "progress": Progress(run="r", key="k", step="Sync/1", applied=True, pauses=1),
    }
    return report(claim, **{**told, **values})


def away(claim: Claim, **values: Any) -> Report:
    """No API server answered."""
    told: dict[str, Any] = {
        "sync": SyncStatus.UNKNOWN,
        "reason": "ClusterUnreachable",
        "message": "connection refused",
        "cluster_reachable": False,
    }
    return failed(claim, **{**told, **values})


def launched(store: Store, spec: OperationSpec, members: Sequence[TargetId]) -> Uid:
    """An operation over these targets, expanded and launched."""
    made, _ = operations.create(store, spec)
    states = targets.many(store, members)
    operations.add(store, made.uid, [(each.id, each.name) for each in states if each])
    operations.expanded(store, made.uid)
    operations.launch(store, made.uid)
    return made.uid


@dataclass
class World:
    """Documents and their targets; every cluster has answered once."""

    store: Store

    def repository(self, name: str = "fleet") -> Uid:
        return documents.put_repository(self.store, repository(name)).record.uid

    def cluster(self, name: str = "west", *, proven: bool = True, **spec: Any) -> ClusterRecord:
        put = documents.put_cluster(self.store, cluster(name, **spec)).record
        if proven:
            clusters.fold_cluster(self.store, ClusterReport(cluster=put.uid, reachable=True))
        found = documents.cluster(self.store, put.uid)
        assert found is not None
        return found

    def application(self, name: str = "shop", **spec: Any) -> ApplicationRecord:
        put = documents.put_application(self.store, application(name, **spec)).record
        assert isinstance(put, ApplicationRecord)
        return put

    def target(
        self, app: str = "shop", on: str = "west", *, project: str = "default", **policy: Any
    ) -> TargetId:
        """A target of an application and a cluster, each made where it is absent."""
        found_app = documents.get(self.store, documents.Kind.APPLICATION, app, project)
        found_on = documents.get(self.store, documents.Kind.CLUSTER, on)
        application = found_app or self.application(app, project=project, **policy)
        where = found_on or self.cluster(on)
        assert isinstance(application, ApplicationRecord)
        assert isinstance(where, ClusterRecord)
        targets.ensure(self.store, application, where)
        return target_id(application.uid, where.uid)

    def trigger(self, target: TargetId, wish: Request | None = None) -> int:
        return runs.trigger(self.store, [target], wish or request())[0]

    def dispatch(self, lane: Lane = Lane.USER, room: int = 10) -> list[runs.Dispatch]:
        return runs.dispatch(self.store, lane, room)

    def dispatch_any(self, room: int = 10) -> list[runs.Dispatch]:
        return [sent for lane in Lane for sent in self.dispatch(lane, room)]

    def claim(self, sent: runs.Dispatch, worker: str = "w1") -> Claim:
        claim = runs.claim(self.store, sent.target, sent.ticket, worker)
        assert isinstance(claim, Claim), claim
        return claim

    def start(self, target: TargetId, wish: Request | None = None) -> Claim:
        """Trigger, dispatch and claim one target."""
        self.trigger(target, wish)
        return self.claim(self.sent(target))

    def sent(self, target: TargetId) -> runs.Dispatch:
        found = [sent for sent in self.dispatch_any() if sent.target == target]
        assert found, self.state(target)
        return found[0]

    def run(self, target: TargetId, wish: Request | None = None, **values: Any) -> Claim:
        """Trigger, dispatch, claim and fold one target."""
        claim = self.start(target, wish)
        assert runs.fold(self.store, report(claim, **values))
        return claim

    def closed(self, *targets: TargetId, **spec: Any) -> str:
        """Give targets a window that denies; returns its set."""
        freeze = Named(name="SyncWindow/freeze", window=window(**spec))
        windows.file(self.store, [freeze], targets)
        return str(self.store.redis.hget(keys.TARGET(targets[0]), "windows"))

    def state(self, target: TargetId) -> Any:
        return targets.get(self.store, target)

    def changes(self, *names: str) -> tuple[Change, ...]:
        from syncline.model.change import Action  # noqa: PLC0415

        return tuple(Change(ref=entry(name).ref, action=Action.CONFIGURED) for name in names)


def names(dispatched: Iterable[runs.Dispatch]) -> list[str]:
    return [sent.name for sent in dispatched]
