"""Jobs and CronJobs: a template that never changes once the Job exists."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from typing_extensions import override

from syncline.simulator.kinds.behaviour import (
    Behaviour,
    Object,
    Problem,
    invalid,
    required,
    unsupported,
)
from syncline.simulator.kinds.pod import default_spec, spec_problems
from syncline.simulator.kinds.workload import MISMATCH, shown

if TYPE_CHECKING:
    from syncline.simulator.store.cluster import Cluster

RESTARTS = ["OnFailure", "Never"]
FIXED = "field is immutable"
PLACEMENT = ("nodeSelector", "tolerations", "schedulingGates")


def default_job(spec: dict[str, Any]) -> None:
    """Fill in a Job's spec, in place."""
    default_spec(spec["template"]["spec"])
    if "completions" not in spec and "parallelism" not in spec:
        spec["completions"] = 1
    spec.setdefault("parallelism", 1)
    spec.setdefault("backoffLimit", 6)
    spec.setdefault("completionMode", "NonIndexed")
    spec.setdefault("suspend", False)
    spec.setdefault("manualSelector", False)
    spec.setdefault("podReplacementPolicy", "TerminatingOrFailed")


def job_problems(spec: dict[str, Any], path: str) -> list[Problem]:
    """Return what makes a Job's template invalid."""
    template = spec["template"]["spec"]
    found = spec_problems(template, f"{path}.template.spec")
    policy = template["restartPolicy"]
    if policy not in RESTARTS:
        field = f"{path}.template.spec.restartPolicy"
        known = ", ".join(f'"{word}"' for word in RESTARTS)
        by_default = required(field, f"valid values: {known}")
        found.append(by_default if policy == "Always" else unsupported(field, policy, RESTARTS))
    return found


class Job(Behaviour):
    """batch/v1 Job."""

    counts_generation = True

    @override
    def default(self, obj: Object) -> None:
        default_job(obj["spec"])

    @override
    def allocate(self, cluster: Cluster, new: Object, old: Object | None) -> None:
        spec, uid = new["spec"], new["metadata"]["uid"]
        if old is not None or spec.get("manualSelector"):
            return
        spec.setdefault("selector", {"matchLabels": {"batch.kubernetes.io/controller-uid": uid}})
        labels = spec["template"]["metadata"].setdefault("labels", {})
        labels |= generated(new)
        new["metadata"].setdefault("labels", dict(labels))

    @override
    def is_rewritten(self, created: Object) -> bool:
        # Its labels were copied from the template's while it was read back.
        labels = created["spec"]["template"]["metadata"].get("labels")
        return bool(created["metadata"].get("labels") == labels)

    @override
    def problems(self, new: Object, old: Object | None) -> list[Problem]:
        found = job_problems(new["spec"], "spec")
        if old is None:
            return found
        found = generated_problems(new) + found
        now, before = new["spec"], old["spec"]
        found += selector_problems(now)
        found += [
            invalid(f"spec.{name}", shown(now.get(name)), FIXED)
            for name in ("completions", "selector")
            if now.get(name) != before.get(name)
        ]
        found += template_problems(now["template"], before, started(old))
        if now.get("completionMode") != before.get("completionMode"):
            found.append(invalid("spec.completionMode", shown(now.get("completionMode")), FIXED))
        return found


def generated(job: Object) -> dict[str, str]:
    """Return the labels that the API server gives to a Job's template."""
    uid, name = job["metadata"]["uid"], job["metadata"]["name"]
    return {
        "controller-uid": uid,
        "job-name": name,
        "batch.kubernetes.io/controller-uid": uid,
        "batch.kubernetes.io/job-name": name,
    }


def generated_problems(job: Object) -> list[Problem]:
    """Return which of these are gone."""
    spec = job["spec"]
    if spec.get("manualSelector") or not spec.get("selector"):
        return []
    labels = spec["template"]["metadata"].get("labels") or {}
    return [
        required(f"spec.template.metadata.labels[{key}]", f"must be '{value}'")
        for key, value in generated(job).items()
        if labels.get(key) != value
    ]


def started(job: Object) -> bool:
    """Tell whether a Job has ever run."""
    return "startTime" in (job.get("status") or {})


def selector_problems(spec: dict[str, Any]) -> list[Problem]:
    """Return what is wrong between a Job's selector and its template."""
    labels = spec["template"]["metadata"].get("labels") or {}
    selector = spec.get("selector")
    found = [] if selector else [required("spec.selector")]
    wanted = (selector or {}).get("matchLabels") or {}
    if selector and all(labels.get(key) == value for key, value in wanted.items()):
        return found
    return [*found, invalid("spec.template.metadata.labels", shown(labels), MISMATCH)]


def template_problems(template: Object, before: dict[str, Any], ran: bool) -> list[Problem]:  # noqa: FBT001
    """Return how a template has changed that may not: while suspended, little of it may."""
    was = before["template"]
    if not before.get("suspend"):
        return [] if template == was else [invalid("spec.template", shown(template), FIXED)]
    if ran:
        same = asked_alike(template["spec"]) == asked_alike(was["spec"])
    else:
        same = placed_alike(template["spec"]) == placed_alike(was["spec"])
    return [] if same else [invalid("spec.template.spec", shown(template["spec"]), FIXED)]


def asked_alike(spec: dict[str, Any]) -> dict[str, Any]:
    """Return a pod's spec without what its containers ask for."""
    kinds = ("containers", "initContainers")
    without = {
        kind: [{**container, "resources": {}} for container in spec.get(kind) or ()]
        for kind in kinds
    }
    return {**spec, **without}


def placed_alike(spec: dict[str, Any]) -> dict[str, Any]:
    """Return the same without where the pod may run."""
    return {name: part for name, part in asked_alike(spec).items() if name not in PLACEMENT}


class CronJob(Behaviour):
    """batch/v1 CronJob: a schedule, and the template of its Jobs."""

    counts_generation = True

    @override
    def default(self, obj: Object) -> None:
        spec = obj["spec"]
        spec.setdefault("concurrencyPolicy", "Allow")
        spec.setdefault("suspend", False)
        spec.setdefault("successfulJobsHistoryLimit", 3)
        spec.setdefault("failedJobsHistoryLimit", 1)
        job = spec["jobTemplate"]["spec"]
        template = job["template"]["spec"]
        default_spec(template)

    @override
    def problems(self, new: Object, old: Object | None) -> list[Problem]:
        spec = new["spec"]
        found = [] if spec.get("schedule") else [required("spec.schedule")]
        return found + job_problems(spec["jobTemplate"]["spec"], "spec.jobTemplate.spec")
