"""Which objects a run applies, leaves alone and prunes."""

from __future__ import annotations

from datetime import date

import pytest

from syncline.errors import ManifestInvalid
from syncline.model.change import InventoryEntry
from syncline.model.seal import PlatformKey
from syncline.model.values import Manifest
from syncline_workers.change.digest import digest
from syncline_workers.change.plan import Mode, Plan, Rendered, plan, prepare
from syncline_workers.change.scope import declared
from syncline_workers.change.tracking import Origin

KEY = PlatformKey(b"k" * 32)
ORIGIN = Origin("inst-1", "default", "web")


def config(name: str, value: str = "1") -> Manifest:
    return {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": name, "namespace": "shop"},
        "data": {"a": value},
    }


def applied(item: Rendered, **update: str) -> InventoryEntry:
    return InventoryEntry(ref=item.ref, digest=item.digest, uid="u").model_copy(update=update)


def rendered(*names: str) -> list[Rendered]:
    return prepare([config(name) for name in names], ORIGIN, KEY)


def test_everything_is_applied_the_first_time() -> None:
    items = rendered("a", "b")

    assert plan(items, ()) == Plan(apply=tuple(items), skip=(), prune=())


def test_a_push_applies_what_changed_and_prunes_what_left() -> None:
    a, b, c = rendered("a", "b", "c")
    old = (applied(a), applied(b, digest="old"), applied(c))

    assert plan([a, b], old) == Plan(apply=(b,), skip=(applied(a),), prune=(applied(c),))


def test_an_object_that_was_recorded_and_not_applied_is_applied() -> None:
    (a,) = rendered("a")

    assert plan([a], (InventoryEntry(ref=a.ref),)).apply == (a,)


def test_a_full_run_applies_what_has_not_changed_too() -> None:
    (a,) = rendered("a")

    assert plan([a], (applied(a),), mode=Mode.FULL) == Plan(apply=(a,), skip=(), prune=())


def test_what_drifted_is_applied_whatever_its_digest() -> None:
    a, b = rendered("a", "b")

    found = plan([a, b], (applied(a), applied(b)), moved={a.ref.key})

    assert found == Plan(apply=(a,), skip=(applied(b),), prune=())


def test_a_digest_ignores_the_order_of_keys_and_sees_every_value() -> None:
    one = digest(KEY, {"a": 1, "b": {"c": 2, "d": [1, 2]}})

    assert digest(KEY, {"b": {"d": [1, 2], "c": 2}, "a": 1}) == one
    assert digest(KEY, {"a": 1, "b": {"c": 2, "d": [2, 1]}}) != one
    assert digest(PlatformKey(b"x" * 32), {"a": 1, "b": {"c": 2, "d": [1, 2]}}) != one


@pytest.mark.parametrize("data", [{1: "a"}, {"a": date(2026, 11, 23)}, {"a": object()}])
def test_what_json_cannot_hold_is_an_error_that_names_the_object(data: dict[str, object]) -> None:
    with pytest.raises(ManifestInvalid, match=r"^ConfigMap/a: cannot be written as JSON"):
        digest(KEY, {**config("a"), "data": data})


def test_definitions_tell_the_scope_of_the_kinds_they_define() -> None:
    def definition(kind: str, scope: str) -> Manifest:
        return {
            "kind": "CustomResourceDefinition",
            "spec": {"group": "example.com", "names": {"kind": kind}, "scope": scope},
        }

    found = declared([definition("A", "Namespaced"), definition("B", "Cluster"), config("a")])

    assert found == {("example.com", "A"): True, ("example.com", "B"): False}
