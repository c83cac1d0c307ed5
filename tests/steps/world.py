"""Runs of waves and hooks, attempt by attempt: real Redis, real Git, a real kube-apiserver.

Workers are played in this process, so that one can be killed at any request; what the cluster's
controllers would do is played too: a Job is completed, a Deployment rolled out, when told so.
"""

import shutil
import urllib.error
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from pathlib import Path
from typing import Any

import yaml

from syncline.credentials import CredentialSource
from syncline.model.application import Application
from syncline.model.cluster import Cluster
from syncline.model.names import TargetId, Uid, target_id
from syncline.model.operation import OperationSpec
from syncline.model.records import ApplicationRecord, ClusterRecord
from syncline.model.repository import Repository
from syncline.model.request import Options, Request, Trigger, TriggerKind
from syncline.model.run import Refusal, Report
from syncline.model.status import Lane, Outcome
from syncline.settings import ClusterSettings, GitSettings, RenderSettings, Settings
from syncline.store import documents, keys, runs, targets
from syncline.store.connection import Store
from syncline_workers.app.desk import (
    StoreChecks,
    StoreDesk,
    StoreHosts,
    StoreLookups,
    StoreRenders,
)
from syncline_workers.app.judging import StoreRules
from syncline_workers.cluster.connect import Clusters
from syncline_workers.git.repositories import open_repositories
from syncline_workers.pipeline import sweep as sweeps
from syncline_workers.pipeline.ports import Ports
from syncline_workers.pipeline.reconcile import reconcile
from syncline_workers.web.fetch import Web
from tests.harness.workrepo import WorkRepo
from tests.store import clock
from tests.store.world import launched

API = "syncline.dev/v1alpha1"
MOST = 400  # attempts of one run


class Killed(BaseException):
    """SIGKILL, as far as a run can tell: nothing of it goes on."""


@dataclass
class Blade:
    """Ends the worker before, or just after, its n-th request to cluster or store."""

    at: int = 0  # 0: never
    after: bool = False
    seen: int = 0

    def around(self, call: Callable[..., Any]) -> Callable[..., Any]:
        def cut(*args: Any, **kwargs: Any) -> Any:
            self.seen += 1
            hit = self.seen == self.at
            if hit and not self.after:
                raise Killed
            answer = call(*args, **kwargs)
            if hit:
                raise Killed
            return answer

        return cut


@dataclass(eq=False)
class Edged:
    """A port, known by identity, whose named methods the blade may cut."""

    inner: Any
    blade: Blade
    cut: frozenset[str]
    acts: dict[str, Callable[[], object]] = field(default_factory=dict)

    def __getattr__(self, name: str) -> Any:
        if act := self.acts.pop(name, None):
            act()
        found = getattr(self.inner, name)
        return self.blade.around(found) if name in self.cut else found


@dataclass(eq=False)
class EdgedClusters:
    clusters: Clusters
    blade: Blade
    made: dict[int, Any] = field(default_factory=dict)

    def connect(self, cluster: ClusterRecord, kubeconfig: str = "") -> Any:
        api = self.clusters.connect(cluster, kubeconfig)
        cut = frozenset({"apply", "delete", "get"})
        return self.made.setdefault(id(api), Edged(api, self.blade, cut))

    def close(self) -> None:
        self.clusters.close()


