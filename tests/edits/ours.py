"""Syncline's side: one application whose manifests are what Git holds."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from syncline.model.names import Uid
from syncline.model.run import Report
from syncline.model.status import Outcome
from syncline_workers.pipeline.sweep import sweep
from tests.edits.slots import Manifest
from tests.pipeline.real import TARGET, Target
from tests.pipeline.twins import Checks, Clusters, ports

PAUSE = 120.0  # seconds between reconciles, as far as fights over a field can tell


@dataclass(slots=True)
class Ours:
    """Its runs are those of the pipeline; a sweep tells whether one is needed."""

    target: Target
    runs: int = 0
    healed: int = 0  # runs that a sweep asked for
    contested: int = 0  # runs that left a field as it was, until a person asked

    def reconcile(self, manifests: Iterable[Manifest], *, pushed: bool) -> str:
        """Apply what changed in Git, and what a sweep finds moved; gives why it was refused."""
        wanted = list(manifests)
        if pushed and (refused := self._run(wanted, by="push")):
            return refused
        if not self.moved():
            return ""
        self.healed += 1
        return self._run(wanted, by="drift")

    def requests(self, manifests: Iterable[Manifest]) -> int:
        """How many requests one more run sends."""
        return self.target.requests(*manifests, by="poll")

    def delete(self) -> str:
        """Delete the application with its objects."""
        self.target.at += PAUSE
        return _told(self.target.run(deleting=True))

    def moved(self) -> tuple[str, ...]:
        """The objects that a sweep finds drifted."""
        checks = Checks({TARGET: self.target.inventory})
        found = sweep(ports(checks=checks, clusters=Clusters(self.target.api)), Uid("c1"))  # type: ignore[arg-type]
        assert found is not None
        assert found.reachable, found
        return found.moved.get(TARGET, ())

    def _run(self, manifests: list[Manifest], *, by: str) -> str:
        self.target.at += PAUSE
        self.runs += 1
        report = self.target.run(*manifests, by=by)
        if (
            report.reason == "FieldContested"
        ):  # what a person is told then: sync, and it is put back
            self.contested += 1
            report = self.target.run(*manifests, by="user")
        return _told(report)


def _told(report: Report) -> str:
    return "" if report.outcome is Outcome.SUCCEEDED else f"{report.reason}: {report.message}"
