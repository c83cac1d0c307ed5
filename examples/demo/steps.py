"""The five scenes. Each does what people do, waits for what must follow, and checks it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from examples.demo import repository
from examples.demo.clusters import Member
from examples.demo.product import Product
from examples.demo.show import Show
from tests.harness.poll import until
from tests.harness.workrepo import WorkRepo

_SLOW, _FAST = 90.0, 45.0  # seconds


@dataclass(frozen=True, slots=True)
class World:
    """What the scenes play with."""

    product: Product
    work: WorkRepo
    members: list[Member]
    show: Show

    def image(self, member: Member, name: str) -> str:
        """The image that the cluster itself says it holds."""
        live = member.call("GET", f"/apis/apps/v1/namespaces/{name}/deployments/{name}")
        return live["spec"]["template"]["spec"]["containers"][0]["image"] if live else "absent"

    def of(self, name: str) -> list[str]:
        """On which clusters an application is."""
        return sorted(target.split("@")[1] for target in self.product.targets(application=name))

    def member(self, name: str) -> Member:
        """The cluster of that name."""
        return next(member for member in self.members if member.name == name)


def first_sync(world: World) -> None:
    """All applications reach their clusters."""
    show, product = world.show, world.product
    show.title("First sync: 12 applications to 8 clusters")

    def synced() -> bool:
        fleet = product.get("fleet")
        show.progress(fleet)
        return fleet["targets"] > 0 and fleet["sync"]["Synced"] == fleet["targets"] == len(wanted)

    wanted = _expected(world.members)
    until(synced, within=_SLOW, what=f"{len(wanted)} targets Synced")
    assert set(product.targets()) == wanted  # noqa: S101 - the demo is its own check
    show.table(product.targets())


def rollout(world: World) -> None:
    """A commit reaches every cluster of its application, and nobody else's."""
    show = world.show
    show.title("A commit: gateway 1.0.0 → 1.1.0 on all 8 clusters")
    content = repository.manifests("gateway", version="1.1.0")
    commit = world.work.publish("gateway 1.1.0", {"apps/gateway/app.yaml": content})
    show.say(f"pushed {commit[:12]}")

    def rolled() -> bool:
        return all(
            world.image(member, "gateway") == "example.com/gateway:1.1.0"
            for member in world.members
        )

    until(rolled, within=_FAST, what="gateway 1.1.0 on every cluster", every=0.3)
    show.say(f"gateway 1.1.0 is live on all {len(world.members)} clusters")
    until(_at(world, "gateway", commit), within=_FAST, what="gateway Synced")
    show.table(world.product.targets(application="gateway"))


def drift(world: World) -> None:
    """Somebody edits a live object, and Syncline puts it back."""
    show, member = world.show, world.members[0]
    show.title(f"Drift: somebody changes the image of billing on {member.name} by hand")
    patch = {"spec": {"template": {"spec": {"containers": [
        {"name": "billing", "image": "example.com/billing:hacked"}]}}}}  # fmt: skip
    member.call(
        "PATCH",
        "/apis/apps/v1/namespaces/billing/deployments/billing?fieldManager=kubectl-edit",
        patch,
        "strategic-merge-patch+json",
    )
    show.say(f"live image: {world.image(member, 'billing')}")
    good = "example.com/billing:1.0.0"
    until(lambda: world.image(member, "billing") == good, within=_SLOW, what="drift put back")
    show.say(f"live image: {world.image(member, 'billing')}")
    history = world.product.get(f"targets/billing@{member.name}/history")["items"]
    show.history(history[:3])


def outage(world: World) -> None:
    """A cluster goes away; the others go on; it comes back and catches up."""
    show, gone = world.show, world.members[1]
    show.title(f"{gone.name} goes away, and a commit is pushed meanwhile")
    gone.switch.stop()
    content = repository.manifests("metrics", version="1.1.0")
    commit = world.work.publish("metrics 1.1.0", {"apps/metrics/app.yaml": content})
    rest = [member for member in world.members if member is not gone]

    def others() -> bool:
        return all(world.image(member, "metrics") == "example.com/metrics:1.1.0" for member in rest)

    until(others, within=_SLOW, what="metrics 1.1.0 on the other clusters", every=0.3)
    show.say(f"metrics 1.1.0 is live on the other {len(rest)} clusters")
    until(_away(world, gone.name), within=_SLOW, what=f"all of {gone.name} Unknown")
    show.table(world.product.targets(cluster=gone.name))
    show.say(f"{gone.name} comes back")
    gone.switch.start()
    until(_at(world, "metrics", commit), within=_SLOW, what="it catches up")
    show.table(world.product.targets(application="metrics"))


def broken(world: World) -> None:
    """A commit that cannot be applied is reported, and the last good state stays."""
    show, member = world.show, world.members[0]
    show.title("A broken commit: ledger's manifest has a field that Kubernetes does not know")
    content = repository.manifests("ledger", version="2.0.0").replace("replicas:", "replicaz:")
    world.work.publish("ledger 2.0.0", {"apps/ledger/app.yaml": content})
    name = f"ledger@{member.name}"
    until(_is(world, name, "OutOfSync"), within=_FAST, what="ledger OutOfSync")
    target = world.product.targets()[name]
    show.say(f"{name}: {target['reason']}: {target['message']}")
    assert "replicaz" in target["message"]  # noqa: S101 - the demo is its own check
    assert world.image(member, "ledger") == "example.com/ledger:1.0.0"  # noqa: S101
    show.say("live image: example.com/ledger:1.0.0 (the last good state stays)")


SCENES: tuple[Callable[[World], None], ...] = (first_sync, rollout, drift, outage, broken)


def _at(world: World, name: str, commit: str) -> Callable[[], bool]:
    def check() -> bool:
        found = world.product.targets(application=name).values()
        return all(t["sync"] == "Synced" and t["revision"] == commit for t in found)

    return check


def _away(world: World, cluster: str) -> Callable[[], bool]:
    def check() -> bool:
        found = world.product.targets(cluster=cluster).values()
        return all(target["sync"] == "Unknown" for target in found)

    return check


def _is(world: World, name: str, status: str) -> Callable[[], bool]:
    return lambda: world.product.targets()[name]["sync"] == status


def _expected(members: list[Member]) -> set[str]:
    wanted = {f"{name}@{member.name}" for name in repository.EVERYWHERE for member in members}
    wanted |= {f"{name}@{members[0].name}" for name in repository.SINGLE}
    for label, group in (("region", repository.REGIONAL), ("stage", repository.STAGED)):
        wanted |= {
            f"{name}@{member.name}"
            for name, value in group.items()
            for member in members
            if member.labels[label] == value
        }
    return wanted
