"""Kinds in the order they need each other, and in the reverse of it."""

from __future__ import annotations

from syncline.model.change import InventoryEntry, ref_of
from syncline.model.values import Manifest
from syncline_workers.change import order


def manifest(api_version: str, kind: str, name: str = "a") -> Manifest:
    return {"apiVersion": api_version, "kind": kind, "metadata": {"name": name}}


EVERYTHING = [
    manifest("admissionregistration.k8s.io/v1", "ValidatingWebhookConfiguration"),
    manifest("example.com/v1", "Widget"),
    manifest("apps/v1", "Deployment"),
    manifest("v1", "Service"),
    manifest("v1", "Secret"),
    manifest("rbac.authorization.k8s.io/v1", "ClusterRole"),
    manifest("v1", "ServiceAccount"),
    manifest("apiextensions.k8s.io/v1", "CustomResourceDefinition"),
    manifest("v1", "Namespace"),
]


def test_each_stage_needs_only_what_earlier_stages_made() -> None:
    found = [
        (stage.name, [m["kind"] for m in stage.manifests], stage.wait)
        for stage in order.stages(EVERYTHING)
    ]

    assert found == [
        ("namespaces", ["Namespace"], False),
        ("definitions", ["CustomResourceDefinition"], True),
        ("access", ["ClusterRole", "ServiceAccount"], False),
        ("configuration", ["Secret"], False),
        ("services", ["Service"], False),
        ("workloads", ["Deployment"], False),
        ("rest", ["Widget"], False),
        ("webhooks", ["ValidatingWebhookConfiguration"], False),
    ]


def test_a_kind_of_a_foreign_group_is_no_built_in_kind() -> None:
    stages = order.stages([manifest("serving.knative.dev/v1", "Service")])

    assert [stage.name for stage in stages] == ["rest"]


def test_objects_keep_their_order_within_a_stage() -> None:
    (stage,) = order.stages([manifest("v1", "ConfigMap", name) for name in "cab"])

    assert [m["metadata"]["name"] for m in stage.manifests] == ["c", "a", "b"]


def test_what_was_applied_last_is_deleted_first() -> None:
    entries = tuple(InventoryEntry(ref=ref_of(m)) for m in reversed(EVERYTHING))

    stages = order.prune_stages(entries)

    assert [[entry.ref.kind for entry in stage] for stage in stages] == [
        ["ValidatingWebhookConfiguration"],
        ["Widget"],
        ["Deployment"],
        ["Service"],
        ["Secret"],
        ["ServiceAccount", "ClusterRole"],
        ["CustomResourceDefinition"],
        ["Namespace"],
    ]
