"""A fleet in a store, made by the product's own steps: what a worker would do, without clusters.

Documents are put, targets expanded, and each round is one commit that changes every target: its
look-up is folded, the targets are triggered, dispatched, claimed, recorded and folded.
"""

import hashlib
import math
import random
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Any
from uuid import uuid4

from syncline.contract.reports import ClusterReport, LookupReport
from syncline.model.application import Application
from syncline.model.change import Action, Change, Inventory, InventoryEntry, ObjectRef
from syncline.model.cluster import Cluster
from syncline.model.commit import Commit
from syncline.model.names import Uid
from syncline.model.operation import OperationSpec
from syncline.model.records import ApplicationRecord, ClusterRecord
from syncline.model.repository import Repository
from syncline.model.request import Request
from syncline.model.run import Inputs, Lease, Report
from syncline.model.status import HealthStatus, Lane, Outcome, SyncStatus
from syncline.model.wanted import digest
from syncline.store import (
    clusters,
    documents,
    keys,
    operations,
    packing,
    reports,
    runs,
    sources,
    targets,
)
from syncline.store.batches import CHUNK as LAUNCHED
from syncline.store.connection import Store
from syncline.store.limits import DEFAULT

API = "syncline.dev/v1alpha1"
KINDS = (
    ("", "v1", "ServiceAccount"),
    ("apps", "v1", "Deployment"),
    ("", "v1", "Service"),
    ("networking.k8s.io", "v1", "Ingress"),
)
"""Of the objects of an application, in turn."""

KUBECONFIG = b"k" * 2500
CHUNK = 200
STEPS = ("resolve", "connect", "render", "plan", "record", "apply", "prune")


