"""Drift as it happens. No sweep comes within these tests: they are an hour apart by default."""

import os
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from syncline.store import watching
from tests.e2e import backstage
from tests.e2e import world as worlds
from tests.e2e.world import World, application, configmap, repository
from tests.harness.controlplane import ControlPlane
from tests.harness.poll import until

pytestmark = pytest.mark.cluster

PROMPT = 20.0
"""Seconds that a repair may take on a machine that is busy; a sweep would take an hour."""


def manifest(kind: str, name: str, spec: dict[str, Any], version: str = "v1") -> str:
    body = {"apiVersion": version, "kind": kind, "metadata": {"name": name}, "spec": spec}
    return worlds.yaml.safe_dump(body)


def path_of(namespace: str, name: str) -> str:
    return f"/api/v1/namespaces/{namespace}/configmaps/{name}"


def deploy(world: World, name: str, **policy: Any) -> str:
    """An application of one ConfigMap on c0, Synced and watched; returns the object's path."""
    world.push({f"{name}/a.yaml": configmap("settings", colour="red")})
    policy = {"interval": "1h", **policy}
    world.apply(application(name, path=name, namespace=name, syncPolicy=policy))
    world.synced(f"{name}@c0")
    is_watched(world, 1)
    return path_of(name, "settings")


def is_watched(world: World, clusters: int) -> None:
    """Wait until so many clusters are watched with all of their streams, and all is judged."""

    def settled() -> bool:
        with backstage.store(world) as store:
            found = list(watching.present(store).values())
        held = sum(each.clusters for each in found) >= clusters
        return held and not any(each.closed + each.pending for each in found)

    until(settled, within=60, what="all is watched", every=0.2)
    time.sleep(1.5)  # the roll is a second old


def edit(world: World, path: str, body: dict[str, Any], number: int = 0, **more: str) -> None:
    kind = more.get("kind", "merge-patch+json")
    world.clusters[number].call("PATCH", f"{path}?fieldManager=somebody", body, kind=kind)


def is_back(world: World, path: str, number: int = 0, within: float = PROMPT) -> None:
    def check() -> bool:
        live = world.live(number, path)
        return live is not None and live["data"]["colour"] == "red"

    until(check, within=within, what=f"{path} is as declared")


def runs(world: World, target: str) -> int:
    return len(world.get(f"targets/{target}/history", limit="100")["items"])


def judged(world: World) -> int:
    """How many changes were compared with what was recorded, so far."""
    with backstage.store(world) as store:
        return int(store.redis.hget("syncline:tally", "watch:judged") or 0)


def test_a_field_of_ours_that_is_changed_is_put_back(world: World) -> None:
    path = deploy(world, "watch-edit")

    edit(world, path, {"data": {"colour": "blue"}})

    is_back(world, path)


def test_an_object_of_ours_that_is_deleted_is_made_again(world: World) -> None:
    path = deploy(world, "watch-gone")

    world.clusters[0].call("DELETE", path)

    is_back(world, path)


def test_changes_of_status_and_of_what_others_own_cost_nothing(world: World) -> None:
    service = manifest("Service", "web", {"ports": [{"port": 80}], "type": "LoadBalancer"})
    world.push({"watch-calm/web.yaml": service, "watch-calm/a.yaml": configmap("own", a="1")})
    policy = {"interval": "1h"}
    world.apply(
        application("watch-calm", path="watch-calm", namespace="watch-calm", syncPolicy=policy)
    )
    world.synced("watch-calm@c0")
    is_watched(world, 1)
    before, asked = runs(world, "watch-calm@c0"), judged(world)

    path = "/api/v1/namespaces/watch-calm/services/web"
    for number in range(10):
        ingress = [{"ip": f"10.0.0.{number}"}]
        status = {"status": {"loadBalancer": {"ingress": ingress}}}
        world.clusters[0].call("PATCH", f"{path}/status", status, kind="merge-patch+json")
        edit(world, path, {"metadata": {"annotations": {"others": str(number)}}})
        edit(world, path_of("watch-calm", "own"), {"data": {"foreign": str(number)}})

    time.sleep(3)
    assert runs(world, "watch-calm@c0") == before
    assert judged(world) == asked
    assert world.target("watch-calm@c0")["sync"] == "Synced"


