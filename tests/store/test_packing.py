"""Inventory entries as the store keeps them."""

from syncline.model.change import InventoryEntry, ObjectRef
from syncline.model.status import HealthStatus
from syncline.store import packing

WEB = InventoryEntry(
    ref=ObjectRef(group="apps", version="v1", kind="Deployment", namespace="shop", name="web"),
    digest="d",
    uid="u",
    resource_version="7",
    generation=2,
    owned="2026-11-24T05:00:00Z|f1",
    health=HealthStatus.DEGRADED,
)
CONTESTED = WEB.model_copy(update={"contest": "3\t1000\t0\trival\t.spec.replicas"})
IGNORED = WEB.model_copy(update={"ignored": '["2026-11-24T05:00:00Z",[],"abc="]'})
BOTH = IGNORED.model_copy(update={"contest": CONTESTED.contest})


def read(entry: InventoryEntry) -> tuple[InventoryEntry, ...]:
    return packing.read_inventory(dict([tuple(packing.pairs([entry]))]))  # type: ignore[list-item]


def test_an_entry_comes_back_as_it_was() -> None:
    bare = WEB.model_copy(update={"health": None})

    for entry in (WEB, CONTESTED, IGNORED, BOTH, bare):
        assert read(entry) == (entry,)


def test_an_entry_with_a_contest_alone_is_written_as_ever() -> None:
    text = "v1\x1fd\x1fu\x1f7\x1f2\x1f" + f"{WEB.owned}\x1f{CONTESTED.contest}\x1fDegraded"

    assert packing.inventory(CONTESTED) == text


def test_what_is_seldom_takes_no_room() -> None:
    assert packing.inventory(WEB).count("\x1f") == 6


def test_health_stands_last() -> None:
    for entry in (CONTESTED, IGNORED, BOTH):
        assert packing.inventory(entry).endswith("\x1fDegraded")
