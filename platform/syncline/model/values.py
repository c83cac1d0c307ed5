"""The two roots of every model, and the small field types that they share."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Annotated, Any, TypeAlias

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    PlainSerializer,
    StringConstraints,
    WithJsonSchema,
)
from pydantic.alias_generators import to_camel

Manifest: TypeAlias = dict[str, Any]
"""One Kubernetes object as JSON would hold it."""

_UNITS = {"d": 86400.0, "h": 3600.0, "m": 60.0, "s": 1.0, "ms": 0.001}
_PART = re.compile(r"(\d+(?:\.\d+)?)(ms|d|h|m|s)")
_WHOLE = re.compile(rf"(?:{_PART.pattern})+")

DNS_LABEL = r"^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$"


class Written(BaseModel):
    """What a user writes: camelCase on the wire, unknown fields are errors."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", alias_generator=to_camel, populate_by_name=True
    )


class Stored(BaseModel):
    """What our processes exchange: snake_case on the wire, unknown fields are ignored."""

    model_config = ConfigDict(frozen=True, extra="ignore")


def parse_duration(value: object) -> object:
    """Read ``1h30m``, ``45s`` or ``250ms``; anything else is pydantic's to judge."""
    if not isinstance(value, str):
        return value
    if not _WHOLE.fullmatch(value):
        raise ValueError(f"{value!r} is no duration: write for example 30s, 5m or 1h30m")
    return timedelta(seconds=sum(float(n) * _UNITS[u] for n, u in _PART.findall(value)))


def format_duration(value: timedelta) -> str:
    """Write a duration as ``parse_duration`` reads it: ``1h30m``."""
    millis = round(value / timedelta(milliseconds=1))
    parts = []
    for unit, size in (("h", 3_600_000), ("m", 60_000), ("s", 1000), ("ms", 1)):
        count, millis = divmod(millis, size)
        if count:
            parts.append(f"{count}{unit}")
    return "".join(parts) or "0s"


Duration = Annotated[
    timedelta,
    BeforeValidator(parse_duration),
    PlainSerializer(format_duration, return_type=str),
    WithJsonSchema({"type": "string", "pattern": f"^{_WHOLE.pattern}$", "examples": ["30s", "5m"]}),
]
"""A length of time, written as ``30s``, ``5m`` or ``1h30m``."""

Name = Annotated[str, StringConstraints(pattern=DNS_LABEL)]
"""A DNS label: lower case letters, digits and dashes, at most 63."""
