"""What a run does with one object of a real cluster, by the pipeline's own steps."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, cast

from syncline.model.application import ApplicationSpec
from syncline.model.change import Difference, InventoryEntry
from syncline.model.ignore import IgnoreRule
from syncline.model.names import TargetId
from syncline.model.records import ApplicationRecord
from syncline.model.request import Options, Request, Trigger, TriggerKind
from syncline.model.run import Claim, Lease
from syncline.model.values import Manifest
from syncline_workers.change import drift, plan
from syncline_workers.change.drift import Drift
from syncline_workers.change.tracking import Origin
from syncline_workers.cluster.api import Api
from syncline_workers.pipeline import applying
from syncline_workers.pipeline.attempt import Attempt
from tests.pipeline import twins

ORIGIN = Origin("i", "default", "shop")


class _Beating:
    def check(self) -> None:
        """Be there."""

    def alive(self) -> bool:
        return True


@dataclass
class Hand:
    """One target; ``rules`` are its application's, and may change."""

    api: Api
    rules: tuple[IgnoreRule, ...] = ()
    known: dict[Any, InventoryEntry] = field(default_factory=dict)

    def ignore(self, **rule: Any) -> Hand:
        """Add a rule."""
        self.rules += (IgnoreRule.model_validate(rule),)
        return self

    def apply(self, manifest: Manifest) -> str:
        """Apply; returns what happened by the run's own account: configured, unchanged, …."""
        attempt = self._attempt(dry_run=False)
        attempt.recorded(tuple(self.known.values()))
        applying.apply(attempt, self.api, self._plan(manifest))
        self.known |= attempt.entries or {}
        return next((change.action.value for change in attempt.changes), "unchanged")

    def diff(self, manifest: Manifest) -> Difference | None:
        """What a dry run finds."""
        attempt = self._attempt(dry_run=True)
        applying.apply(attempt, self.api, self._plan(manifest))
        return next(iter(attempt.differences.values()), None)

    def drift(self, manifest: Manifest) -> Drift:
        """What a sweep makes of the live object's metadata."""
        (item,) = self._plan(manifest).apply
        live = self.api.get(item.ref)
        seen = None if live is None else {"metadata": live["metadata"]}
        return drift.compare(self.known[item.ref.key], seen)

    def _plan(self, manifest: Manifest) -> plan.Plan:
        return plan.plan(plan.prepare([manifest], ORIGIN, twins.KEY, self.rules), ())

    def _attempt(self, *, dry_run: bool) -> Attempt:
        spec = {"source": {"repository": "shop"}, "destination": {"cluster": "west"}}
        claim = Claim(
            lease=Lease(target=TargetId("a1.c1"), fence=1, ticket="t", seconds=30),
            installation="i",
            request=Request(
                trigger=Trigger(kind=TriggerKind.USER), options=Options(dry_run=dry_run)
            ),
            application=ApplicationRecord(
                uid="a1", name="shop", project="default", spec=ApplicationSpec.model_validate(spec)
            ),
            cluster=twins.CLUSTER,
            repository=twins.REPOSITORY,
            inventory=tuple(self.known.values()),
        )
        return Attempt(ports=twins.ports(), claim=claim, heart=cast("Any", _Beating()))
