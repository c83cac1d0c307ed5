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


def read(entry: InventoryEntry) -> tuple[InventoryEntry, ...]:
    return packing.read_inventory(dict([tuple(packing.pairs([entry]))]))  # type: ignore[list-item]


def test_an_entry_comes_back_as_it_was() -> None:
    bare = WEB.model_copy(update={"health": None})

    assert [read(each) for each in (WEB, CONTESTED, bare)] == [(WEB,), (CONTESTED,), (bare,)]


def test_what_is_seldom_takes_no_room() -> None:
    assert packing.inventory(WEB).count("\x1f") == 6


def test_health_stands_last() -> None:
    assert packing.inventory(CONTESTED).endswith("\x1fDegraded")
