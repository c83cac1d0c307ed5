"""What managedFields become where another tool's fields are made ours."""

from typing import Any

import pytest

from syncline.model.ownership import Tool
from syncline_workers.change import takeover


def held(manager: str, fields: dict[str, Any], **more: str) -> dict[str, Any]:
    entry = {"manager": manager, "operation": "Update", "apiVersion": "v1", "fieldsV1": fields}
    return {**entry, "fieldsType": "FieldsV1", "time": "2026-01-01T00:00:00Z", **more}


def live(*entries: dict[str, Any]) -> dict[str, Any]:
    return {"metadata": {"managedFields": list(entries)}}


def test_what_a_tool_and_its_other_name_hold_becomes_one_entry_of_ours() -> None:
    csa = held("kubectl-client-side-apply", {"f:data": {"f:a": {}}, "f:spec": {}})
    ssa = held("kubectl", {"f:data": {".": {}, "f:b": {}}, "f:spec": {"f:x": {}}})
    hpa = held("autoscaler", {"f:spec": {"f:replicas": {}}})
    ours = held("syncline", {"f:data": {"f:a": {}}}, operation="Apply")

    found = takeover.taken(live(csa, hpa, ours, ssa), [Tool.KUBECTL], version="v1")

    union = {"f:data": {".": {}, "f:a": {}, "f:b": {}}, "f:spec": {".": {}, "f:x": {}}}
    merged = held("syncline", union, operation="Apply")
    assert found == takeover.Taken(
        managed_fields=[hpa, merged], managers=("kubectl", "kubectl-client-side-apply")
    )


def test_versions_are_taken_one_at_a_time_our_own_first() -> None:
    old, new = held("helm", {"f:a": {}}, apiVersion="v0"), held("helm", {"f:b": {}})

    found = takeover.taken(live(old, new), [Tool.HELM], version="v1")

    assert found is not None
    assert found.managed_fields == [old, held("syncline", {"f:b": {}}, operation="Apply")]


@pytest.mark.parametrize(
    "entry",
    [
        held("kubectl-edit", {}),
        held("kubectl-rollout", {}),
        held("helm", {}),
        held("kubectl", {}, subresource="scale"),
        held("kube-controller-manager", {}, subresource="status"),
    ],
)
def test_what_people_and_controllers_hold_stays_theirs(entry: dict[str, Any]) -> None:
    assert takeover.taken(live(entry), [Tool.KUBECTL], version="v1") is None
