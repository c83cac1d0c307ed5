"""What keeps the Pods of a workload from working: the most telling of what they say."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TypeAlias

from syncline.health import reading
from syncline.health.stuck import containers
from syncline.health.stuck import why as words
from syncline.health.stuck.containers import Container
from syncline.health.stuck.why import Why
from syncline.model.values import Manifest

Reader: TypeAlias = Callable[[Manifest], Why | None]


def why(pods: Iterable[Manifest]) -> Why | None:
    """Say it, naming the Pod; None where none of them is kept from anything.

    Equal complaints are told of the Pod whose name comes first, so that one look says what the
    other did.
    """
    found = [each for pod in pods if (each := _of(pod)) is not None]
    if not found:
        return None
    _, name, told = min(found, key=lambda each: each[:2])
    return told._replace(pod=name)


def of_one(pod: Manifest) -> Why | None:
    """Say it of one Pod."""
    found = _of(pod)
    return found[2] if found else None


def _of(pod: Manifest) -> tuple[int, str, Why] | None:
    """How telling it is (0 is best), the Pod's name, and what it says."""
    meta, phase = reading.section(pod, "metadata"), reading.section(pod, "status").get("phase")
    if meta.get("deletionTimestamp") or phase == "Succeeded":
        return None
    if reading.is_true(reading.conditions(pod).get("Ready")):
        return None
    for rank, read in enumerate(_READERS if phase != "Failed" else (_failed,)):
        if (told := read(pod)) is not None:
            at = len(_READERS) if phase == "Failed" else rank
            return at, str(meta.get("name")), told
    return None


def _first(read: Callable[[Container], Why | None]) -> Reader:
    def of_any(pod: Manifest) -> Why | None:
        told = (read(container) for container in containers.all_of(pod))
        return next((each for each in told if each is not None), None)

    return of_any


def _unscheduled(pod: Manifest) -> Why | None:
    scheduled = reading.conditions(pod).get("PodScheduled")
    if reading.is_false(scheduled) and scheduled:
        told = words.of_scheduler(reading.words(scheduled))
        return Why(reading.reason(scheduled), told)
    is_placed = bool(reading.section(pod, "spec").get("nodeName"))
    if scheduled is None and _is_pending(pod) and not is_placed:
        return Why("Pending", "no scheduler has looked for a node yet")
    return None


def _starting(pod: Manifest) -> Why | None:
    """It has a node, and its containers are yet to be made: volumes and network come first."""
    if not _is_pending(pod):
        return None
    for container in containers.all_of(pod):
        if container.is_running and container.title.startswith("init ") and _ends(container):
            return Why("PodInitializing", f"{container.title} still runs")
    uid = str(reading.section(pod, "metadata").get("uid") or "")
    return Why("ContainerCreating", "its containers have not been made yet", uid)


def _is_pending(pod: Manifest) -> bool:
    return reading.section(pod, "status").get("phase") in (None, "Pending")


def _ends(container: Container) -> bool:
    """Whether the next container waits for its end; a sidecar runs on."""
    return container.spec.get("restartPolicy") != "Always"


def _unready(pod: Manifest) -> Why | None:
    uid = str(reading.section(pod, "metadata").get("uid") or "")
    for container in containers.all_of(pod):
        if container.is_running and container.status.get("ready") is False:
            started = container.status.get("started") is not False
            state = "is not ready" if started else "has not started up yet"
            return Why("NotReady", f"{container.title} runs and {state}", uid)
    ready = reading.conditions(pod).get("Ready")
    if ready is None:
        return None
    return Why(reading.reason(ready), words.line(reading.words(ready)), uid)


def _failed(pod: Manifest) -> Why:
    status = reading.section(pod, "status")
    if status.get("reason"):
        told = words.line(status.get("message") or status["reason"])
        return Why(str(status["reason"]), told)
    return _first(containers.failed)(pod) or Why("Failed", "it failed, and says no more")


_READERS: tuple[Reader, ...] = (
    _first(containers.unpulled),
    _first(containers.unmade),
    _first(containers.crashed),
    _unscheduled,
    _starting,
    _unready,
)
"""From what says most of why a roll-out stands to what says least."""
