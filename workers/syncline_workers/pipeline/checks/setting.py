"""What one look at the checks of a target has at hand."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

from syncline.health.outcome import Outcome
from syncline.model import template
from syncline.model.change import Inventory
from syncline.model.records import ClusterRecord
from syncline_workers.pipeline.ports import Api, Web


class Untold(Exception):
    """A check cannot be looked at; it never leaves this package."""

    def __init__(self, outcome: Outcome) -> None:
        super().__init__(outcome)
        self.outcome = outcome


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """The target's cluster and objects, who asks by HTTP, and until when."""

    api: Api
    web: Web
    cluster: ClusterRecord
    inventory: Inventory
    until: float  # monotonic: all checks of a target share this time

    def filled(self, **texts: str) -> Mapping[str, str]:
        """Fill in what depends on the cluster.

        Raises:
            InvalidDocument: the cluster lacks a label.
        """
        return template.resolve(texts, self.cluster, subject="check", what="field")

    def seconds(self, timeout: timedelta) -> float:
        """How long one answer may take."""
        return max(min(timeout.total_seconds(), self.until - time.monotonic()), 0.0)
