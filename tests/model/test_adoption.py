"""What is remembered and what is there become one inventory."""

from syncline.model.adoption import adopted
from syncline.model.change import InventoryEntry, ObjectRef


def entry(name: str, *, kind: str = "ConfigMap", **told: str) -> InventoryEntry:
    ref = ObjectRef(group="", version="v1", kind=kind, namespace="shop", name=name)
    return InventoryEntry.model_validate({"ref": ref, **told})


def test_what_is_there_is_all_that_an_empty_store_knows() -> None:
    found = (entry("a", uid="1", owned="t|f"), entry("b", uid="2", owned="t|f"))

    assert adopted((), found) == found


def test_an_object_that_is_as_remembered_keeps_its_digest() -> None:
    remembered = entry("a", uid="1", owned="t|f", digest="d")

    assert adopted((remembered,), (entry("a", uid="1", owned="t|f"),)) == (remembered,)


def test_an_object_that_was_applied_since_is_not_trusted() -> None:
    remembered = entry("a", uid="1", owned="t1|f", digest="d")
    now = entry("a", uid="1", owned="t2|f")

    assert adopted((remembered,), (now,)) == (now,)


def test_an_object_that_was_made_anew_is_not_trusted() -> None:
    remembered = entry("a", uid="1", owned="t|f", digest="d")
    now = entry("a", uid="2", owned="t|f")

    assert adopted((remembered,), (now,)) == (now,)


def test_an_object_that_nobody_marked_as_ours_is_forgotten() -> None:
    assert adopted((entry("a", uid="1", owned="t|f", digest="d"),), ()) == ()


def test_what_could_not_be_listed_is_looked_at_again() -> None:
    remembered = (entry("a", kind="Secret", uid="1", digest="d"), entry("b", uid="2", digest="d"))

    assert adopted(remembered, (), ("Secret",)) == (entry("a", kind="Secret"),)