@dataclass
class World:
    """One application on one cluster."""

    store: Store
    server: Any  # ApiServer; one that is simulated has a kubeconfig alone
    root: Path
    namespace: str
    policy: dict[str, Any] = field(default_factory=dict)
    blade: Blade = field(default_factory=Blade)
    made: list[tuple[str, str]] = field(default_factory=list)  # hooks' objects: name, uid
    reports: list[Report] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.work = WorkRepo.create(self.root / "work", origin=self.root / "git" / "shop.git")
        credentials = self.root / "credentials"
        credentials.mkdir(mode=0o700)
        (credentials / "west.kubeconfig").write_bytes(self.server.kubeconfig.read_bytes())
        self.settings = Settings(
            git=GitSettings(cache=self.root / "mirrors", allow_local=(self.root,)),
            render=RenderSettings(cache=self.root / "renders"),
            cluster=ClusterSettings(read_timeout=timedelta(seconds=30)),
        )
        self.ports = self._ports(CredentialSource(directory=credentials, environment={}))
        self._declare()

    def close(self) -> None:
        self.ports.repositories.close()
        self.ports.clusters.close()

    # What people do

    def push(self, *objects: Mapping[str, Any], ask: bool = True) -> str:
        """Make these all that the application is, and have the target synced."""
        text = yaml.safe_dump_all(objects)
        commit = self.work.publish("change", {"app/all.yaml": text})
        self.store.redis.hset(keys.HEADS("shop"), "main", commit)
        if ask:
            self.ask(TriggerKind.PUSH)
        return commit

    def ask(self, kind: TriggerKind = TriggerKind.USER, **values: Any) -> None:
        request = Request(trigger=Trigger(kind=kind), **values)
        runs.trigger(self.store, [self.target], request)

    def operation(self) -> Uid:
        """An operation over the target, launched."""
        spec = OperationSpec(all=True, actor="ana", reason="because")
        return launched(self.store, spec, [self.target])

    def dry(self) -> None:
        self.ask(options=Options(dry_run=True))

    def remove(self) -> None:
        """Delete the application from the cluster, with all that it has there."""
        self.ask(TriggerKind.DELETE)

    def lose_git(self) -> None:
        """The repository is gone, and so is what workers knew of it."""
        shutil.rmtree(self.root / "git")
        shutil.rmtree(self.root / "mirrors")

    def meanwhile(self, call: str, act: Callable[[], object]) -> None:
        """Let something happen during the next such call of the store."""
        desk = self.ports.desk
        assert isinstance(desk, Edged)
        desk.acts[call] = act

    # What workers do

    def attempt(self) -> Report | None:
        """One claim, to its end; None where nothing is to be done, or the worker was killed."""
        sent = [each for lane in Lane for each in runs.dispatch(self.store, lane, 1)]
        if not sent:
            return None
        try:
            report = reconcile(self.ports, sent[0].target, sent[0].ticket)
        except Killed:
            clock.pass_deadline(self.store, self.target)
            runs.requeue_silent(self.store)
            return None
        assert not isinstance(report, Refusal), report
        assert runs.fold(self.store, report)
        self.reports.append(report)
        return report

    def wake(self) -> None:
        """The wait of a pause is over."""
        self.ask(TriggerKind.RETRY)

    def run(self, *, play: bool = True) -> Report:
        """Attempts until the run has ended, and the cluster's controllers between them."""
        for _ in range(MOST):
            self.wake()
            report = self.attempt()
            if report is not None and report.outcome is not Outcome.WAITING:
                return report
            self.note()
            if play:
                self.play()
        raise AssertionError(f"no end after {MOST} attempts: {self.state()}")

    # What the cluster's controllers do

    def play(self) -> None:
        """Complete every Job, roll out every Deployment."""
        for job in self.list("batch/v1", "jobs"):
            if not job["status"].get("conditions"):
                self.end_job(job["metadata"]["name"])
        for deployment in self.list("apps/v1", "deployments"):
            self.roll_out(deployment)

    def end_job(self, name: str, *, well: bool = True) -> None:
        now = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        words = ("SuccessCriteriaMet", "Complete") if well else ("FailureTarget", "Failed")
        told = {"status": "True", "reason": "Played", "message": f"played: {words[1]}"}
        status: dict[str, Any] = {
            "startTime": now,
            "conditions": [{"type": word, "lastTransitionTime": now, **told} for word in words],
        }
        status |= {"completionTime": now, "succeeded": 1} if well else {"failed": 1}
        self._status("batch/v1", "jobs", name, status)

    def roll_out(self, deployment: Mapping[str, Any]) -> None:
        meta = deployment["metadata"]
        status = {
            "observedGeneration": meta["generation"],
            "replicas": 1,
            "updatedReplicas": 1,
            "readyReplicas": 1,
            "availableReplicas": 1,
            "conditions": [{"type": "Available", "status": "True"}],
        }
        self._status("apps/v1", "deployments", meta["name"], status)

    def sweep(self) -> Mapping[TargetId, tuple[str, ...]]:
        """What a sweep for drift finds moved."""
        found = sweeps.sweep(self.ports, Uid(self.target.partition(".")[2]))
        assert found is not None
        assert not found.error
        return found.moved

    def note(self) -> None:
        """Remember which hooks' objects there are: a second one of a run would be another uid."""
        for item in self.list("batch/v1", "jobs"):
            seen = (item["metadata"]["name"], item["metadata"]["uid"])
            if seen not in self.made:
                self.made.append(seen)

    # What others do

    def create(self, manifest: Mapping[str, Any]) -> None:
        """Make an object, and the namespace for it."""
        self.server.call("POST", "/api/v1/namespaces", {"metadata": {"name": self.namespace}})
        self.server.call("POST", self._path("batch/v1", "jobs"), manifest)

    def pod(self, labels: Mapping[str, str], status: Mapping[str, Any], name: str = "pod") -> None:
        """Make a Pod with these labels, as a kubelet would leave it."""
        spec = {"containers": [{"name": "c", "image": "i"}]}
        body = {"metadata": {"name": name, "labels": dict(labels)}, "spec": spec}
        self.server.call("POST", self._path("v1", "pods"), body)
        self._status("v1", "pods", name, status)

    def delete(self, version: str, plural: str, name: str) -> None:
        options = {"propagationPolicy": "Background"}
        self.server.call("DELETE", self._path(version, plural, name), options)

    def let_go(self, name: str) -> None:
        """Take the finalizers off a ConfigMap."""
        path = self._path("v1", "configmaps", name)
        body = {"metadata": {"finalizers": None}}
        self.server.call("PATCH", path, body, kind="merge-patch+json")

    # What is there

    def list(self, version: str, plural: str) -> list[dict[str, Any]]:
        found = self.server.call("GET", self._path(version, plural))
        return list(found["items"])

    def names(self, version: str = "v1", plural: str = "configmaps") -> set[str]:
        found = {item["metadata"]["name"] for item in self.list(version, plural)}
        return found - {"kube-root-ca.crt"}

    def live(self, version: str, plural: str, name: str) -> dict[str, Any] | None:
        try:
            found: dict[str, Any] = self.server.call("GET", self._path(version, plural, name))
        except urllib.error.HTTPError as exc:
            if exc.code == HTTPStatus.NOT_FOUND:
                return None
            raise
        return found

    def state(self) -> Any:
        return targets.get(self.store, self.target)

    def entries(self, changed: Mapping[str, str] | None = None) -> dict[str, str]:
        """The inventory as the store has it; what is given is written first."""
        key = keys.INVENTORY(self.target)
        if changed:
            self.store.redis.hset(key, mapping=dict(changed))
        return dict(self.store.redis.hgetall(key))

    def inventory(self) -> set[str]:
        return {entry.ref.key.short for entry in targets.inventory(self.store, self.target)}

    def _path(self, version: str, plural: str, name: str = "") -> str:
        root = f"/apis/{version}" if "/" in version else f"/api/{version}"
        return f"{root}/namespaces/{self.namespace}/{plural}" + (f"/{name}" if name else "")

    def _status(self, version: str, plural: str, name: str, status: Mapping[str, Any]) -> None:
        path = f"{self._path(version, plural, name)}/status"
        self.server.call("PATCH", path, {"status": status}, kind="merge-patch+json")

    def _ports(self, credentials: CredentialSource) -> Ports:
        settings, key = self.settings, self.store.key
        assert key is not None
        hosts = StoreHosts(self.store, settings)
        clusters = Clusters(settings.cluster, credentials, key)
        desk = StoreDesk(self.store, settings)
        return Ports(
            desk=Edged(desk, self.blade, frozenset({"claim", "record", "begin_step"})),
            lookups=StoreLookups(self.store),
            fleet=None,  # type: ignore[arg-type]
            checks=StoreChecks(self.store),
            repositories=open_repositories(settings.git, credentials, hosts),
            clusters=EdgedClusters(clusters, self.blade),
            web=Web(settings.check),
            renders=StoreRenders(self.store),
            rules=StoreRules(self.store),
            key=key,
            render=settings.render,
            worker="played",
        )

    def _declare(self) -> None:
        url = f"file://{self.root / 'git' / 'shop.git'}"
        documents.put_repository(
            self.store, Repository.model_validate(_document("Repository", "shop", {"url": url}))
        )
        on = {"kubeconfig": "file:west.kubeconfig"}
        cluster = documents.put_cluster(
            self.store, Cluster.model_validate(_document("Cluster", "west", on))
        ).record
        spec = {
            "source": {"repository": "shop", "path": "app", "revision": "main"},
            "destination": {
                "cluster": "west",
                "namespace": self.namespace,
                "createNamespace": True,
            },
            "syncPolicy": self.policy,
        }
        made = documents.put_application(
            self.store, Application.model_validate(_document("Application", "app", spec))
        ).record
        assert isinstance(made, ApplicationRecord)
        assert isinstance(cluster, ClusterRecord)
        targets.ensure(self.store, made, cluster)
        self.target: TargetId = target_id(made.uid, cluster.uid)


