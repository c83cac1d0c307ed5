"""A scheduler and its workers in one thread: they do what a test tells them to, at once."""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, Self

from syncline.contract.reports import ClusterReport, PreviewReport
from syncline.errors import StoreUnavailable
from syncline.model.change import Action, Change, Difference, FieldChange
from syncline.model.explained import Explained, Place
from syncline.model.names import TargetId, Uid
from syncline.model.orphan import Orphan
from syncline.model.reach import Step
from syncline.model.status import HealthStatus, Lane, Outcome, SyncStatus
from syncline.operations import expand, sync
from syncline.store import clusters, documents, due, previews, runs, targets
from syncline.store.connection import Store
from syncline.store.due import Due
from syncline.store.runs import Dispatch
from tests.api.fleets import COMMIT, WEB, report_of

EXPLAINED = Explained(
    repository="shop",
    path="apps/web",
    followed="main",
    revision=COMMIT,
    renderer="kustomize",
    version="v5.8.1",
    plan="p" * 64,
    key="k" * 64,
    place=Place.DISK,
    inputs={"apps/web/kustomization.yaml": "1f" * 20, "apps/web/Kustomization": ""},
)

_PAUSE = 0.02  # seconds between two looks at what is due


CHANGE = Difference(
    subject="ConfigMap/shop/web",
    action="configured",
    unified="@@ -1 +1 @@\n-a: [red]1[/red]\n+a: 2\n",
    fields=(FieldChange(path=".a", before="[red]1[/red]", after=2),),
)
"""What would change of a target in ``differing``, unless it is said otherwise."""


@dataclass(slots=True)
class Machinery:
    """Each field says how something ends; all else succeeds."""

    store: Store
    failing: set[str] = field(default_factory=set)  # targets whose runs stall
    frozen: set[str] = field(default_factory=set)  # targets whose runs never end
    unreachable: set[str] = field(default_factory=set)  # clusters
    differing: set[str] = field(default_factory=set)  # targets whose diff shows a change
    otherwise: dict[str, Difference] = field(default_factory=dict)  # another change than CHANGE
    refusing: set[str] = field(default_factory=set)  # targets that do not render
    orphans: dict[str, tuple[Orphan, ...]] = field(default_factory=dict)  # by target
    steps: tuple[Step, ...] = ()  # on the way to any repository
    unseen: tuple[str, ...] = ()  # kinds that could not be looked at for orphans
    _stop: threading.Event = field(default_factory=threading.Event)
    _thread: threading.Thread | None = None

    def __enter__(self) -> Self:
        """Start."""
        self._thread = threading.Thread(target=self._work, daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Stop and wait for the end."""
        self._stop.set()
        assert self._thread is not None
        self._thread.join()

    def _work(self) -> None:
        while not self._stop.wait(_PAUSE):
            with suppress(StoreUnavailable):  # as a scheduler: a slow moment ends nothing
                self._tick()

    def _tick(self) -> None:
        for taken in due.take(self.store):
            self._do(taken)
        for lane in Lane:
            for dispatched in runs.dispatch(self.store, lane, 100):
                self._run(dispatched)

    def _do(self, taken: Due) -> None:
        steps: dict[str, Callable[[Uid], object]] = {
            "expand": lambda uid: expand.advance(self.store, uid),
            "operation": lambda uid: sync.advance(self.store, uid),
            "probe": self._probe,
            "preview": self._preview,
        }
        again = steps.get(taken.kind, lambda _uid: True)(Uid(taken.id)) is False
        if again:
            due.reschedule(self.store, taken, 0)
        else:
            due.done(self.store, taken)

    def _probe(self, uid: Uid) -> None:
        record = documents.cluster(self.store, uid)
        if record is None:
            return
        away = record.name in self.unreachable
        why = "ClusterUnreachable: connection refused" if away else ""
        report = ClusterReport(
            cluster=uid, reachable=not away, kube_uid=uid, version="v1.34.1", error=why
        )
        clusters.fold_cluster(self.store, report)

    def _preview(self, uid: Uid) -> None:
        question = previews.get(self.store, uid)
        assert question is not None
        if question.verb == "reach":
            previews.answer(self.store, PreviewReport(preview=uid, steps=self.steps))
            return
        state = targets.get(self.store, TargetId(question.target))
        assert state is not None
        previews.answer(self.store, self._answer(uid, state.name, question.verb))

    def _answer(self, uid: Uid, name: str, verb: str) -> PreviewReport:
        if name in self.refusing:
            return PreviewReport(preview=uid, error="RenderFailed: no such base")
        if verb == "render":
            manifest = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name}}
            return PreviewReport(
                preview=uid, revision=COMMIT, manifests=(manifest,), explained=(EXPLAINED,)
            )
        if verb == "orphans":
            left = self.orphans.get(name, ())
            return PreviewReport(preview=uid, revision=COMMIT, orphans=left, unseen=self.unseen)
        return PreviewReport(preview=uid, revision=COMMIT, differences=self._differences(name))

    def _differences(self, name: str) -> tuple[Difference, ...]:
        if name not in self.differing:
            return ()
        return (self.otherwise.get(name, CHANGE),)

    def _run(self, dispatched: Dispatch) -> None:
        if dispatched.name in self.frozen:
            return
        claim = runs.claim(self.store, dispatched.target, dispatched.ticket, "worker-1")
        if isinstance(claim, runs.Refusal):
            return
        outcome: dict[str, Any] = {"gone": claim.deleting}
        if claim.request.options.dry_run:
            outcome = {"changes": (Change(ref=WEB, action=Action.CREATED),), "message": "1 created"}
            outcome["differences"] = self._differences(dispatched.name)
        if dispatched.name in self.failing:
            outcome = {
                "outcome": Outcome.STALLED,
                "sync": SyncStatus.OUT_OF_SYNC,
                "health": HealthStatus.UNKNOWN,
                "reason": "RenderFailed",
                "message": "kustomization.yaml: \x1b[2J[bold]broken[/bold]",
            }
        runs.fold(self.store, report_of(claim, **outcome))
