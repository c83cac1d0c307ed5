"""Phases in which one request is about the whole fleet: again, back, and what would change."""

from argparse import Namespace

from tests.fleet import checks, cost
from tests.fleet.world import Figures, World

WHY = "measured"


def resync(world: World, asked: Namespace) -> Figures:
    """An operation over all targets: every object is applied again, none differs."""
    return {
        **cost.of(world, lambda: _operation(world, "operations", reason=WHY)),
        **checks.everything(world),
    }


def rollback(world: World, asked: Namespace) -> Figures:
    """One call returns every target to the state before; no commit moves it; one call lets go."""
    before = world.number, world.at
    world.commit()
    world.tell()
    world.settle()

    figures = cost.of(world, lambda: _operation(world, "operations/rollback", reason=WHY))
    back = _as_of(world, before)
    assert world.product.summary()["pinned"] == world.fleet.targets
    world.touch()
    world.tell()
    world.wait(lambda: world.redis.folded(world.at), "the commit's look-up")
    stayed = _as_of(world, before)
    _operation(world, "operations/unpin", reason=WHY)
    world.settle()
    followed = checks.everything(world)
    return {
        **figures,
        "back_by_one_call": back["targets_at_newest"],
        "objects_as_before": back["objects_as_declared"],
        "stayed_after_a_commit": stayed["targets_at_newest"],
        "followed_again": followed["targets_at_newest"],
    }


def diff(world: World, asked: Namespace) -> Figures:
    """What a commit would change everywhere, as `syncline diff --all` asks; nobody knows it yet."""
    commit = world.commit()
    groups: list[Figures] = []

    def work() -> None:
        name = _operation(world, "differences", revision=commit)
        groups.extend(_all(world, f"/api/v1/differences/{name}"))

    found = cost.of(world, work)
    changing = sum(group["count"] for group in groups)
    assert changing == world.fleet.targets, f"{changing} targets would change"
    world.tell()
    world.settle()
    return {**found, "groups": len(groups), **checks.everything(world)}


def _operation(world: World, path: str, **body: str) -> str:
    """Begin one over all targets and wait for its end; gives its name."""
    http = world.product.http
    answer = http.post(f"/api/v1/{path}", json={"all": True, **body}).raise_for_status()
    name: str = answer.json()["name"]

    def state() -> str:
        found: str = http.get(f"/api/v1/operations/{name}").raise_for_status().json()["state"]
        return found

    world.wait(lambda: state() not in {"Pending", "Running"}, "the operation's end")
    assert state() == "Succeeded", state()
    return name


def _as_of(world: World, then: tuple[int, str]) -> Figures:
    """Check every target and every object against an earlier version and its commit."""
    newest = world.number, world.at
    world.number, world.at = then
    try:
        return checks.everything(world)
    finally:
        world.number, world.at = newest


def _all(world: World, path: str) -> list[Figures]:
    """All pages of a list."""
    items: list[Figures] = []
    cursor: str | None = ""
    while cursor is not None:
        page = world.product.http.get(path, params={"cursor": cursor} if cursor else {})
        found = page.raise_for_status().json()
        items += found["items"]
        cursor = found.get("cursor")
    return items
