"""Watchers share the clusters without a word: each finds out by itself."""

from __future__ import annotations

from syncline.model.names import Uid
from syncline_workers.watch import share

CLUSTERS = [Uid(f"cluster-{number}") for number in range(1000)]


def owners(roll: list[str]) -> dict[Uid, str]:
    found: dict[Uid, str] = {}
    for watcher in roll:
        for uid in share.of(watcher, roll, CLUSTERS):
            assert uid not in found, "two watch it"
            found[uid] = watcher
    return found


def test_each_cluster_has_one_watcher_and_each_watcher_its_part() -> None:
    found = owners(["a", "b", "c"])

    assert len(found) == len(CLUSTERS)
    assert all(250 < list(found.values()).count(each) < 420 for each in "abc")


def test_only_the_clusters_of_who_leaves_change_hands() -> None:
    before, after = owners(["a", "b", "c"]), owners(["a", "c"])

    assert all(after[uid] == watcher for uid, watcher in before.items() if watcher != "b")


def test_who_joins_takes_from_all_and_nobody_else_does() -> None:
    before, after = owners(["a", "b"]), owners(["a", "b", "c"])

    moved = {(before[uid], after[uid]) for uid in CLUSTERS if before[uid] != after[uid]}
    assert moved == {("a", "c"), ("b", "c")}


def test_who_is_alone_has_all() -> None:
    assert share.of("a", ["a"], CLUSTERS) == CLUSTERS
