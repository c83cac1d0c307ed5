"""A span that has ended, as a value; ``exporter`` makes OpenTelemetry's of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from syncline.tracing.places import Place

Kind = Literal["internal", "client", "consumer", "producer"]
Attribute = str | int | float | bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """What took how long, and what came of it. Never what was read or written."""

    name: str  # a kind of work, not its subject: people group by it
    begun: int  # nanoseconds since the epoch
    ended: int
    kind: Kind = "internal"
    attributes: Mapping[str, Attribute] = field(default_factory=dict)
    links: tuple[Place, ...] = ()
    error: str = ""  # why it failed, in words; "" = it did not
    children: tuple[Span, ...] = ()
