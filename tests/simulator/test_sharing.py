"""What clusters hold alike is kept once."""

from typing import Any

from syncline.simulator.store.stored import Stored, stored

SPEC = {"containers": [{"name": "app", "image": "registry.example.com/shop/app:1", "args": []}]}
FIELDS = {"f:spec": {"f:containers": {'k:{"name":"app"}': {".": {}, "f:image": {}, "f:args": {}}}}}


def pod(uid: str) -> dict[str, Any]:
    entry = {"manager": "m", "operation": "Apply", "apiVersion": "v1", "fieldsType": "FieldsV1"}
    metadata = {"name": "a", "namespace": "n", "uid": uid, "labels": {"app": "a"}}
    managed = [{**entry, "time": "2026-01-01T00:00:00Z", "fieldsV1": FIELDS}]
    head = {"kind": "Pod", "apiVersion": "v1"}
    return {**head, "metadata": {**metadata, "managedFields": managed}, "spec": SPEC}


def unshared(first: Stored, second: Stored) -> list[bytes]:
    pairs = zip(first.parts, second.parts, strict=True)
    return [one for one, other in pairs if one is not other and len(one) > 64]


def test_only_an_objects_own_metadata_is_kept_for_each_cluster() -> None:
    first, second = stored(pod("uid-1"), 1), stored(pod("uid-2"), 2)

    assert [part[:24] for part in unshared(first, second)] == [b'{"name":"a","namespace":']
    assert first.labels is second.labels


def test_an_object_in_pieces_is_the_object() -> None:
    kept = stored(pod("uid-1"), 7)

    expected = pod("uid-1")
    expected["metadata"]["resourceVersion"] = "7"
    assert kept.load() == expected
    assert kept.is_managed
