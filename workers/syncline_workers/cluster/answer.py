"""What an API server answered, whatever it was."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Answer:
    """Status, headers (asked for by lower-case names), body."""

    status: int
    headers: Mapping[str, str]
    body: bytes
