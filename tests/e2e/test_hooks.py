"""Waves and hooks as a user has them: waits hold no worker, a killed worker loses no step."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from itertools import count, islice
from threading import Event, Thread
from typing import Any

import pytest
import yaml

from syncline.store import keys
from tests.e2e import backstage
from tests.e2e.killing import kill_children
from tests.e2e.world import World, application, configmap
from tests.harness.poll import until

pytestmark = [pytest.mark.cluster, pytest.mark.slow, pytest.mark.timeout(600)]

STEPS = ("PreSync/0", "Sync/0", "Sync/1", "Prune", "PostSync/0", "Finish")
TRIES = 6  # a step may be over before the killer has seen it


def jobs(namespace: str) -> str:
    return f"/apis/batch/v1/namespaces/{namespace}/jobs"


def job(name: str, phase: str, version: str, policy: str = "BeforeHookCreation") -> str:
    annotations = {
        "argocd.argoproj.io/hook": phase,
        "argocd.argoproj.io/hook-delete-policy": policy,
    }
    container = {"name": "c", "image": f"i:{version}"}
    spec = {"template": {"spec": {"restartPolicy": "Never", "containers": [container]}}}
    meta = {"name": name, "annotations": annotations}
    return yaml.safe_dump({"apiVersion": "batch/v1", "kind": "Job", "metadata": meta, "spec": spec})


def files(number: int) -> dict[str, str | bytes | None]:
    """A version of the application; each prunes something of the one before."""
    late = yaml.safe_load(configmap("late", v=str(number)))
    late["metadata"]["annotations"] = {"argocd.argoproj.io/sync-wave": "1"}
    return {
        "hooks/migrate.yaml": job("migrate", "PreSync", str(number)),
        "hooks/web.yaml": configmap("web", v=str(number)),
        "hooks/late.yaml": yaml.safe_dump(late),
        "hooks/tell.yaml": job("tell", "PostSync", str(number), "HookSucceeded"),
        f"hooks/extra-{number}.yaml": configmap(f"extra-{number}"),
        **({f"hooks/extra-{number - 1}.yaml": None} if number else {}),
    }


class Kubelet:
    """Completes Jobs, and remembers each that it saw: name, version and uid."""

    def __init__(self, world: World, namespace: str) -> None:
        self._world = world
        self._jobs = jobs(namespace)
        self.ran: dict[str, tuple[str, str]] = {}  # uid → name, version

    def look(self) -> None:
        for item in (self._world.live(0, self._jobs) or {"items": []})["items"]:
            meta, image = item["metadata"], item["spec"]["template"]["spec"]["containers"][0]
            self.ran[meta["uid"]] = meta["name"], image["image"]
            if not item["status"].get("conditions"):
                self._complete(meta["name"])

    def _complete(self, name: str) -> None:
        now = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        conditions = [
            {"type": word, "status": "True", "lastTransitionTime": now, "reason": "Played"}
            for word in ("SuccessCriteriaMet", "Complete")
        ]
        done = {"startTime": now, "completionTime": now, "succeeded": 1, "conditions": conditions}
        self._world.clusters[0].call(
            "PATCH", f"{self._jobs}/{name}/status", {"status": done}, kind="merge-patch+json"
        )


@contextmanager
def working(kubelet: Kubelet) -> Iterator[None]:
    """It looks all the time."""
    over = Event()

    def look() -> None:
        while not over.wait(0.05):
            kubelet.look()

    thread = Thread(target=look)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


def test_a_worker_killed_at_each_step_ends_as_without(own_world: World) -> None:
    world, kubelet = own_world, Kubelet(own_world, "hooks")
    world.push(files(0))
    with working(kubelet):
        world.apply(application("hooks", path="hooks", namespace="hooks"))
        world.synced("hooks@c0")

        versions = count(1)
        for step in STEPS:
            kill_at(world, step, versions)
    last = next(versions)

    wanted = {(name, f"i:{n}") for name in ("migrate", "tell") for n in range(last)}
    assert Counter(kubelet.ran.values()) == dict.fromkeys(wanted, 1)


def kill_at(world: World, step: str, versions: Iterator[int]) -> None:
    """Runs, until one was killed at the step; each must end as if none had been."""
    for number in islice(versions, TRIES):
        commit = world.work.publish("change", files(number))
        with stopped_at(world, step) as killed:
            world.post("hooks/generic", {"repository": world.repository})
            world.synced("hooks@c0", revision=commit, within=120)
        assert configs(world, "hooks") == {"web", "late", f"extra-{number}"}
        assert world.live(0, f"{jobs('hooks')}/tell") is None
        if killed:
            return
    raise AssertionError(f"no worker was killed at {step}")


def test_a_wait_holds_no_worker_and_is_told(own_world: World) -> None:
    world, kubelet = own_world, Kubelet(own_world, "waits")
    world.push(files(0))
    world.apply(application("hooks", path="hooks", namespace="waits"))

    waits = world.becomes("hooks@c0", reason="Waiting", phase="idle")

    assert waits["message"].startswith("PreSync waits for Job/waits/migrate: 0 of 1 completions")
    assert (waits["sync"], waits["health"]) == ("OutOfSync", "Progressing")
    with working(kubelet):
        world.synced("hooks@c0")
        assert world.cli("delete", "application", "hooks", "--reason", "over").returncode == 0
        until(lambda: "hooks@c0" not in world.targets(), within=60, what="its end", every=0.2)
    assert configs(world, "waits") == set()
    assert (world.live(0, jobs("waits")) or {})["items"] == []


def configs(world: World, namespace: str) -> set[str]:
    found: Any = world.live(0, f"/api/v1/namespaces/{namespace}/configmaps")
    return {item["metadata"]["name"] for item in found["items"]} - {"kube-root-ca.crt"}


@contextmanager
def stopped_at(world: World, step: str) -> Iterator[list[str]]:
    """Kill -9 whatever works, once, as soon as a run has begun the step."""
    over, killed = Event(), list[str]()

    def look() -> None:
        with backstage.store(world) as store:
            [row] = store.redis.zrange(keys.ALL(), 0, 0)
            target = keys.TARGET(row.partition("\0")[2])
            while not killed and not over.is_set():
                phase, told = store.redis.hmget(target, "phase", "progress")
                if phase == "running" and told and f'"step":"{step}"' in told:
                    kill_children(world)
                    killed.append(step)

    thread = Thread(target=look)
    thread.start()
    try:
        yield killed
    finally:
        over.set()
        thread.join()