def test_what_does_not_heal_itself_is_shown(world: World) -> None:
    path = deploy(world, "watch-told", selfHeal=False)

    edit(world, path, {"data": {"colour": "blue"}})

    target = world.becomes("watch-told@c0", sync="OutOfSync", within=PROMPT)
    assert target["reason"] == "Drifted"
    assert "ConfigMap/watch-told/settings" in target["message"]


def test_a_commit_is_one_run_and_no_drift(world: World) -> None:
    deploy(world, "watch-commit")
    before = runs(world, "watch-commit@c0")

    commit = world.push({"watch-commit/a.yaml": configmap("settings", colour="green")})
    world.synced("watch-commit@c0", revision=commit)

    time.sleep(3)
    assert runs(world, "watch-commit@c0") == before + 1


class Own(NamedTuple):
    """A Syncline without watchers, and an object of it on each of two clusters."""

    world: World
    path: str

    def edit(self, number: int) -> None:
        edit(self.world, self.path, {"data": {"colour": "blue"}}, number)

    def is_back(self, number: int, within: float = PROMPT) -> None:
        is_back(self.world, self.path, number, within)

    def watch(self, name: str = "watch") -> AbstractContextManager[subprocess.Popen[bytes]]:
        return backstage.role(self.world, "watch", log=self.world.root / f"{name}.log")


@pytest.fixture
def own(tmp_path: Path, control_plane: ControlPlane) -> Iterator[Own]:
    """A test starts the watchers, and breaks what it likes."""
    clusters = [control_plane.cluster(2), control_plane.cluster(3)]
    with worlds.make(tmp_path, clusters, arguments=["--no-watch"]) as made:
        made.up()
        made.apply(repository(made.repository), *(worlds.cluster(number) for number in range(2)))
        made.push({"shop/a.yaml": configmap("settings", colour="red")})
        name = f"own-{os.getpid()}-{time.monotonic_ns() % 10**6}"
        shop = application("shop", path="shop", namespace=name, syncPolicy={"interval": "1h"})
        shop["spec"]["destination"] = {
            "selector": {},
            "namespace": name,
            "createNamespace": True,
        }
        made.apply(shop)
        made.synced("shop@c0", "shop@c1")
        yield Own(made, path_of(name, "settings"))


def test_two_watchers_share_the_clusters_and_each_takes_over(own: Own) -> None:
    with own.watch("first") as first, own.watch("second"):
        until(lambda: len(roll(own.world)) == 2, within=60, what="two sign", every=0.2)
        is_watched(own.world, 2)
        assert sum(each.clusters for each in roll(own.world).values()) == 2
        os.kill(first.pid, signal.SIGKILL)

        for number in range(2):
            own.edit(number)
        for number in range(2):
            own.is_back(number)
        until(lambda: len(roll(own.world)) == 1, within=30, what="one is gone", every=0.2)


def test_drift_while_nobody_watched_is_found_by_who_begins(own: Own) -> None:
    own.edit(1)

    with own.watch():
        own.is_back(1)


def test_a_watch_survives_its_api_server(own: Own) -> None:
    with own.watch():
        is_watched(own.world, 2)
        own.world.clusters[0].stop()
        time.sleep(1)
        own.world.clusters[0].start()

        own.edit(0)

        own.is_back(0, within=60)


def test_a_watch_survives_redis(own: Own) -> None:
    with own.watch():
        is_watched(own.world, 2)
        pid = int(next(own.world.data.glob("redis/*.pid")).read_text())
        os.kill(pid, signal.SIGKILL)

        own.edit(0)

        own.is_back(0, within=60)


def test_a_watcher_that_is_asked_to_end_ends_and_leaves_the_roll(own: Own) -> None:
    with own.watch() as watcher:
        is_watched(own.world, 2)
        begun = time.monotonic()
        watcher.terminate()

        assert watcher.wait(20) == 0
        assert time.monotonic() - begun < 5
        assert roll(own.world) == {}
        assert "watcher ended" in (own.world.root / "watch.log").read_text()


def roll(world: World) -> dict[str, Any]:
    with backstage.store(world) as store:
        return dict(watching.present(store))
