"""Who judges which kind. A new kind is a file beside this one and a line here."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

from syncline.health import (
    apiservice,
    cronjob,
    custom,
    customresourcedefinition,
    daemonset,
    deployment,
    generic,
    horizontalpodautoscaler,
    ingress,
    job,
    library,
    persistentvolume,
    persistentvolumeclaim,
    pod,
    poddisruptionbudget,
    replicaset,
    service,
    statefulset,
    validatingadmissionpolicy,
    webhookconfiguration,
)
from syncline.health.custom import NONE, Rules
from syncline.health.verdict import Health, Judged, progressing
from syncline.model.change import ObjectRef
from syncline.model.status import HealthStatus
from syncline.model.values import Manifest

Judge: TypeAlias = Callable[[Manifest], Health]

_ADMISSION = "admissionregistration.k8s.io"

JUDGES: dict[tuple[str, str], Judge] = {
    ("", "PersistentVolume"): persistentvolume.judge,
    ("", "PersistentVolumeClaim"): persistentvolumeclaim.judge,
    ("", "Pod"): pod.judge,
    ("", "ReplicationController"): replicaset.judge,
    ("", "Service"): service.judge,
    (_ADMISSION, "MutatingWebhookConfiguration"): webhookconfiguration.judge,
    (_ADMISSION, "ValidatingAdmissionPolicy"): validatingadmissionpolicy.judge,
    (_ADMISSION, "ValidatingWebhookConfiguration"): webhookconfiguration.judge,
    ("apiextensions.k8s.io", "CustomResourceDefinition"): customresourcedefinition.judge,
    ("apiregistration.k8s.io", "APIService"): apiservice.judge,
    ("apps", "DaemonSet"): daemonset.judge,
    ("apps", "Deployment"): deployment.judge,
    ("apps", "ReplicaSet"): replicaset.judge,
    ("apps", "StatefulSet"): statefulset.judge,
    ("autoscaling", "HorizontalPodAutoscaler"): horizontalpodautoscaler.judge,
    ("batch", "CronJob"): cronjob.judge,
    ("batch", "Job"): job.judge,
    ("networking.k8s.io", "Ingress"): ingress.judge,
    ("policy", "PodDisruptionBudget"): poddisruptionbudget.judge,
}

BUILT_IN = frozenset(
    {
        "",
        _ADMISSION,
        "apiextensions.k8s.io",
        "apiregistration.k8s.io",
        "apps",
        "authentication.k8s.io",
        "authorization.k8s.io",
        "autoscaling",
        "batch",
        "certificates.k8s.io",
        "coordination.k8s.io",
        "discovery.k8s.io",
        "events.k8s.io",
        "flowcontrol.apiserver.k8s.io",
        "networking.k8s.io",
        "node.k8s.io",
        "policy",
        "rbac.authorization.k8s.io",
        "resource.k8s.io",
        "scheduling.k8s.io",
        "storage.k8s.io",
    }
)
"""Groups of Kubernetes itself: a kind of these without a judge has no health."""


def is_judged(ref: ObjectRef, rules: Rules = NONE) -> bool:
    """Whether looking at such an object can tell anything beyond that it exists."""
    if (ref.group, ref.kind) in JUDGES or ref.group not in BUILT_IN:
        return True
    return custom.find(rules, ref.group, ref.kind) is not None


def judge(live: Manifest | None, rules: Rules = NONE) -> Health:
    """Judge a live object, None: it is absent; ``rules`` are those that people declared."""
    return explain(live, rules).health


def explain(live: Manifest | None, rules: Rules = NONE) -> Judged:
    """Judge a live object and say who did."""
    if live is None:
        return Judged(Health(HealthStatus.MISSING, "Missing", "not in the cluster"), "absence")
    if live["metadata"].get("deletionTimestamp"):
        waits = ", ".join(live["metadata"].get("finalizers") or ())
        words = f"being deleted{f', waits for {waits}' if waits else ''}"
        return Judged(progressing("Deleting", words), "deletion")
    group, kind = str(live["apiVersion"]).rpartition("/")[0], str(live["kind"])
    if (declared := custom.find(rules, group, kind)) and (found := declared.judge(live)):
        return found
    return _undeclared(live, group, kind)


def _undeclared(live: Manifest, group: str, kind: str) -> Judged:
    if own := JUDGES.get((group, kind)):
        return Judged(own(live), f"built-in {kind}")
    if group in BUILT_IN:
        return Judged(Health(HealthStatus.HEALTHY, "Healthy"), "existence")
    rule = library.rule_for(group, kind)
    return (rule and rule.judge(live)) or Judged(generic.judge(live), "conditions")
