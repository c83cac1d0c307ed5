"""One metric: its name, type, labels, unit, and how it is got; and the text of many."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, NamedTuple

from prometheus_client import generate_latest
from prometheus_client.core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
)
from prometheus_client.core import (
    Metric as Family,
)

from syncline.api.metrics.reading import Reading


class Kind(StrEnum):
    """A metric's type, as Prometheus calls it."""

    GAUGE = "gauge"
    COUNTER = "counter"
    HISTOGRAM = "histogram"


class Buckets(NamedTuple):
    """A histogram's value."""

    counts: Sequence[tuple[str, float]]  # (bound, how many at most so long), the last one +Inf
    sum: float


Sample = tuple[Sequence[str], float | Buckets]
"""The labels' values, and the value."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Metric:
    """A metric. Its docs are generated from here."""

    name: str  # as in queries; a counter's ends with _total
    kind: Kind
    help: str
    unit: str
    labels: tuple[str, ...] = ()
    samples: Callable[[Reading], Iterable[Sample]]

    def family(self, reading: Reading) -> Family:
        """Make Prometheus's own of it."""
        made: Any = _FAMILIES[self.kind](self.name, self.help, labels=self.labels)
        for values, value in self.samples(reading):
            numbers = value if isinstance(value, Buckets) else (value,)
            made.add_metric(values, *numbers)
        found: Family = made
        return found


def text(metrics: Iterable[Metric], reading: Reading) -> bytes:
    """Write the exposition."""
    return generate_latest(_Families([each.family(reading) for each in metrics]))


_FAMILIES: dict[Kind, Callable[..., Any]] = {
    Kind.GAUGE: GaugeMetricFamily,
    Kind.COUNTER: CounterMetricFamily,
    Kind.HISTOGRAM: HistogramMetricFamily,
}


@dataclass(frozen=True, slots=True)
class _Families:
    """As ``generate_latest`` takes them: something that collects."""

    families: Sequence[Family]

    def collect(self) -> Iterator[Family]:
        yield from self.families
