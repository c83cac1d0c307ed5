"""Whether a live object is as it was left, told by its metadata."""

from __future__ import annotations

from typing import Any

import pytest

from syncline.model.change import InventoryEntry, ObjectRef
from syncline.model.values import Manifest
from syncline_workers.change import owned
from syncline_workers.change.drift import Drift, compare

REF = ObjectRef(group="apps", version="v1", kind="Deployment", namespace="shop", name="web")
OURS = {"f:spec": {"f:replicas": {}}}


def field_set(manager: str, operation: str, fields: dict[str, Any]) -> dict[str, Any]:
    return {
        "manager": manager,
        "operation": operation,
        "apiVersion": "apps/v1",
        "time": "2026-11-23T10:00:00Z",
        "fieldsType": "FieldsV1",
        "fieldsV1": fields,
    }


def live(version: str = "1", uid: str = "u", *extra: dict[str, Any], **ours: Any) -> Manifest:
    fields = [field_set("syncline", "Apply", ours or OURS), *extra]
    return {"metadata": {"uid": uid, "resourceVersion": version, "managedFields": fields}}


ENTRY = InventoryEntry(ref=REF, digest="d", uid="u", resource_version="1", owned=owned.mark(live()))
AGAIN = {
    "metadata": {
        "uid": "u",
        "resourceVersion": "2",
        "managedFields": [{**field_set("syncline", "Apply", OURS), "time": "2026-11-23T10:00:07Z"}],
    }
}
STATUS = field_set("controller", "Update", {"f:status": {}})


@pytest.mark.parametrize(
    ("seen", "expected"),
    [
        (None, Drift.MISSING),
        (live("1"), Drift.SAME),
        (live("2", "u", STATUS), Drift.STIRRED),
        (live("2", "u", **{"f:spec": {}}), Drift.MOVED),
        (AGAIN, Drift.MOVED),
        (live("1", "another"), Drift.MOVED),
        ({"metadata": {"uid": "u", "resourceVersion": "2"}}, Drift.MOVED),
    ],
    ids=[
        "absent",
        "untouched",
        "status",
        "field taken",
        "applied by another of us",
        "replaced",
        "managed fields cleared",
    ],
)
def test_a_live_object_is_judged_by_whether_our_fields_are_ours(
    seen: Manifest | None, expected: Drift
) -> None:
    assert compare(ENTRY, seen) is expected


def test_an_object_whose_apply_was_not_recorded_has_moved() -> None:
    assert compare(InventoryEntry(ref=REF), live("1")) is Drift.MOVED


def test_without_a_mark_any_new_version_has_moved() -> None:
    assert compare(ENTRY.model_copy(update={"owned": ""}), live("2")) is Drift.MOVED


def test_an_update_under_our_name_is_not_our_apply() -> None:
    only_updates = {"metadata": {"managedFields": [field_set("syncline", "Update", OURS)]}}

    assert owned.mark(only_updates) == ""
