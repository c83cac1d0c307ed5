"""How runs changed manifests: each text once, sealed and bounded."""

from dataclasses import replace

from syncline.model import revised as texts
from syncline.model.change import Difference, FieldChange
from syncline.model.names import TargetId
from syncline.store import keys, revised, targets
from syncline.store.connection import Store
from tests.store.world import World


def found(value: str) -> tuple[Difference, ...]:
    change = FieldChange(path=".data.v", before="1", after=value)
    return (Difference(subject="ConfigMap/web", action="configured", fields=(change,)),)


def digest(value: str) -> str:
    return texts.digest(texts.written(found(value)))


def run(world: World, target: TargetId, value: str) -> None:
    told = {"revised": digest(value), "differences": found(value)}
    world.run(target, changes=world.changes("web"), **told)


def test_a_run_is_told_with_what_it_changed(store: Store) -> None:
    world = World(store)
    target = world.target()
    run(world, target, "2")

    [kept] = targets.history(store, target)

    assert kept.revised == digest("2")
    assert revised.get(store, kept.revised) == found("2")
    assert b"ConfigMap" not in store.binary.get(keys.REVISED(kept.revised))
    assert 0 < store.redis.ttl(keys.REVISED(kept.revised)) <= 180 * 86400


def test_runs_that_changed_the_same_share_one_text(store: Store) -> None:
    world = World(store)
    for on in ("west", "east", "north"):
        run(world, world.target(on=on), "2")

    assert len(store.redis.keys(f"{keys.PREFIX}revised:*")) == 1
    assert store.redis.hlen(keys.REVISED_SIZES()) == 2  # with their total


def test_those_told_of_longest_ago_make_room(store: Store) -> None:
    revised.keep(store, digest("1"), found("1"))
    size = int(store.redis.hget(keys.REVISED_SIZES(), "total"))
    settings = store.settings.model_copy(update={"differences": size * 3})
    small = replace(store, settings=settings)

    for number in range(1, 6):
        revised.keep(small, digest(str(number)), found(str(number)))

    assert revised.get(store, digest("1")) is None
    assert revised.get(store, digest("5")) == found("5")
    assert int(store.redis.hget(keys.REVISED_SIZES(), "total")) <= size * 3


def test_it_can_be_turned_off(store: Store) -> None:
    off = replace(store, settings=store.settings.model_copy(update={"differences": 0}))

    revised.keep(off, digest("1"), found("1"))

    assert revised.get(store, digest("1")) is None
    assert not store.redis.exists(keys.REVISED_SIZES())


def test_without_the_key_nothing_is_kept_or_told(store: Store) -> None:
    revised.keep(store, digest("1"), found("1"))
    closed = replace(store, key=None)
    revised.keep(closed, digest("2"), found("2"))

    assert revised.get(closed, digest("1")) is None
    assert revised.get(store, digest("2")) is None
    assert revised.get(store, "") is None
