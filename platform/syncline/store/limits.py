"""When to give up: on a cluster that does not answer, on a request that loses its workers."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from syncline.settings import Settings


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """The limits that folding needs of the settings; their defaults are the settings' own."""

    breaker_failures: int = 3  # connection failures in a row that open a cluster's breaker
    probe_interval: timedelta = timedelta(seconds=10)  # between probes of a cluster that is away
    attempts: int = 5  # lost workers in a row until a target stalls; failures of one request until
    #                    its operation calls the target failed (the target itself is tried on)

    heavy: timedelta = timedelta(seconds=20)  # to fetch and render: longer ones go by a lane apart
    heavy_bytes: int = 1_000_000  # of compressed manifests: likewise

    @property
    def breaker(self) -> tuple[int, float]:
        """Failures that open a breaker, and seconds to the next probe: as steps take them."""
        return self.breaker_failures, self.probe_interval.total_seconds()

    @classmethod
    def of(cls, settings: Settings) -> Limits:
        """Read them from a role's settings."""
        return cls(
            breaker_failures=settings.cluster.breaker_failures,
            probe_interval=settings.cluster.probe_interval,
            attempts=settings.run.attempts,
            heavy=settings.run.heavy,
            heavy_bytes=settings.run.heavy_bytes,
        )


DEFAULT = Limits()
