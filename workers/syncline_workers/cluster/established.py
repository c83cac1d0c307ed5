"""Waiting until the API server serves the kinds of new definitions."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Protocol

from syncline.errors import NotReady
from syncline.model.change import ObjectRef, ref_of
from syncline.model.values import Manifest
from syncline_workers.cluster.discovery import Discovery

_FIRST = 0.05  # seconds; an idle API server establishes a definition within 0.1 s
_LONGEST = 1.0


class Reader(Protocol):
    """Whoever can read an object."""

    def get(self, ref: ObjectRef) -> Manifest | None:
        """The live object, None where absent."""


def wait(
    reader: Reader,
    discovery: Discovery,
    definitions: Sequence[Manifest],
    *,
    within: timedelta,
    now: Callable[[], float] = time.monotonic,
    sleep: Callable[[float], None] = time.sleep,
) -> None:
    """Wait until each definition is established and its kinds show in discovery.

    Raises:
        NotReady: not all are within this time; names them and says what each lacks.
    """
    deadline = now() + within.total_seconds()
    missing = {ref_of(definition): definition for definition in definitions}
    pause = _FIRST
    while True:
        lacks = {ref: _lack(reader.get(ref)) for ref in missing}
        if not all(lacks.values()):
            discovery.refresh()
        for ref, lack in lacks.items():
            if not lack and all(discovery.knows(kind) for kind in _served(missing[ref])):
                del missing[ref]
        if not missing:
            return
        if now() >= deadline:
            raise _late(missing, lacks, within)
        sleep(pause)
        pause = min(pause * 2, _LONGEST)


def _late(
    missing: dict[ObjectRef, Manifest], lacks: dict[ObjectRef, str], within: timedelta
) -> NotReady:
    facts = ", ".join(f"{ref.name} ({lacks[ref] or 'not served yet'})" for ref in missing)
    first = next(iter(missing))
    return NotReady(
        first.key.short,
        f"{len(missing)} definitions are not established after "
        f"{within.total_seconds():g} s: {facts}",
    )


def _lack(live: Manifest | None) -> str:
    if live is None:
        return "absent"
    conditions = {c["type"]: c for c in (live.get("status") or {}).get("conditions") or ()}
    names = conditions.get("NamesAccepted", {})
    if names.get("status") == "False":
        return f"names not accepted: {names.get('message')}"
    return "" if conditions.get("Established", {}).get("status") == "True" else "not established"


def _served(definition: Manifest) -> list[ObjectRef]:
    spec = definition["spec"]
    return [
        ObjectRef(
            group=spec["group"], version=version["name"], kind=spec["names"]["kind"], name="any"
        )
        for version in spec["versions"]
        if version.get("served")
    ]
