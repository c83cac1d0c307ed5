"""Rules that people declare: they come before built-in judges and before the library."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Final, TypeAlias

from syncline.errors import InvalidDocument
from syncline.health import compiled
from syncline.health.compiled import Compiled
from syncline.health.library import ANY
from syncline.model.healthrule import HealthRule

Rules: TypeAlias = Mapping[tuple[str, str], Compiled]
"""(Group, kind) → who judges it; kind ``*``: all others of the group."""

NONE: Final[Rules] = MappingProxyType({})


def compile_all(documents: Iterable[HealthRule]) -> Rules:
    """Make rules ready.

    Raises:
        InvalidDocument: one line for each mistake: rule, case, place, fault.
    """
    ready: dict[tuple[str, str], Compiled] = {}
    mistakes: list[str] = []
    for document in documents:
        name = f"HealthRule/{document.metadata.name}"
        try:
            rule = compiled.compile_rule(document.spec, name=name, source=name)
        except InvalidDocument as exc:
            mistakes += exc.detail.splitlines()
            continue
        for kind in document.spec.kinds:
            key = (document.spec.group, kind)
            if key in ready:
                shown = "/".join(part for part in key if part)
                mistakes.append(f"{name} judges {shown}, as {ready[key].name} does: keep one")
            ready[key] = rule
    if mistakes:
        raise InvalidDocument("health rules", "\n".join(mistakes))
    return ready


def find(rules: Rules, group: str, kind: str) -> Compiled | None:
    """Find who judges a kind."""
    return (rules.get((group, kind)) or rules.get((group, ANY))) if rules else None
