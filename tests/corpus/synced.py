"""Bundles as Syncline applies them: from a commit, by the pipeline, to a real kube-apiserver."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import count

from syncline.model.names import TargetId
from syncline.model.run import Report
from syncline.model.values import Manifest
from tests.corpus import byhand
from tests.corpus.bundles import Bundle
from tests.harness.workers import Workers

_numbers = count(1)


@dataclass(slots=True)
class Installed:
    """One bundle as an application."""

    workers: Workers
    target: TargetId
    manifests: list[Manifest]  # what is rendered for this cluster

    @classmethod
    def of(cls, workers: Workers, bundle: Bundle) -> Installed:
        """Declare it. Each is in a project of its own: all have the name of the release."""
        source = {"path": bundle.path} | (
            {"helm": {"valueFiles": [bundle.values]}} if bundle.values else {}
        )
        project = f"bundle-{next(_numbers)}"
        target = workers.application(
            byhand.RELEASE, source, namespace=byhand.NAMESPACE, project=project
        )
        return cls(workers, target, workers.rendered(target))

    def moved(self) -> tuple[str, ...]:
        """What a sweep finds drifted."""
        return self.workers.sweep().moved.get(self.target, ())


def refusal(report: Report) -> str:
    """Why a run did not do all; "" where it did."""
    return "" if report.outcome.value == "Succeeded" else f"{report.reason}: {report.message}"
