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
from syncline.simulator.kinds.workload import shown

if TYPE_CHECKING:
    from syncline.simulator.store.cluster import Cluster

RESTARTS = ["OnFailure", "Never"]
FIXED = ("selector", "template", "completionMode")


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
    is_rewritten_once = True

    @override
    def default(self, obj: Object) -> None:
        default_job(obj["spec"])

    @override
    def allocate(self, cluster: Cluster, new: Object, old: Object | None) -> None:
        spec, uid = new["spec"], new["metadata"]["uid"]
        if old is not None or spec.get("manualSelector"):
            return
        chosen = {"batch.kubernetes.io/controller-uid": uid}
        spec.setdefault("selector", {"matchLabels": dict(chosen)})
        labels = spec["template"]["metadata"].setdefault("labels", {})
        name = new["metadata"]["name"]
        labels |= {"controller-uid": uid, "job-name": name, "batch.kubernetes.io/job-name": name}
        labels |= chosen
        new["metadata"].setdefault("labels", dict(labels))

    @override
    def problems(self, new: Object, old: Object | None) -> list[Problem]:
        found = job_problems(new["spec"], "spec")
        if old is None:
            return found
        return found + [
            invalid(f"spec.{name}", shown(new["spec"].get(name)), "field is immutable")
            for name in FIXED
            if new["spec"].get(name) != old["spec"].get(name)
        ]


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