@dataclass
class Fleet:
    """Applications on all clusters, each with so many objects."""

    store: Store
    applications: int
    clusters: int
    objects: int
    repository: Uid = field(init=False)
    made: list[ApplicationRecord] = field(default_factory=list)
    on: list[ClusterRecord] = field(default_factory=list)
    _names: dict[str, str] = field(default_factory=dict)
    _wanted: dict[str, str] = field(default_factory=dict)

    @property
    def size(self) -> int:
        """Targets."""
        return self.applications * self.clusters

    def declare(self) -> None:
        """Put the documents and make the targets."""
        self.repository = documents.put_repository(self.store, _repository()).record.uid
        for number in range(self.clusters):
            put = documents.put_cluster(self.store, _cluster(number), kubeconfig=KUBECONFIG).record
            seen = ClusterReport(
                cluster=put.uid, reachable=True, kube_uid=str(uuid4()), version="v1.36.1"
            )
            clusters.fold_cluster(self.store, seen)
            assert isinstance(put, ClusterRecord)
            self.on.append(put)
        for number in range(self.applications):
            made = documents.put_application(self.store, _application(number)).record
            assert isinstance(made, ApplicationRecord)
            self.made.append(made)
            self._names[made.uid] = made.name
            self._wanted[made.uid] = digest(made, self.on[0])
            on = [(f"{made.uid}.{c.uid}", f"{made.name}@{c.name}") for c in self.on]
            for start in range(0, len(on), CHUNK):
                self._call("ensure", on[start : start + CHUNK])

    def round(self, number: int) -> int:
        """Take one commit to every target; returns how many ran."""
        commit = hashlib.sha1(f"commit {number}".encode()).hexdigest()  # noqa: S324 - as git does
        learned = tuple(sources.inputs(self.store, self.repository, "main"))
        look = LookupReport(
            repository=self.repository, heads={"main": commit}, affected={"main": learned}
        )
        sources.fold_lookup(self.store, look)
        ran = 0
        while sent := runs.dispatch(self.store, Lane.PUSH, CHUNK):
            ran += self._run(sent, number)
        return ran

    def operate(self, most: int) -> Uid:
        """Sync so many targets by one operation, to its end."""
        asked = OperationSpec(all=True, actor="ana", reason="the first roll-out of all")
        uid = operations.create(self.store, asked)[0].uid
        for chunk in islice(targets.ids(self.store, chunk=LAUNCHED), math.ceil(most / LAUNCHED)):
            operations.add(self.store, uid, chunk)
        operations.expanded(self.store, uid)
        while operations.launch(self.store, uid):
            pass
        while sent := runs.dispatch(self.store, Lane.USER, CHUNK):
            self._run(sent, 0)
        return uid

    def remember(self, runs_more: int) -> None:
        """Add so many runs to the history of every target, as their folds would have written it.

        The rest of a target's state does not grow with its runs, so this is what they cost.
        """
        for chunk in targets.ids(self.store, chunk=CHUNK):
            names = [keys.HISTORY(target) for target, _ in chunk]
            with self.store.redis.pipeline() as pipe:
                for name in names:
                    pipe.lindex(name, 0)
                rows = pipe.execute()
            with self.store.redis.pipeline() as pipe:
                for name, row in zip(names, rows, strict=True):
                    pipe.lpush(name, *(_again(row, number) for number in range(runs_more)))
                pipe.execute()

    def _run(self, sent: list[runs.Dispatch], number: int) -> int:
        """Claim, record and fold these, each step for all in one round trip."""
        worker = ("worker-1@host/12345", 30.0, 5, self.store.installation)
        answers = self._call("claim", [(each.target, each.ticket, *worker) for each in sent])
        # A cluster has room for so many at once; the others are in line again.
        pairs = [pair for pair in zip(sent, answers, strict=True) if not pair[1][0]]
        claimed = [self._claim(*pair, number) for pair in pairs]
        self._call("record", [each.recorded for each in claimed])
        folds = [
            (*reports.arguments(report, DEFAULT, {}), *reports.inventory(report))
            for report in (each.report for each in claimed)
        ]
        assert {folded for folded, _ in self._call("fold", folds)} == {1}
        return len(claimed)

    def _call(self, script: str, calls: Sequence[Sequence[str | float]]) -> list[Any]:
        """Run a step many times in one round trip."""
        _, text = self.store.scripts._learn(script)
        self.store.redis.script_load(text)
        with self.store.redis.pipeline() as pipe:
            for arguments in calls:
                self.store.scripts.call(pipe, script, arguments)
            answers: list[Any] = pipe.execute()
        return answers

    def _claim(self, sent: runs.Dispatch, answer: list[Any], number: int) -> "_Claimed":
        application, _, cluster = sent.target.partition(".")
        held = dict(zip(answer[17][::2], answer[17][1::2], strict=True))
        claimed = _Claimed(
            lease=Lease(target=sent.target, fence=int(answer[1]), ticket=sent.ticket, seconds=30),
            request=Request.model_validate_json(answer[2]),
            application=self._names[application],
            cluster=cluster,
            head=answer[10],
            is_first=not held,
            wanted=self._wanted[application],
        )
        claimed.finish(number, self._inventory(claimed, packing.read_inventory(held), number))
        return claimed

    def _inventory(self, claimed: "_Claimed", held: Inventory, number: int) -> Inventory:
        """What the apply returns: the Deployment is another one with each commit."""
        if held:
            return tuple(
                _entry(entry.ref, number, uid=entry.uid)
                if entry.ref.kind == "Deployment"
                else entry
                for entry in held
            )
        name = claimed.application
        return tuple(
            _entry(
                ObjectRef(
                    group=group,
                    version=version,
                    kind=kind,
                    namespace="team-payments",
                    name=name if at < len(KINDS) else f"{name}-{at}",
                ),
                number,
                uid=str(uuid4()),
            )
            for at in range(self.objects)
            for group, version, kind in [KINDS[at % len(KINDS)]]
        )


@dataclass
class _Claimed:
    """One claim, and what a worker would report of it."""

    lease: Lease
    request: Request
    application: str
    cluster: str
    head: str
    is_first: bool
    wanted: str
    recorded: tuple[str, ...] = ()
    report: Report = field(init=False)

    def finish(self, number: int, objects: Inventory) -> None:
        """Apply nothing, and tell what came of it."""
        self.recorded = (
            self.lease.target,
            str(self.lease.fence),
            self.cluster,
            *packing.pairs(objects),
        )
        self.report = _report(self, number, objects)


