"""Reading live objects, in which any field may be absent."""

from __future__ import annotations

from typing import Any

from syncline.model.values import Manifest


def section(live: Manifest, name: str) -> dict[str, Any]:
    """``spec``, ``status`` or ``metadata``; {} where it is absent."""
    found = live.get(name)
    return found if isinstance(found, dict) else {}


def number(section: dict[str, Any], name: str, default: int = 0) -> int:
    """A count; the API server leaves zeros out."""
    found = section.get(name)
    return found if isinstance(found, int) else default


def is_unseen(live: Manifest) -> bool:
    """Whether its controller has not yet looked at the newest generation."""
    seen = section(live, "status").get("observedGeneration")
    return not isinstance(seen, int) or seen < number(section(live, "metadata"), "generation")


def is_behind(live: Manifest) -> bool:
    """Whether its controller counts generations and has not come to the newest yet."""
    seen = section(live, "status").get("observedGeneration")
    return isinstance(seen, int) and seen < number(section(live, "metadata"), "generation")


def current(live: Manifest) -> dict[str, dict[str, Any]]:
    """The conditions that speak of this generation, or of none."""
    generation = number(section(live, "metadata"), "generation")
    return {
        kind: condition
        for kind, condition in conditions(live).items()
        if number(condition, "observedGeneration", generation) >= generation
    }


def conditions(live: Manifest) -> dict[str, dict[str, Any]]:
    """Type → condition."""
    found = section(live, "status").get("conditions")
    return {
        condition["type"]: condition
        for condition in (found if isinstance(found, list) else ())
        if isinstance(condition, dict) and "type" in condition
    }


def is_true(condition: dict[str, Any] | None) -> bool:
    """Whether the condition is there and holds."""
    return condition is not None and condition.get("status") == "True"


def is_false(condition: dict[str, Any] | None) -> bool:
    """Whether the condition is there and does not hold (Unknown is neither)."""
    return condition is not None and condition.get("status") == "False"


def words(condition: dict[str, Any]) -> str:
    """What a condition says of itself."""
    return str(condition.get("message") or condition.get("reason") or condition.get("type"))


def reason(condition: dict[str, Any]) -> str:
    """Its PascalCase reason; its type where it gives none."""
    return str(condition.get("reason") or condition.get("type"))
