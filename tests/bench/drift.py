"""Drift as ``syncline watch`` finds it: `python -m tests.bench.drift --targets 1000`.

On a real kube-apiserver, with sweeps once an hour. Another manager changes the image of one
Deployment after the other, and a watch of the benchmark's own tells when each is back. Then
objects that bear our label are added by the thousand, and the watcher's memory is looked at.
"""

from __future__ import annotations

import argparse
import json
import random
import statistics
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from syncline_workers.change import tracking
from tests.bench import cpu, manifests
from tests.bench.gitprocess import serving
from tests.bench.product import Product, running
from tests.bench.results import machine, save
from tests.bench.watch import Watch
from tests.harness.apiserver import ApiServer
from tests.harness.controlplane import ControlPlane
from tests.harness.poll import until
from tests.harness.workrepo import WorkRepo

DEPLOYMENTS = f"/apis/apps/v1/namespaces/{manifests.NAMESPACE}/deployments"
SERVICE_ACCOUNTS = f"/api/v1/namespaces/{manifests.NAMESPACE}/serviceaccounts"
VERSION = "1.0.0"
INTRUDER = "example.com/intruder:1"


def main() -> None:
    """Measure, and print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--targets", type=int, default=1000)
    parser.add_argument("--drifts", type=int, default=300)
    parser.add_argument("--rate", type=float, default=4.0, help="drifts a second")
    parser.add_argument("--objects", type=int, default=10_000, help="for the watcher's memory")
    asked = parser.parse_args()
    with _world(asked.targets) as world:
        found = {"machine": machine(), **_idle(world), **_drifts(world, asked)}
        found |= _memory(world, asked.objects)
    print(json.dumps(found, indent=2))
    print(f"results in {save(found, 'drift-')}")


@dataclass(frozen=True)
class _World:
    product: Product
    server: ApiServer

    def watcher(self, of: Any) -> float:
        """CPU seconds, or bytes, of the watch role."""
        return float(of(self.product.pid)["watch"])


@contextmanager
def _world(count: int) -> Iterator[_World]:
    with tempfile.TemporaryDirectory(prefix="syncline-drift-") as name:
        root = Path(name)
        with (
            ControlPlane.start(root / "plane", 1, controllers=True) as plane,
            serving(root / "git") as url,
            running(root / "data", workers=2, concurrency=2, options=["--no-flower"]) as product,
        ):
            server = plane.cluster(0)
            namespace = {"metadata": {"name": manifests.NAMESPACE}}
            server.call("POST", "/api/v1/namespaces", namespace)
            work = WorkRepo.create(root / "work", origin=root / "git" / "bench.git")
            files = {
                f"{manifests.directory(n)}/all.yaml": manifests.text(n, version=VERSION)
                for n in range(count)
            }
            work.publish("begin", files)
            credential = root / "data" / "credentials" / "bench.kubeconfig"
            credential.write_bytes(server.kubeconfig.read_bytes())
            product.apply(_cluster() + manifests.documents(count, f"{url}bench.git", interval="1h"))
            until(
                lambda: product.summary()["sync"]["Synced"] == count,
                within=600,
                what=f"{count} targets Synced",
                every=0.5,
            )
            yield _World(product, server)


def _cluster() -> str:
    cluster = {
        "apiVersion": "syncline.dev/v1alpha1",
        "kind": "Cluster",
        "metadata": {"name": "bench"},
        "spec": {"kubeconfig": "file:bench.kubeconfig", "maxRuns": 16},
    }
    return json.dumps(cluster) + "\n---\n"


def _idle(world: _World, seconds: float = 20.0) -> dict[str, float]:
    """What the watcher costs while nothing happens."""
    time.sleep(5)  # what came before is judged by then
    before = world.watcher(cpu.by_role)
    time.sleep(seconds)
    used = (world.watcher(cpu.by_role) - before) / seconds
    return {"idle_cpu_percent_of_a_core": round(100 * used, 2)}


def _drifts(world: _World, asked: argparse.Namespace) -> dict[str, Any]:
    token = yaml.safe_load(world.server.kubeconfig.read_text())["users"][0]["user"]["token"]
    changed: dict[str, float] = {}
    lost: set[str] = set()
    took: dict[str, float] = {}

    def is_back(live: dict[str, Any]) -> bool:
        name = live["metadata"]["name"]
        image = live["spec"]["template"]["spec"]["containers"][0]["image"]
        if image == INTRUDER:
            lost.add(name)
        elif name in lost and name not in took:
            took[name] = time.perf_counter() - changed[name]
        return name in took

    watch = Watch(world.server, token, DEPLOYMENTS, is_back)
    luck = random.Random(1)  # noqa: S311 - which targets drift, and when
    before, begun = world.watcher(cpu.by_role), time.perf_counter()
    for number in luck.sample(range(asked.targets), asked.drifts):
        time.sleep(luck.expovariate(asked.rate))
        changed[manifests.name(number)] = time.perf_counter()
        _intrude(world.server, manifests.name(number))
    watch.wait(asked.drifts, within=60)
    seconds = time.perf_counter() - begun
    watch.close()
    times = sorted(took.values())
    return {
        "targets": asked.targets,
        "drifts": len(times),
        "p50_s": round(statistics.median(times), 3),
        "p95_s": round(times[int(0.95 * (len(times) - 1))], 3),
        "longest_s": round(times[-1], 3),
        "watcher_cpu_ms_per_drift": round(
            1000 * (world.watcher(cpu.by_role) - before) / len(times), 2
        ),
        "drifts_per_second": round(len(times) / seconds, 1),
    }


def _intrude(server: ApiServer, name: str) -> None:
    container = {"name": "main", "image": INTRUDER}
    patch = {"spec": {"template": {"spec": {"containers": [container]}}}}
    path = f"{DEPLOYMENTS}/{name}?fieldManager=intruder"
    server.call("PATCH", path, patch, kind="strategic-merge-patch+json")


def _memory(world: _World, objects: int) -> dict[str, float]:
    """How much the watcher grows by each object of a kind that it watches."""
    kept = world.watcher(cpu.resident)
    labels = {tracking.LABEL: "bench"}

    def make(number: int) -> None:
        body = {"metadata": {"name": f"more-{number}", "labels": labels}}
        world.server.call("POST", SERVICE_ACCOUNTS, body)

    with ThreadPoolExecutor(8) as threads:
        list(threads.map(make, range(objects)))
    time.sleep(20)  # all of them are judged by then
    grown = world.watcher(cpu.resident) - kept
    return {
        "watcher_bytes_before": kept,
        "objects_added": objects,
        "bytes_an_object": round(grown / objects, 1),
    }


if __name__ == "__main__":
    main()
