"""Which objects have Pods, and how these are selected."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from syncline.health import reading
from syncline.health.registry import BUILT_IN
from syncline.model.values import Manifest

_GROUPS = frozenset({"apps", "batch"})


def may_have_pods(group: str, kind: str) -> bool:
    """Whether an object of the kind can have Pods, or is one."""
    if group == "":
        return kind in ("Pod", "ReplicationController")
    return group in _GROUPS or group not in BUILT_IN


def is_pod(live: Manifest) -> bool:
    """Whether it is a Pod itself."""
    return live.get("kind") == "Pod" and live.get("apiVersion") == "v1"


def selector(live: Manifest) -> str:
    """Write the label selector of its Pods; "" where it has none that tells them from others.

    A custom kind has Pods where it has a template of them, or says by which labels it scales.
    """
    spec, status = reading.section(live, "spec"), reading.section(live, "status")
    chosen = spec.get("selector")
    if isinstance(chosen, dict) and isinstance(spec.get("template"), dict):
        is_plain = live.get("kind") == "ReplicationController"
        return ",".join(_terms({"matchLabels": chosen} if is_plain else chosen))
    told = status.get("selector") or status.get("labelSelector")
    return told if isinstance(told, str) else ""


def wanted(live: Manifest) -> int:
    """Return how many Pods it should have."""
    spec, status = reading.section(live, "spec"), reading.section(live, "status")
    match live.get("kind"):
        case "DaemonSet":
            return reading.number(status, "desiredNumberScheduled")
        case "Job":
            return reading.number(spec, "parallelism", 1)
        case _:
            return reading.number(spec, "replicas", 1)


def _terms(chosen: dict[str, Any]) -> Iterator[str]:
    labels, expressions = chosen.get("matchLabels"), chosen.get("matchExpressions")
    for key, value in (labels if isinstance(labels, dict) else {}).items():
        yield f"{key}={value}"
    for each in expressions if isinstance(expressions, list) else ():
        if isinstance(each, dict):
            yield _term(str(each.get("key")), each)


def _term(key: str, expression: dict[str, Any]) -> str:
    values = ",".join(str(value) for value in expression.get("values") or ())
    match expression.get("operator"):
        case "In":
            return f"{key} in ({values})"
        case "NotIn":
            return f"{key} notin ({values})"
        case "Exists":
            return key
        case _:
            return f"!{key}"
