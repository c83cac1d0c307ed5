"""In which order kinds are applied, and in the reverse of it deleted.

Each stage needs what the earlier ones make: a namespace before what is in it, a definition before
its custom resources, a right before the workload that uses it. Webhooks and aggregated APIs come
last, since from then on they have a say in every later request. Within a stage order means
nothing: its objects are applied at once.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from syncline.model.change import Inventory, InventoryEntry
from syncline.model.values import Manifest

REST = "rest"
DEFINITIONS = "definitions"

STAGES: dict[str, frozenset[tuple[str, str]]] = {
    "namespaces": frozenset({("", "Namespace")}),
    DEFINITIONS: frozenset({("apiextensions.k8s.io", "CustomResourceDefinition")}),
    "access": frozenset(
        {
            ("", "ServiceAccount"),
            ("", "ResourceQuota"),
            ("", "LimitRange"),
            ("rbac.authorization.k8s.io", "ClusterRole"),
            ("rbac.authorization.k8s.io", "ClusterRoleBinding"),
            ("rbac.authorization.k8s.io", "Role"),
            ("rbac.authorization.k8s.io", "RoleBinding"),
            ("scheduling.k8s.io", "PriorityClass"),
            ("storage.k8s.io", "StorageClass"),
            ("storage.k8s.io", "CSIDriver"),
            ("node.k8s.io", "RuntimeClass"),
            ("networking.k8s.io", "IngressClass"),
            ("networking.k8s.io", "NetworkPolicy"),
        }
    ),
    "configuration": frozenset(
        {
            ("", "ConfigMap"),
            ("", "Secret"),
            ("", "PersistentVolume"),
            ("", "PersistentVolumeClaim"),
            ("policy", "PodDisruptionBudget"),
        }
    ),
    "services": frozenset(
        {("", "Service"), ("", "Endpoints"), ("discovery.k8s.io", "EndpointSlice")}
    ),
    "workloads": frozenset(
        {
            ("", "Pod"),
            ("", "PodTemplate"),
            ("", "ReplicationController"),
            ("apps", "DaemonSet"),
            ("apps", "Deployment"),
            ("apps", "ReplicaSet"),
            ("apps", "StatefulSet"),
            ("batch", "CronJob"),
            ("batch", "Job"),
        }
    ),
    REST: frozenset(),
    "webhooks": frozenset(
        {
            ("admissionregistration.k8s.io", "MutatingAdmissionPolicy"),
            ("admissionregistration.k8s.io", "MutatingAdmissionPolicyBinding"),
            ("admissionregistration.k8s.io", "MutatingWebhookConfiguration"),
            ("admissionregistration.k8s.io", "ValidatingAdmissionPolicy"),
            ("admissionregistration.k8s.io", "ValidatingAdmissionPolicyBinding"),
            ("admissionregistration.k8s.io", "ValidatingWebhookConfiguration"),
            ("apiregistration.k8s.io", "APIService"),
        }
    ),
}
"""Stage → (group, kind) of its objects, in the order they are applied."""

_STAGE_OF = {kind: name for name, kinds in STAGES.items() for kind in kinds}


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """Objects that can be applied at once; ``wait``: until they are established."""

    name: str
    manifests: tuple[Manifest, ...]
    wait: bool


def stages(manifests: Iterable[Manifest]) -> list[Stage]:
    """Sort into stages, first to last; the empty ones are left out."""
    found: dict[str, list[Manifest]] = {name: [] for name in STAGES}
    for manifest in manifests:
        group = str(manifest["apiVersion"]).rpartition("/")[0]
        found[stage_of(group, manifest["kind"])].append(manifest)
    return [
        Stage(name=name, manifests=tuple(members), wait=name == DEFINITIONS)
        for name, members in found.items()
        if members
    ]


def prune_waves(entries: Inventory) -> list[Inventory]:
    """Sort what is to be deleted by the waves that it was applied in: the last ones go first."""
    waves: dict[int, list[InventoryEntry]] = {}
    for entry in entries:
        waves.setdefault(entry.wave, []).append(entry)
    return [tuple(waves[wave]) for wave in sorted(waves, reverse=True)]


def prune_stages(entries: Inventory) -> list[tuple[InventoryEntry, ...]]:
    """Sort what is to be deleted into groups: the last applied go first."""
    found: dict[str, list[InventoryEntry]] = {name: [] for name in reversed(STAGES)}
    for entry in entries:
        found[stage_of(entry.ref.group, entry.ref.kind)].append(entry)
    return [tuple(members) for members in found.values() if members]


def stage_of(group: str, kind: str) -> str:
    """Name the stage of a kind."""
    return _STAGE_OF.get((group, kind), REST)
