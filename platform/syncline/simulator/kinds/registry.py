"""Which kinds have particulars: one line each."""

from __future__ import annotations

from syncline.simulator.kinds.autoscaler import Autoscaler
from syncline.simulator.kinds.behaviour import PLAIN, Behaviour
from syncline.simulator.kinds.claim import PersistentVolumeClaim
from syncline.simulator.kinds.config import ConfigMap, Secret
from syncline.simulator.kinds.daemonset import DaemonSet
from syncline.simulator.kinds.definition import Definition, Registration
from syncline.simulator.kinds.deployment import Deployment
from syncline.simulator.kinds.job import CronJob, Job
from syncline.simulator.kinds.namespace import Namespace
from syncline.simulator.kinds.networking import Ingress, NetworkPolicy
from syncline.simulator.kinds.pod import Pod
from syncline.simulator.kinds.rbac import Binding, Role
from syncline.simulator.kinds.replicaset import ReplicaSet, ReplicationController
from syncline.simulator.kinds.service import Service
from syncline.simulator.kinds.statefulset import StatefulSet
from syncline.simulator.kinds.storage import PersistentVolume, PriorityClass, StorageClass
from syncline.simulator.schema.builtin import Resource

RBAC = "rbac.authorization.k8s.io"


class Counted(Behaviour):
    """A plain kind whose generation grows."""

    counts_generation = True


BEHAVIOURS: dict[tuple[str, str], Behaviour] = {
    ("", "configmaps"): ConfigMap(),
    ("", "namespaces"): Namespace(),
    ("", "persistentvolumeclaims"): PersistentVolumeClaim(),
    ("", "persistentvolumes"): PersistentVolume(),
    ("", "pods"): Pod(),
    ("", "replicationcontrollers"): ReplicationController(),
    ("", "secrets"): Secret(),
    ("", "services"): Service(),
    ("admissionregistration.k8s.io", "mutatingwebhookconfigurations"): Counted(),
    ("admissionregistration.k8s.io", "validatingwebhookconfigurations"): Counted(),
    ("admissionregistration.k8s.io", "validatingadmissionpolicies"): Counted(),
    ("admissionregistration.k8s.io", "validatingadmissionpolicybindings"): Counted(),
    ("apiextensions.k8s.io", "customresourcedefinitions"): Definition(),
    ("apiregistration.k8s.io", "apiservices"): Registration(),
    ("apps", "daemonsets"): DaemonSet(),
    ("apps", "deployments"): Deployment(),
    ("apps", "replicasets"): ReplicaSet(),
    ("apps", "statefulsets"): StatefulSet(),
    ("autoscaling", "horizontalpodautoscalers"): Autoscaler(),
    ("batch", "cronjobs"): CronJob(),
    ("batch", "jobs"): Job(),
    ("flowcontrol.apiserver.k8s.io", "flowschemas"): Counted(),
    ("networking.k8s.io", "ingresses"): Ingress(),
    ("networking.k8s.io", "networkpolicies"): NetworkPolicy(),
    ("policy", "poddisruptionbudgets"): Counted(),
    (RBAC, "clusterrolebindings"): Binding(),
    (RBAC, "clusterroles"): Role(),
    (RBAC, "rolebindings"): Binding(),
    (RBAC, "roles"): Role(),
    ("scheduling.k8s.io", "priorityclasses"): PriorityClass(),
    ("storage.k8s.io", "storageclasses"): StorageClass(),
}
CUSTOM = Counted()

VERSIONED = {
    "admissionregistration.k8s.io": (
        "mutatingwebhookconfigurations",
        "validatingadmissionpolicies",
        "validatingadmissionpolicybindings",
        "validatingwebhookconfigurations",
    ),
    "apiextensions.k8s.io": ("customresourcedefinitions",),
    "apiregistration.k8s.io": ("apiservices",),
    "coordination.k8s.io": ("leases",),
    "node.k8s.io": ("runtimeclasses",),
    "policy": ("poddisruptionbudgets",),
    "storage.k8s.io": ("csidrivers", "csinodes", "csistoragecapacities", "volumeattachments"),
}


CREATED_BY_PUT = {
    ("", "endpoints"),
    ("", "events"),
    ("", "limitranges"),
    ("", "services"),
    ("coordination.k8s.io", "leases"),
    ("node.k8s.io", "runtimeclasses"),
    *((RBAC, kind) for kind in ("clusterrolebindings", "clusterroles", "rolebindings", "roles")),
}


def may_create(resource: Resource) -> bool:
    """Tell whether a PUT of an object that is not there creates it."""
    return (resource.group, resource.plural) in CREATED_BY_PUT


def needs_version(resource: Resource) -> bool:
    """Tell whether a PUT must name the resource version that it replaces."""
    return resource.custom or resource.plural in VERSIONED.get(resource.group, ())


def behaviour(resource: Resource) -> Behaviour:
    """Return a resource's particulars; custom resources count generations."""
    known = BEHAVIOURS.get((resource.group, resource.plural))
    return known or (CUSTOM if resource.custom else PLAIN)
