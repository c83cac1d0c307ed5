"""What is recorded before a write, what is pruned after it, and what is never pruned unasked."""

from __future__ import annotations

import pytest

from syncline.errors import PruneRefused
from syncline.model.application import SyncPolicy
from syncline.model.change import Inventory, InventoryEntry, ObjectRef
from syncline_workers.change import inventory


def ref(name: str, version: str = "v1", group: str = "apps") -> ObjectRef:
    return ObjectRef(group=group, version=version, kind="Deployment", namespace="shop", name=name)


def entries(*names: str) -> Inventory:
    return tuple(InventoryEntry(ref=ref(name), digest="d", uid=f"uid-{name}") for name in names)


def test_the_union_keeps_what_is_known_and_adds_the_new_without_a_digest() -> None:
    union = inventory.union(entries("a", "b"), [ref("b"), ref("c")])

    assert union == (*entries("a", "b"), InventoryEntry(ref=ref("c")))


def test_the_union_takes_the_version_that_is_rendered_now() -> None:
    (entry,) = inventory.union(entries("a"), [ref("a", version="v2")])

    assert entry == InventoryEntry(ref=ref("a", version="v2"), digest="d", uid="uid-a")


def test_what_is_about_to_be_touched_has_no_digest() -> None:
    a, b = entries("a", "b")

    doubted = inventory.doubted((a, b), {b.ref.key})

    assert doubted == (a, b.model_copy(update={"digest": ""}))


def test_what_is_not_rendered_any_more_is_removed() -> None:
    assert inventory.removed(entries("a", "b"), entries("b", "c")) == entries("a")


def test_an_object_that_only_changed_its_version_stays() -> None:
    new = (InventoryEntry(ref=ref("a", version="v2")),)

    assert inventory.removed(entries("a"), new) == ()


def test_an_object_that_only_changed_its_group_stays() -> None:
    new = (InventoryEntry(ref=ref("a", group="extensions"), uid="uid-a"),)

    assert inventory.removed(entries("a"), new) == ()


def test_an_object_that_was_never_applied_is_removed_too() -> None:
    old = (InventoryEntry(ref=ref("a")),)

    assert inventory.removed(old, (InventoryEntry(ref=ref("b")),)) == old


def guard(old: Inventory, gone: Inventory, *, rendered: int = 1, confirmed: bool = False) -> None:
    inventory.guard(
        SyncPolicy(), old, gone, rendered=rendered, confirmed=confirmed, subject="web@eu"
    )


@pytest.mark.parametrize(
    ("old", "gone"),
    [("abc", "abc"), ("abcd", "abc"), ("abcdefgh", "abcd"), ("abc", "")],
    ids=["three of three", "three of four", "half of eight", "none"],
)
def test_a_few_objects_or_a_small_share_are_pruned_unasked(old: str, gone: str) -> None:
    guard(entries(*old), entries(*gone))


def test_more_than_the_share_is_refused_with_the_numbers_and_the_next_step() -> None:
    with pytest.raises(PruneRefused) as caught:
        guard(entries(*"abcdefghijk"), entries(*"abcdef"))

    assert str(caught.value) == (
        "web@eu: 6 of 11 objects would be deleted, more than the limit of 50% "
        "(syncPolicy.pruneLimit): Deployment/shop/a, Deployment/shop/b, "
        "Deployment/shop/c, Deployment/shop/d, Deployment/shop/e and 1 more. "
        "Put them back, raise the limit, or sync with --confirm-prune"
    )


def test_an_empty_render_deletes_nothing_however_little_it_would_be() -> None:
    with pytest.raises(PruneRefused) as caught:
        guard(entries("a"), entries("a"), rendered=0)

    assert str(caught.value) == (
        "web@eu: nothing was rendered, and all 1 objects would be deleted. Put the manifests "
        "back, or sync with --confirm-prune, or delete the application"
    )


def test_an_empty_render_where_nothing_was_applied_is_no_danger() -> None:
    guard((), (), rendered=0)


def test_a_confirmation_lifts_the_guard() -> None:
    guard(entries(*"abcdef"), entries(*"abcdef"), rendered=0, confirmed=True)
