"""What is killed loses nothing: workers, the whole of ``syncline up``, Redis, a cluster."""

import os
import signal
from pathlib import Path

import pytest

from tests.e2e.killing import kill_children
from tests.e2e.world import World, application, configmap
from tests.harness.poll import until

pytestmark = [pytest.mark.cluster, pytest.mark.slow, pytest.mark.timeout(600)]

KILLS = int(os.environ.get("SYNCLINE_TEST_KILLS", "10"))
"""How often a worker is killed in mid-apply; 50 in the figures of docs/benchmarks.md."""

OBJECTS = 20


def files(app: str, version: str, count: int = OBJECTS) -> dict[str, str | bytes | None]:
    return {f"{app}/{n:02}.yaml": configmap(f"{app}-{n:02}", v=version) for n in range(count)}


def names(world: World, namespace: str) -> set[str]:
    found = world.live(0, f"/api/v1/namespaces/{namespace}/configmaps")
    assert found is not None
    return {item["metadata"]["name"] for item in found["items"]} - {"kube-root-ca.crt"}


def values(world: World, namespace: str) -> set[str]:
    found = world.live(0, f"/api/v1/namespaces/{namespace}/configmaps")
    assert found is not None
    return {item["data"]["v"] for item in found["items"] if "v" in item["data"]}


def test_a_worker_killed_in_mid_apply_leaves_nothing_behind(own_world: World) -> None:
    world = own_world
    world.push(files("kill", "0"))
    world.apply(application("kill", path="kill", namespace="kill"))
    world.synced("kill@c0")

    for number in range(1, KILLS + 1):
        extra = {f"kill/extra-{number}.yaml": configmap(f"extra-{number}", v="1")}
        gone = {f"kill/extra-{number - 1}.yaml": None} if number > 1 else {}
        commit = world.push({**files("kill", str(number)), **extra, **gone})
        _await_run(world, commit)
        kill_children(world)
        world.synced("kill@c0", revision=commit, within=120)
        wanted = {f"kill-{n:02}" for n in range(OBJECTS)} | {f"extra-{number}"}
        assert names(world, "kill") == wanted

    assert world.get("fleet")["sync"] == {"Synced": 1, "OutOfSync": 0, "Unknown": 0}


def test_a_commit_takes_back_what_a_killed_run_had_written(own_world: World) -> None:
    world, many = own_world, 120
    world.push(files("back", "1", many))
    world.apply(application("back", path="back", namespace="back"))
    world.synced("back@c0")

    world.push(files("back", "2", many))
    until(lambda: "2" in values(world, "back"), within=90, what="some are written", every=0.005)
    kill_children(world)
    commit = world.push(files("back", "1", many))  # as before the run: nothing new, it seems

    world.synced("back@c0", revision=commit, within=120)
    assert values(world, "back") == {"1"}


def test_everything_killed_and_started_again_goes_on(own_world: World) -> None:
    world = own_world
    world.push(files("again", "1"))
    world.apply(application("again", path="again", namespace="again"))
    world.synced("again@c0")

    world.down(signal.SIGKILL)
    commit = world.work.publish("while away", files("again", "2"))
    world.up()
    world.post("hooks/generic", {"repository": world.repository})

    world.synced("again@c0", revision=commit)
    history = world.get("targets/again@c0/history")["items"]
    assert history[0]["revision"] == commit
    assert len(history) >= 2


def test_a_redis_that_restarts_under_load_loses_nothing(own_world: World) -> None:
    world = own_world
    apps = [f"load-{n}" for n in range(8)]
    world.push({k: v for app in apps for k, v in files(app, "1", 3).items()})
    world.apply(*(application(app, path=app, namespace="load") for app in apps))
    world.synced(*(f"{app}@c0" for app in apps))

    commit = world.push({k: v for app in apps for k, v in files(app, "2", 3).items()})
    pid = int(next(Path(world.data).glob("redis/*.pid")).read_text())
    os.kill(pid, signal.SIGKILL)

    world.synced(*(f"{app}@c0" for app in apps), revision=commit, within=120)


def test_a_cluster_that_goes_away_comes_back_by_itself(own_world: World) -> None:
    world, server = own_world, own_world.clusters[0]
    world.push({"away/web.yaml": configmap("web", v="1")})
    world.apply(application("away", path="away", namespace="away"))
    world.synced("away@c0")

    server.stop()
    try:
        commit = world.push({"away/web.yaml": configmap("web", v="2")})
        target = world.becomes("away@c0", sync="Unknown", reason="ClusterUnreachable")
        assert "c0" in target["message"]
    finally:
        server.start()

    world.synced("away@c0", revision=commit, within=90)


def _await_run(world: World, commit: str) -> None:
    until(lambda: _is_running(world, commit), within=90, what="the run begins", every=0.005)


def _is_running(world: World, commit: str) -> bool:
    found = world.target("kill@c0")
    return found.get("phase") == "running" or found.get("revision") == commit
