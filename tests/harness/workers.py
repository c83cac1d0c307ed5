"""Workers of one cluster and one repository, played in this process: no Celery, no scheduler.

Redis, Git and the cluster are real; what is triggered is claimed, run and folded one by one.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

from syncline.contract.reports import SweepReport
from syncline.credentials import CredentialSource
from syncline.model.application import Application
from syncline.model.cluster import Cluster
from syncline.model.names import TargetId, target_id
from syncline.model.records import ApplicationRecord, ClusterRecord
from syncline.model.repository import Repository
from syncline.model.request import Request, Trigger, TriggerKind
from syncline.model.run import Refusal, Report
from syncline.model.status import Lane, Outcome
from syncline.model.values import Manifest
from syncline.settings import ClusterSettings, GitSettings, RenderSettings, Settings
from syncline.store import documents, keys, runs, targets
from syncline.store.connection import Store
from syncline_workers.app.desk import (
    StoreChecks,
    StoreDesk,
    StoreHosts,
    StoreLookups,
    StoreRegistered,
    StoreRenders,
)
from syncline_workers.app.judging import StoreRules
from syncline_workers.archives.kinds import open_all
from syncline_workers.cluster.api import Api
from syncline_workers.cluster.connect import Clusters
from syncline_workers.pipeline import connection, preview, rendering, resolve
from syncline_workers.pipeline import sweep as sweeps
from syncline_workers.pipeline.ports import Ports
from syncline_workers.pipeline.reconcile import reconcile
from syncline_workers.web.fetch import Web
from tools import programs

_VERSION = "syncline.dev/v1alpha1"
_ATTEMPTS = 50  # of one run: those before the last one waited


@dataclass
class Workers:
    """A repository at ``root/git/NAME.git``, a cluster, and what is asked of their workers."""

    store: Store
    root: Path
    kubeconfig: Path
    repository: str

    def __post_init__(self) -> None:
        credentials = self.root / "credentials"
        credentials.mkdir(mode=0o700)
        (credentials / "west.kubeconfig").write_bytes(self.kubeconfig.read_bytes())
        self._settings = Settings(
            git=GitSettings(cache=self.root / "mirrors", allow_local=(self.root,), allow_http=True),
            render=RenderSettings(cache=self.root / "renders", **_renderers()),
            cluster=ClusterSettings(read_timeout=timedelta(seconds=30)),
        )
        self._credentials = CredentialSource(directory=credentials, environment={})
        self.ports = self._ports()
        url = f"file://{self.root / 'git' / f'{self.repository}.git'}"
        documents.put_repository(
            self.store, Repository.model_validate(_document("Repository", self.repository, url=url))
        )
        spec = {"kubeconfig": "file:west.kubeconfig"}
        made = documents.put_cluster(
            self.store, Cluster.model_validate(_document("Cluster", "west", **spec))
        ).record
        assert isinstance(made, ClusterRecord)
        self.cluster = made

    def close(self) -> None:
        """End what reads Git, and the connections."""
        self.ports.repositories.close()
        self.ports.clusters.close()  # type: ignore[attr-defined]

    def restart(self) -> None:
        """Go on as another process, which knows nothing of the cluster yet."""
        self.close()
        self.ports = self._ports()

    @property
    def api(self) -> Api:
        """The kept connection."""
        found = self.ports.clusters.connect(self.cluster)
        assert isinstance(found, Api)
        return found

    def pushed(self, commit: str) -> None:
        """A look-up has found this commit on main."""
        repository = documents.uid_of(self.store, documents.Kind.REPOSITORY, self.repository)
        assert repository is not None
        self.store.redis.hset(keys.HEADS(repository), "main", commit)

    def application(
        self, name: str, source: Mapping[str, Any], *, namespace: str, project: str = "default"
    ) -> TargetId:
        """Declare one for the cluster."""
        document = _document(
            "Application",
            name,
            source={"repository": self.repository, "revision": "main", **source},
            destination={"cluster": "west", "namespace": namespace},
        )
        document["metadata"]["project"] = project
        made = documents.put_application(self.store, Application.model_validate(document)).record
        assert isinstance(made, ApplicationRecord)
        targets.ensure(self.store, made, self.cluster)
        return target_id(made.uid, self.cluster.uid)

    def rendered(self, target: TargetId) -> list[Manifest]:
        """What the target's next run will render."""
        claim = self.ports.checks.snapshot(target)
        assert claim is not None
        attempt = preview.begin(self.ports, claim, revision=None)
        resolve.settle(attempt)
        return rendering.render(attempt, connection.connect(attempt))

    def ask(self, asked: Sequence[TargetId], kind: TriggerKind) -> None:
        """Trigger targets; they wait until somebody runs them."""
        runs.trigger(self.store, asked, Request(trigger=Trigger(kind=kind)))

    def run(
        self, target: TargetId, kind: TriggerKind, *, between: Callable[[], object] = lambda: None
    ) -> Report:
        """One whole run; ``between``: what happens while it waits for a step.

        Raises:
            TimeoutError: it waits without end; says for what.
        """
        self.ask([target], kind)
        for _ in range(_ATTEMPTS):
            (report,) = self.work(1)
            if report.outcome is not Outcome.WAITING:
                return report
            between()
            self.ask([target], TriggerKind.RETRY)
        raise TimeoutError(f"no end after {_ATTEMPTS} attempts: {report.message}")

    def work(self, most: int) -> list[Report]:
        """Run what waits, one after the other."""
        sent = [each for lane in Lane for each in runs.dispatch(self.store, lane, most)]
        return [self._attempt(each.target, each.ticket) for each in sent]

    def sweep(self) -> SweepReport:
        """Look for drift."""
        found = sweeps.sweep(self.ports, self.cluster.uid)
        assert found is not None
        return found

    def _attempt(self, target: TargetId, ticket: str) -> Report:
        report = reconcile(self.ports, target, ticket)
        assert not isinstance(report, Refusal), report
        assert runs.fold(self.store, report)
        return report

    def _ports(self) -> Ports:
        settings, credentials, key = self._settings, self._credentials, self.store.key
        assert key is not None
        hosts = StoreHosts(self.store, settings)
        return Ports(
            desk=StoreDesk(self.store, settings),
            lookups=StoreLookups(self.store),
            fleet=None,  # type: ignore[arg-type]
            checks=StoreChecks(self.store),
            repositories=open_all(settings.git, credentials, hosts, StoreRegistered(self.store)),
            clusters=Clusters(settings.cluster, credentials, key),
            renders=StoreRenders(self.store),
            rules=StoreRules(self.store),
            web=Web(settings.check),
            key=key,
            render=settings.render,
            worker="played",
        )


def _renderers() -> dict[str, str]:
    """Those that are on this machine."""
    found = {}
    for name in programs.SETTINGS:
        with suppress(programs.Absent):
            found[name] = str(programs.find(name).path)
    return found


def _document(kind: str, name: str, **spec: Any) -> dict[str, Any]:
    return {"apiVersion": _VERSION, "kind": kind, "metadata": {"name": name}, "spec": spec}
