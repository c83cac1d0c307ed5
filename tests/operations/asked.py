"""What people write and ask, short; and the scheduler's own work done at once, without a broker."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from syncline.model import parse, wanted
from syncline.model.application import Application
from syncline.model.cluster import Cluster
from syncline.model.names import TargetName, Uid
from syncline.model.operation import Operation, OperationSpec
from syncline.model.repository import Repository
from syncline.model.run import Claim, Report
from syncline.model.state import TargetState
from syncline.model.status import HealthStatus, Lane, Outcome, SyncStatus
from syncline.operations import documents, sync
from syncline.operations.documents import Applied, Written
from syncline.scheduler import work
from syncline.store import documents as stored
from syncline.store import due, operations, runs, targets
from syncline.store.connection import Store
from syncline.store.records import Kind

NOW = timedelta(seconds=30)


def mapping(kind: str, name: str, spec: Mapping[str, Any], **metadata: Any) -> dict[str, Any]:
    return {
        "apiVersion": "syncline.dev/v1alpha1",
        "kind": kind,
        "metadata": {"name": name, **metadata},
        "spec": dict(spec),
    }


def repository(name: str = "shop", url: str = "https://git.example/shop.git") -> Repository:
    document = parse.parse_mapping(mapping("Repository", name, {"url": url}), source="test")
    assert isinstance(document, Repository)
    return document


def cluster(name: str, labels: Mapping[str, str] | None = None, **spec: Any) -> Cluster:
    written = mapping("Cluster", name, {"kubeconfig": "stored", **spec}, labels=dict(labels or {}))
    document = parse.parse_mapping(written, source="test")
    assert isinstance(document, Cluster)
    return document


def application(
    name: str,
    where: str | Mapping[str, Any],
    *,
    revision: str = "main",
    path: str = "",
    namespace: str | None = None,
    parameters: Mapping[str, str] | None = None,
    depends_on: Sequence[Mapping[str, str]] = (),
    labels: Mapping[str, str] | None = None,
    **policy: Any,
) -> Application:
    """On one cluster by its name, or on those that a mapping of labels selects."""
    destination = {"cluster": where} if isinstance(where, str) else {"selector": where}
    spec = {
        "source": {"repository": "shop", "path": path or name, "revision": revision},
        "destination": {**destination, "namespace": namespace},
        "parameters": dict(parameters or {}),
        "syncPolicy": policy,
        "dependsOn": list(depends_on),
    }
    written = mapping("Application", name, spec, labels=dict(labels or {}))
    document = parse.parse_mapping(written, source="test")
    assert isinstance(document, Application)
    return document


EVERYWHERE: Mapping[str, Any] = {"matchLabels": {}}


def apply(store: Store, *written: Written) -> list[Applied]:
    return documents.apply(store, written, actor="ana", reason="a test")


def settle(store: Store) -> None:
    """Do all work that is due, as schedulers would, until none is left."""
    for _ in range(1000):
        taken = [each for each in due.take(store, 200, hold=NOW) if each.kind in work.KINDS]
        if not taken:
            return
        for each in taken:
            work.do(store, each)
    raise AssertionError("work never ends")


def uid(store: Store, kind: Kind, name: str) -> Uid:
    record = stored.get(store, kind, name)
    assert record is not None
    return record.uid


def names(store: Store) -> list[str]:
    """The names of all targets that are there to stay."""
    return [each.name for each in targets.page(store, limit=1000).items if not each.deleting]


def state(store: Store, name: str) -> TargetState:
    found = targets.by_name(store, TargetName.parse(name))
    assert found is not None
    return found


def claims(store: Store, lane: Lane | None = None) -> list[Claim]:
    """Dispatch and claim all that is ready."""
    found = []
    for each in [lane] if lane else list(Lane):
        for sent in runs.dispatch(store, each, 200):
            claim = runs.claim(store, sent.target, sent.ticket, "worker")
            assert isinstance(claim, Claim), claim
            found.append(claim)
    return found


def finish(store: Store, claim: Claim, outcome: Outcome = Outcome.SUCCEEDED) -> None:
    well = outcome is Outcome.SUCCEEDED
    report = Report(
        lease=claim.lease,
        outcome=outcome,
        request=claim.request,
        sync=SyncStatus.SYNCED if well else SyncStatus.OUT_OF_SYNC,
        health=HealthStatus.HEALTHY if well else HealthStatus.UNKNOWN,
        reason="Succeeded" if well else "ApplyRejected",
        message="" if well else "the cluster said no",
        revision="c1",
        observed="c1",
        cluster_reachable=True,
        wanted=wanted.digest(claim.application, claim.cluster),
        gone=claim.deleting,
    )
    assert runs.fold(store, report)


def run_all(store: Store) -> list[str]:
    """Let workers do all that is ready; returns the names in the order they were run."""
    done = []
    while found := claims(store):
        for claim in found:
            finish(store, claim)
            done.append(str(claim.name))
        settle(store)
    return done


def start(store: Store, **spec: Any) -> Operation:
    asked = {"reason": "a test", "actor": "ana", **spec}
    return sync.start(store, OperationSpec(**asked))


def operation(store: Store, uid: Uid) -> Operation:
    found = operations.get(store, uid)
    assert found is not None
    return found