def _entry(ref: ObjectRef, number: int, *, uid: str) -> InventoryEntry:
    text = hashlib.sha256(f"{uid} {number}".encode()).hexdigest()
    return InventoryEntry(
        ref=ref,
        digest=text[:32],
        uid=uid,
        resource_version=str(1_000_000 + number),
        generation=number + 1,
        owned=f"2026-11-24T03:{number:02d}:00Z|{text[32:48]}",
        health=HealthStatus.HEALTHY,
    )


def _report(claimed: _Claimed, number: int, objects: Inventory) -> Report:
    touched = [e for e in objects if claimed.is_first or e.ref.kind == "Deployment"]
    action = Action.CREATED if claimed.is_first else Action.CONFIGURED
    key = hashlib.sha256(f"{claimed.application} {claimed.head}".encode()).hexdigest()
    path = f"apps/{claimed.application}"
    blob = hashlib.sha1(key.encode()).hexdigest()  # noqa: S324 - as git does
    at = 1_780_000_000.123456 + number
    return Report(
        lease=claimed.lease,
        outcome=Outcome.SUCCEEDED,
        request=claimed.request,
        sync=SyncStatus.SYNCED,
        health=HealthStatus.HEALTHY,
        reason="Succeeded",
        message=f"{len(touched)} {action}",
        revision=claimed.head,
        observed=claimed.head,
        render_key=key,
        commit=_made(claimed.head),
        rendered=key[:16],
        revised="" if claimed.is_first else key[16:32],
        inputs=Inputs(
            repository="0123456789abcdef",
            revision=claimed.head,
            paths={path: blob, f"{path}/all.yaml": blob[::-1]},
        ),
        inventory=objects,
        changes=tuple(Change(ref=entry.ref, action=action) for entry in touched),
        wanted=claimed.wanted,
        parameters={"cluster": claimed.cluster},
        cluster_reachable=True,
        started_at=at,
        steps={step: random.random() / 10 for step in STEPS},  # noqa: S311 - no secret
    )


def _made(commit: str) -> Commit:
    """A commit by one of a few, with a message of its own."""
    author = ("Ana Example <ana@example.com>", "Bo Other <bo.other@example.com>")[len(commit) % 2]
    message = f"Use version {int(commit[:6], 16)} of the shop's frontend"
    return Commit(id=commit, author=author, message=message, at=float(int(commit[:7], 16)))


def _again(row: str, number: int) -> str:
    """An entry like this one, of another commit and another time."""
    generation, finished_at, _ = row.split(" ", 2)
    seen, at = packing.read_history(row), float(finished_at) + number * 3600 + random.random()  # noqa: S311
    text = hashlib.sha256(f"{row} {number}".encode()).hexdigest()
    trigger = seen.request.trigger.model_copy(update={"reason": f"main moved to {text[:12]}"})
    wish = {"generation": seen.request.generation + number, "trigger": trigger, "requested_at": at}
    values = {
        "revision": text[:40],
        "commit": _made(text[:40]),
        "rendered": text[40:56],
        "revised": text[48:],
        "render_key": text[::-1],
        "started_at": at,
        "steps": {step: random.random() / 10 for step in STEPS},  # noqa: S311
        "request": seen.request.model_copy(update=wish),
    }
    return f"{generation} {at:.6f} {packing.history(seen.model_copy(update=values))}"


def _repository() -> Repository:
    return Repository.model_validate(
        {
            "apiVersion": API,
            "kind": "Repository",
            "metadata": {"name": "fleet"},
            "spec": {"url": "https://git.example.com/platform/fleet.git"},
        }
    )


def _cluster(number: int) -> Cluster:
    labels = {"region": f"eu-{number % 7}", "stage": "prod", "team": f"team-{number % 20}"}
    return Cluster.model_validate(
        {
            "apiVersion": API,
            "kind": "Cluster",
            "metadata": {"name": f"cluster-{number:04d}", "labels": labels},
            "spec": {"kubeconfig": "stored"},
        }
    )


def _application(number: int) -> Application:
    name = f"app-{number:04d}"
    return Application.model_validate(
        {
            "apiVersion": API,
            "kind": "Application",
            "metadata": {"name": name, "labels": {"team": f"team-{number % 20}"}},
            "spec": {
                "source": {"repository": "fleet", "path": f"apps/{name}", "revision": "main"},
                "destination": {"selector": {}, "namespace": "team-payments"},
            },
        }
    )