def config(name: str, *, wave: int | None = None, v: str = "1") -> dict[str, Any]:
    return _object("v1", "ConfigMap", name, wave=wave) | {"data": {"v": v}}


def job(
    name: str,
    phases: str,
    *,
    policy: str = "",
    wave: int | None = None,
    image: str = "i",
    **meta: Any,
) -> dict[str, Any]:
    found = _object("batch/v1", "Job", name, wave=wave)
    annotations = found["metadata"].setdefault("annotations", {})
    annotations["argocd.argoproj.io/hook"] = phases
    if policy:
        annotations["argocd.argoproj.io/hook-delete-policy"] = policy
    found["metadata"] |= meta
    found["spec"] = {
        "template": {
            "spec": {
                "restartPolicy": "Never",
                "containers": [{"name": "c", "image": image}],
            }
        }
    }
    return found


def deployment(name: str, *, wave: int | None = None, image: str = "i") -> dict[str, Any]:
    labels = {"app": name}
    return _object("apps/v1", "Deployment", name, wave=wave) | {
        "spec": {
            "replicas": 1,
            "selector": {"matchLabels": labels},
            "template": {
                "metadata": {"labels": labels},
                "spec": {"containers": [{"name": "c", "image": image}]},
            },
        }
    }


def _object(version: str, kind: str, name: str, *, wave: int | None) -> dict[str, Any]:
    meta: dict[str, Any] = {"name": name}
    if wave is not None:
        meta["annotations"] = {"argocd.argoproj.io/sync-wave": str(wave)}
    return {"apiVersion": version, "kind": kind, "metadata": meta}


def _document(kind: str, name: str, spec: dict[str, Any]) -> dict[str, Any]:
    return {"apiVersion": API, "kind": kind, "metadata": {"name": name}, "spec": spec}
