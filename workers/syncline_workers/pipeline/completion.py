"""Whether a hook has done what it was for: by its completion, or by its health.

A Job, a Pod or a workflow runs once, and is done when it has ended; anything else is done as soon
as it is healthy.
"""

from __future__ import annotations

from syncline.health import custom, reading, registry
from syncline.health.verdict import Health, degraded, healthy, progressing
from syncline.model.change import ObjectRef
from syncline.model.status import HealthStatus
from syncline.model.values import Manifest

RUN_ONCE = frozenset(
    {
        ("", "Pod"),
        ("argoproj.io", "Workflow"),
        ("batch", "Job"),
        ("tekton.dev", "PipelineRun"),
        ("tekton.dev", "TaskRun"),
    }
)
"""(group, kind) of what ends by itself, and has to be made anew to run once more."""


def runs_once(ref: ObjectRef) -> bool:
    """Whether such an object ends by itself."""
    return (ref.group, ref.kind) in RUN_ONCE


def has_failed(ref: ObjectRef, health: Health) -> bool:
    """Whether a hook has come to a bad end; what does not end by itself may still mend."""
    return runs_once(ref) and health.status is HealthStatus.DEGRADED


def judge(live: Manifest, rules: custom.Rules = custom.NONE) -> Health:
    """Judge a hook's live object: healthy is done."""
    if live["metadata"].get("deletionTimestamp"):
        return registry.judge(live, rules)
    match str(live["apiVersion"]).rpartition("/")[0], live["kind"]:
        case "", "Pod":
            return _pod(live)
        case "argoproj.io", "Workflow":
            return _workflow(live)
        case "tekton.dev", "PipelineRun" | "TaskRun":
            return _tekton(live)
        case _:
            return registry.judge(live, rules)


def _pod(live: Manifest) -> Health:
    found, phase = registry.judge(live, custom.NONE), reading.section(live, "status").get("phase")
    if phase in ("Succeeded", "Failed"):
        return found
    is_server = reading.section(live, "spec").get("restartPolicy", "Always") == "Always"
    if is_server and found.status is HealthStatus.HEALTHY:
        return found
    message = found.message if found.status is not HealthStatus.HEALTHY else "has not ended yet"
    return progressing("Running", message)


def _workflow(live: Manifest) -> Health:
    status = reading.section(live, "status")
    phase, message = status.get("phase") or "Pending", str(status.get("message") or "")
    match phase:
        case "Succeeded":
            return healthy("succeeded")
        case "Failed" | "Error":
            return degraded(str(phase), message or str(phase).lower())
        case _:
            return progressing("Running", message or f"is {phase}")


def _tekton(live: Manifest) -> Health:
    ended = reading.conditions(live).get("Succeeded", {})
    if reading.is_true(ended):
        return healthy("succeeded")
    if reading.is_false(ended):
        return degraded(reading.reason(ended), reading.words(ended))
    return progressing("Running", reading.words(ended) if ended else "has not begun yet")
