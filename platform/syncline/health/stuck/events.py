"""What Events say where Pods do not: failed probes, volumes, pulls, and Pods that are refused."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import partial

from syncline.health import reading
from syncline.health.stuck import containers
from syncline.health.stuck import why as words
from syncline.health.stuck.why import Why
from syncline.model.values import Manifest

_PROBE = re.compile(
    r"(Readiness|Liveness|Startup) probe (?:failed|errored)[^:]*:\s*(.*)", re.DOTALL
)
_STATUS = re.compile(r"HTTP probe failed with statuscode: (\d+)")
_CONTAINER = re.compile(r"\{(.+)\}$")
_QUOTA = re.compile(r"exceeded quota: .*", re.DOTALL)
_REFUSED = re.compile(r".*?(?:is forbidden: | failed error: |Error creating: )", re.DOTALL)

_PASSED = frozenset({"FailedScheduling", "FailedToRetrieveImagePullSecret"})
"""Said of a Pod before it came to where it is now, or beside the point."""


def of_pod(told: Why, events: Iterable[Manifest]) -> Why:
    """Say more of what a Pod told, where its Events (of the type Warning) do."""
    match told.reason:
        case "ImagePullBackOff":
            read = partial(_pull, told)
        case containers.LOOPING | "Failed":
            read = partial(_killed, told)
        case "ContainerCreating":
            read = partial(_unmade, told)
        case _:
            read = partial(_probe, told)
    found = (read(event) for event in _newest_first(events))
    return next((each for each in found if each is not None), told)


def of_workload(events: Iterable[Manifest]) -> Why | None:
    """Say why a workload lacks Pods: the last time that its controller failed to make one."""
    for event in _newest_first(events):
        if not _reason(event).startswith("Failed"):
            continue
        message = str(event.get("message") or "")
        if quota := _QUOTA.search(message):
            return Why("ExceededQuota", words.line(quota[0]))
        told = words.line(_REFUSED.sub("", message, count=1))
        return Why(_reason(event), told or _reason(event))
    return None


def _pull(told: Why, event: Manifest) -> Why | None:
    message = str(event.get("message") or "")
    if not message.startswith("Failed to pull image"):
        return None
    return told._replace(message=f"{told.message}: {words.cause(message)}")


def _killed(told: Why, event: Manifest) -> Why | None:
    probe = _probe(told, event)
    if probe is None or probe.reason == "ReadinessProbeFailed":
        return None
    return probe._replace(message=f"{probe.message}; {told.message}")


def _unmade(told: Why, event: Manifest) -> Why | None:
    reason = _reason(event)
    if reason in _PASSED or not (reason.startswith("Failed") or reason == "NetworkNotReady"):
        return None
    return told._replace(reason=reason, message=words.line(event.get("message") or reason))


def _probe(told: Why, event: Manifest) -> Why | None:
    found = _PROBE.match(str(event.get("message") or ""))
    if _reason(event) != "Unhealthy" or found is None:
        return None
    kind, why = found[1], words.line(_STATUS.sub(r"HTTP \1", found[2]))
    container = _CONTAINER.search(str(reading.section(event, "involvedObject").get("fieldPath")))
    whose = f" of container {container[1]}" if container else ""
    message = f"{kind.lower()} probe{whose} failed: {why or 'it says no more'}"
    return told._replace(reason=f"{kind}ProbeFailed", message=message)


def _newest_first(events: Iterable[Manifest]) -> list[Manifest]:
    return sorted(events, key=_at, reverse=True)


def _at(event: Manifest) -> str:
    """When it was seen last; the forms of both APIs for events."""
    series = reading.section(event, "series").get("lastObservedTime")
    created = reading.section(event, "metadata").get("creationTimestamp")
    times = (series, event.get("lastTimestamp"), event.get("eventTime"), created)
    return next((str(time) for time in times if time), "")


def _reason(event: Manifest) -> str:
    return str(event.get("reason") or "Warning")
