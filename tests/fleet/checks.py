"""Is it true? The store is read over the API, and each cluster by LISTs, past Syncline."""

from collections import Counter
from typing import Any

from tests.fleet import declared
from tests.fleet.world import Figures, World

SHOWN = 5


def everything(world: World) -> Figures:
    """Check every target and every object; gives counts.

    Raises:
        AssertionError: something is not as the newest commit says.
    """
    targets = world.product.targets()
    stale = [each["name"] for each in targets if not _is_current(each, world.at)]
    wrong, found = _objects(world)
    assert len(targets) == world.fleet.targets, f"{len(targets)} targets"
    assert not stale, f"{len(stale)} targets are not at {world.at[:12]}: {stale[:SHOWN]}"
    assert not wrong, f"{len(wrong)} objects are not as declared: {wrong[:SHOWN]}"
    return {"targets_at_newest": len(targets), "objects_as_declared": dict(found)}


def _is_current(target: dict[str, Any], commit: str) -> bool:
    return bool(target["sync"] == "Synced" and commit in (target["revision"], target["observed"]))


def _objects(world: World) -> tuple[list[str], Counter[str]]:
    wrong: list[str] = []
    found: Counter[str] = Counter()
    for cluster in world.clusters:
        wanted = _wanted(world, cluster)
        for kind in declared.KINDS[: world.fleet.objects]:
            items = world.simulated.items(cluster, declared.PATHS[kind])
            live = {
                each["metadata"]["name"]: each
                for each in items
                if each["metadata"]["namespace"] == declared.NAMESPACE
            }
            for name, body in wanted[kind].items():
                if not contains(live.pop(name, {}), body):
                    wrong.append(f"{cluster}: {kind}/{name}")
                found[kind] += 1
            wrong += [f"{cluster}: {kind}/{name} is left over" for name in live]
    return wrong, found


def _wanted(world: World, cluster: str) -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = {}
    on = cluster if world.fleet.vary else ""
    for number in range(world.fleet.applications):
        for body in world.fleet.objects_of(number, world.version, on):
            found.setdefault(body["kind"], {})[body["metadata"]["name"]] = body
    return found


def contains(live: Any, wanted: Any) -> bool:
    """Whether all that is wanted is there; a server adds fields, and leaves kinds out of lists."""
    if isinstance(wanted, dict):
        return isinstance(live, dict) and all(
            key in {"kind", "apiVersion"} or contains(live.get(key), value)
            for key, value in wanted.items()
        )
    if isinstance(wanted, list):
        return (
            isinstance(live, list) and len(live) == len(wanted) and all(map(contains, live, wanted))
        )
    return bool(live == wanted)
