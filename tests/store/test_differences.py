"""What dry runs of an operation found: kept once, sealed, bounded, and grouped."""

from collections.abc import Sequence
from dataclasses import replace

import pytest

from syncline.model.change import Action, Difference, FieldChange
from syncline.model.names import TargetId, Uid
from syncline.model.operation import OperationSpec
from syncline.store import differences, ended, keys, operations, runs
from syncline.store.connection import Store
from tests.store import recount
from tests.store.world import World, failed, launched, report

DRY = OperationSpec(all=True, dry_run=True, actor="ana", reason="look first")


def change(name: str, text: str = "-a\n+b") -> Difference:
    field = FieldChange(path=".data.a", before="a", after="b")
    return Difference(
        subject=f"/ConfigMap/shop/{name}",
        action=Action.CONFIGURED,
        unified=text,
        fields=(field,),
    )


def begun(store: Store, found: Sequence[Sequence[Difference]]) -> Uid:
    """An operation whose targets' dry runs found these."""
    world = World(store)
    made = [world.target(f"app-{number:02}") for number in range(len(found))]
    uid = launched(store, DRY, made)
    sent = {each.target: each for each in world.dispatch_any(room=50)}
    for target, each in zip(made, found, strict=True):
        runs.fold(store, report(world.claim(sent[target]), differences=tuple(each)))
    return uid


def test_targets_of_which_the_same_was_found_are_one_group(store: Store) -> None:
    same, other = (change("web"), change("db")), (change("web", "-x"),)

    uid = begun(store, [same, other, same, (), same])

    first, second = differences.groups(store, uid).items
    assert (first.count, first.differences) == (3, same)
    assert first.targets == ("app-00@west", "app-02@west", "app-04@west")
    assert (second.count, second.differences) == (1, other)
    assert second.application == "app-01"
    listed = operations.targets(store, uid, differs=first.digest).items
    assert [each.name for each in listed] == list(first.targets)
    recount.check(store)


def test_groups_come_in_pages(store: Store) -> None:
    uid = begun(store, [[change("a")], [change("b")], [change("c")]])

    first = differences.groups(store, uid, limit=2)
    second = differences.groups(store, uid, limit=2, cursor=first.cursor)

    assert len(first.items) == 2
    assert (len(second.items), second.cursor) == (1, None)
    assert len({each.digest for each in (*first.items, *second.items)}) == 3


def test_what_is_kept_is_sealed(store: Store) -> None:
    uid = begun(store, [[change("web", "-in clear")]])

    kept = store.redis.hgetall(keys.DIFFERENCES(uid))

    assert kept
    assert "in clear" not in str(kept)


def test_what_is_kept_already_is_not_sent_again(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    uid = begun(store, [[change("web")]])
    monkeypatch.setattr(Store, "call", None)  # any step would fail

    assert differences.keep(store, uid, [change("web")])


def test_of_a_large_find_the_names_are_kept(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(differences, "LARGEST", 1000)

    uid = begun(store, [[change("web", "x" * 1000)]])

    [group] = differences.groups(store, uid).items
    [shown] = group.differences
    assert (shown.subject, shown.action, shown.cut) == ("/ConfigMap/shop/web", "configured", True)
    assert (shown.unified, shown.fields) == ("", ())


def test_where_there_is_no_room_who_differs_is_told_all_the_same(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(differences, "TOTAL", 300)

    uid = begun(store, [[change("a")], [change("b")]])

    found = {each.targets: each.cut for each in differences.groups(store, uid).items}
    assert found == {("app-00@west",): False, ("app-01@west",): True}


def test_a_member_that_failed_is_in_no_group(store: Store) -> None:
    world = World(store)
    target = world.target()
    uid = launched(store, DRY, [target])
    claim = world.claim(world.sent(target))

    runs.fold(store, failed(claim, differences=(change("a"),)))

    assert differences.groups(store, uid).items == ()


def test_a_dry_run_is_audited_where_it_begins_and_not_for_each_target(store: Store) -> None:
    begun(store, [[change("a")], []])

    assert [row["verb"] for _, row in store.redis.xrange(keys.AUDIT())] == []


def test_they_make_room_with_their_operation(store: Store) -> None:
    first = begun(store, [[change("a")], [change("b")]])
    tight = replace(store, settings=store.settings.model_copy(update={"operations": 1}))
    target = TargetId(next(iter(store.redis.hkeys(keys.MEMBERS(first)))))
    launched(store, DRY, [target])
    operations.cancel(store, Uid(store.redis.zrange(keys.OPERATIONS(), -1, -1)[0]))

    ended.prune(tight)

    left = [key for key in store.redis.keys("*") if first in key]
    assert left == []
