"""What watches ask of the store: their roll, the clusters, and what was recorded."""

from __future__ import annotations

import time

import pytest

from syncline.contract.reports import ClusterReport
from syncline.model.names import Uid
from syncline.model.status import Phase
from syncline.model.watch import Watched
from syncline.store import clusters, targets, watching
from syncline.store.connection import Store
from tests.store.world import World, entry


def applied(world: World, name: str = "shop") -> tuple[str, Uid]:
    """A target that has one ConfigMap of its name; and its cluster."""
    target = world.target(name)
    found = entry(name).model_copy(update={"uid": "u", "owned": "t|h"})
    world.run(target, inventory=(found,))
    return target, Uid(target.partition(".")[2])


def test_who_signs_is_on_the_roll_until_it_leaves(store: Store) -> None:
    watching.sign(store, "a", Watched(clusters=3))

    assert watching.sign(store, "b", Watched()) == {"a": Watched(clusters=3), "b": Watched()}
    assert watching.present(store).keys() == {"a", "b"}
    watching.leave(store, "a")
    assert watching.sign(store, "b", Watched()).keys() == {"b"}


def test_who_does_not_sign_any_more_is_gone(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watching, "GONE", 1)
    watching.sign(store, "killed", Watched())

    time.sleep(2.1)  # the server's own clock

    assert watching.present(store) == {}
    assert watching.sign(store, "b", Watched()).keys() == {"b"}


def test_it_is_told_which_clusters_have_something_to_watch(store: Store) -> None:
    world = World(store)
    _, uid = applied(world)
    empty = world.cluster("empty").uid

    standings = {each.cluster: each for each in watching.standings(store, [uid, empty, Uid("x")])}

    assert watching.registered(store) == [empty, uid]
    assert {each: found.objects for each, found in standings.items()} == {uid: 1, empty: 0}
    assert all(each.is_open for each in standings.values())


def test_it_is_told_which_objects_some_target_has_applied(store: Store) -> None:
    world = World(store)
    _, uid = applied(world, "shop")
    applied(world, "cart")
    asked = [entry(name).ref for name in ("shop", "cart", "stray")]

    assert targets.owned(store, uid, asked) == {ref.key for ref in asked[:2]}
    assert targets.owned(store, Uid("elsewhere"), asked) == frozenset()
    assert targets.owned(store, uid, []) == frozenset()


def test_a_cluster_that_is_away_is_not_to_be_watched(store: Store) -> None:
    _, uid = applied(World(store))
    for _ in range(3):
        clusters.fold_cluster(store, ClusterReport(cluster=uid, reachable=False, error="E: no"))

    assert not watching.standings(store, [uid])[0].is_open


def test_kinds_are_those_of_what_was_applied(store: Store) -> None:
    _, uid = applied(World(store))

    assert watching.kinds(store, uid) == {("", "ConfigMap")}


def test_it_is_told_whose_an_object_is_and_whether_a_run_is_at_hand(store: Store) -> None:
    world = World(store)
    target, uid = applied(world)
    name = "/ConfigMap/shop/shop"

    found, stranger = watching.recorded(store, uid, [name, "/ConfigMap/shop/stranger"])
    assert (found.target, found.is_idle) == (target, True)
    assert found.entry is not None
    assert (found.entry.uid, found.entry.owned) == ("u", "t|h")
    assert (stranger.target, stranger.entry) == ("", None)

    world.start(target)
    assert not watching.recorded(store, uid, [name])[0].is_idle


def test_what_is_unlike_its_record_is_named_also_while_a_run_is_at_hand(store: Store) -> None:
    world = World(store)
    applied(world, "shop")
    target, uid = applied(world, "cart")
    world.start(target)
    assert world.state(target).phase is Phase.RUNNING

    unlike = watching.unlike(store, uid, lambda each: each.ref.name == "shop")

    assert list(unlike) == ["/ConfigMap/shop/cart"]


def test_many_objects_are_asked_about_in_steps_of_50(store: Store) -> None:
    _, uid = applied(World(store))
    names = [f"/ConfigMap/shop/{number}" for number in range(120)]

    assert [each.object for each in watching.recorded(store, uid, names)] == names
