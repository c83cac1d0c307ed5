"""Small deliberate faults of the simulator, of the kind that a rewrite might bring.

Each takes `patch(place, name, value)`, as `pytest.MonkeyPatch.setattr` is, and is undone by it.
"""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from syncline.simulator.api import applying, deleting, finish, reading
from syncline.simulator.api.call import Call
from syncline.simulator.fields import compare, managers
from syncline.simulator.store.cluster import Cluster, Shelf
from syncline.simulator.store.stored import Stored

Patch = Callable[[object, str, object], None]


def force_is_ignored(patch: Patch) -> None:
    real = managers.apply
    patch(managers, "apply", lambda *args: real(*args[:3], replace(args[3], force=False)))


def conflicts_are_not_told(patch: Patch) -> None:
    real = managers.apply
    patch(managers, "apply", lambda *args: real(*args[:3], replace(args[3], force=True)))


def ownership_is_not_released(patch: Patch) -> None:
    """What a manager mentions no more stays in the object."""
    patch(managers, "pruned", lambda merged, *_: merged)


def a_forced_apply_takes_nothing_from_others(patch: Patch) -> None:
    """Two managers own what one of them has set last."""

    def yielded(all_: Any, *_: Any) -> Any:
        return {who: had for who, had in all_.items() if had.fields is not None}

    patch(managers, "yielded", yielded)


def an_update_owns_nothing(patch: Patch) -> None:
    patch(managers, "update", lambda _live, _new, all_, _write: all_)


def lists_are_in_order_of_arrival(patch: Patch) -> None:
    def every(self: Cluster, shelf: Shelf, namespace: str = "") -> list[Stored]:
        objects = self.shelves.get(shelf, {}).values()
        return [kept for kept in objects if not namespace or kept.namespace == namespace]

    patch(Cluster, "every", every)


def a_page_begins_one_too_late(patch: Patch) -> None:
    real = reading.position

    def position(token: str) -> tuple[str, str]:
        namespace, name = real(token)
        return namespace, name[:-1] + chr(ord(name[-1]) + 1)

    patch(reading, "position", position)


def a_dry_run_writes(patch: Patch) -> None:
    patch(Call, "is_dry_run", property(lambda _: False))


def preconditions_are_ignored(patch: Patch) -> None:
    patch(deleting, "need_preconditions", lambda *_: None)


def stale_versions_are_taken(patch: Patch) -> None:
    patch(applying, "need_version", lambda *_: None)


def a_write_without_effect_counts(patch: Patch) -> None:
    """Every write makes a new resource version."""
    patch(finish, "unchanged", lambda *_: False)


def defaults_are_left_out(patch: Patch) -> None:
    patch(finish, "default", lambda *_: None)


def lists_are_atomic(patch: Patch) -> None:
    """A list changes as a whole, whoever owns its items."""
    patch(compare, "lists", lambda *_: compare.Comparison(modified=compare.LEAF))


def the_generation_stands_still(patch: Patch) -> None:
    def count(_: Call, new: dict[str, Any], old: dict[str, Any] | None) -> None:
        if old is None or "generation" in old["metadata"]:
            new["metadata"]["generation"] = 1

    patch(finish, "count", count)


def finalizers_hold_nothing(patch: Patch) -> None:
    real = deleting.mark

    def mark(cluster: Cluster, shelf: Shelf, obj: dict[str, Any], finalizers: list[str]) -> Stored:
        return cluster.drop(shelf, real(cluster, shelf, obj, finalizers))

    patch(deleting, "mark", mark)


MUTANTS: tuple[Callable[[Patch], None], ...] = (
    force_is_ignored,
    conflicts_are_not_told,
    ownership_is_not_released,
    a_forced_apply_takes_nothing_from_others,
    an_update_owns_nothing,
    lists_are_in_order_of_arrival,
    a_page_begins_one_too_late,
    a_dry_run_writes,
    preconditions_are_ignored,
    stale_versions_are_taken,
    a_write_without_effect_counts,
    defaults_are_left_out,
    lists_are_atomic,
    the_generation_stands_still,
    finalizers_hold_nothing,
)
