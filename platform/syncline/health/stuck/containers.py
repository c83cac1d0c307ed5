"""What one container of a Pod says of why it does not run."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from syncline.health import reading
from syncline.health.stuck import why
from syncline.health.stuck.why import Why
from syncline.model.values import Manifest

PULLS = frozenset({"ErrImagePull", "ImagePullBackOff"})
NO_IMAGE = frozenset({"ErrImageNeverPull", "InvalidImageName", "ImageInspectError"})
NOT_MADE = frozenset(
    {
        "CreateContainerConfigError",
        "CreateContainerError",
        "PostStartHookError",
        "PreCreateHookError",
        "PreStartHookError",
        "RunContainerError",
    }
)
LOOPING = "CrashLoopBackOff"

_KILLED = frozenset({137, 143})
"""Exit codes of what was told to end, as a failed liveness probe does: Events say which."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Container:
    """A container: its status, and of which Pod."""

    status: dict[str, Any]
    spec: dict[str, Any]
    uid: str  # of its Pod
    title: str  # container app, init container migrate

    @property
    def waiting(self) -> dict[str, Any]:
        """Why it waits; {} where it does not."""
        return _mapping(_mapping(self.status.get("state")).get("waiting"))

    @property
    def is_running(self) -> bool:
        """Whether its program runs just now."""
        return "running" in _mapping(self.status.get("state"))

    @property
    def ended(self) -> dict[str, Any]:
        """How it ended, or did the time before; {} where it never has."""
        states = (_mapping(self.status.get(name)) for name in ("state", "lastState"))
        return next((found for each in states if (found := _mapping(each.get("terminated")))), {})


def all_of(pod: Manifest) -> Iterator[Container]:
    """List what has a status, init containers first, as they run."""
    spec, status = reading.section(pod, "spec"), reading.section(pod, "status")
    uid = str(reading.section(pod, "metadata").get("uid") or "")
    for kind, title in (("initContainer", "init container"), ("container", "container")):
        declared = {each.get("name"): each for each in _mappings(spec.get(f"{kind}s"))}
        for found in _mappings(status.get(f"{kind}Statuses")):
            name = found.get("name")
            yield Container(
                status=found, spec=declared.get(name, {}), uid=uid, title=f"{title} {name}"
            )


def unpulled(container: Container) -> Why | None:
    """Its image cannot be had. Both words for it stand in turn: the later one is told always."""
    reason = str(container.waiting.get("reason"))
    if reason not in PULLS | NO_IMAGE:
        return None
    image = container.spec.get("image") or container.status.get("image") or "of no name"
    told = str(container.waiting.get("message") or "")
    if reason in NO_IMAGE:
        return Why(reason, f"image {image} cannot be used: {why.cause(told) or reason}")
    if reason == "ImagePullBackOff" and "ErrImagePull: " not in told:
        return Why("ImagePullBackOff", f"image {image} cannot be pulled", container.uid)
    return Why("ImagePullBackOff", f"image {image} cannot be pulled: {why.cause(told)}")


def unmade(container: Container) -> Why | None:
    """The kubelet cannot make or start it."""
    reason = str(container.waiting.get("reason"))
    if reason not in NOT_MADE:
        return None
    return Why(reason, f"{container.title}: {why.line(container.waiting.get('message') or reason)}")


def crashed(container: Container) -> Why | None:
    """It ends again and again; running just now it is told as while it waits for the next time."""
    ended, restarts = container.ended, reading.number(container.status, "restartCount")
    is_looping = container.waiting.get("reason") == LOOPING
    is_flapping = restarts > 0 and not container.status.get("ready") and bool(ended.get("exitCode"))
    if not is_looping and not is_flapping:
        return None
    times = f", {restarts} restart{'s' if restarts > 1 else ''}" if restarts else ""
    return _ended(container, ended, times) or Why(LOOPING, f"{container.title} ends at once{times}")


def failed(container: Container) -> Why | None:
    """It ended badly, and is not started again."""
    ended = container.ended
    return _ended(container, ended, "") if ended.get("exitCode") else None


def _ended(container: Container, ended: dict[str, Any], times: str) -> Why | None:
    if not ended:
        return None
    if ended.get("reason") == "OOMKilled":
        return Why("OOMKilled", f"{container.title} ran out of memory{_limit(container)}{times}")
    code = ended.get("exitCode")
    told = why.last_line(ended.get("message") or "")
    message = f"{container.title} exited with {code}{times}" + (f": {told}" if told else "")
    return Why(LOOPING if times else "Failed", message, container.uid if code in _KILLED else "")


def _limit(container: Container) -> str:
    limits = _mapping(_mapping(container.spec.get("resources")).get("limits"))
    return f" (its limit is {limits['memory']})" if limits.get("memory") else ""


def _mapping(value: object) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _mappings(value: object) -> list[dict[str, Any]]:
    return [each for each in value if isinstance(each, dict)] if isinstance(value, list) else []
