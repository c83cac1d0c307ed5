"""One sweep over a cluster on which nothing has moved: `python -m tests.bench.sweep`.

A real kube-apiserver, Redis and Git. The targets are installed by workers that are played in this
process, four objects each; then the cluster is swept, and what that takes is printed.
"""

from __future__ import annotations

import argparse
import json
import statistics
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

from syncline.model.names import TargetId
from syncline.model.request import TriggerKind
from syncline.model.status import Outcome
from syncline.store import clusters, migrations
from tests.bench import cpu, manifests
from tests.bench.results import machine, save
from tests.harness.controlplane import ControlPlane
from tests.harness.redis import Redis
from tests.harness.redis_fixtures import open_store
from tests.harness.workers import Workers
from tests.harness.workrepo import WorkRepo

REPOSITORY = "bench"


def main() -> None:
    """Measure, and print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--targets", type=int, default=1000)
    parser.add_argument("--sweeps", type=int, default=5)
    asked = parser.parse_args()
    with _world() as world:
        world.install(asked.targets)
        world.workers.restart()
        first = world.sweep()
        swept = [world.sweep() for _ in range(asked.sweeps)]
    found = {
        "machine": machine(),
        "targets": asked.targets,
        "objects": 4 * asked.targets,
        "kinds": 4,
        "first_of_a_process": asdict(first),
        "median_of_others": {
            name: round(statistics.median(asdict(each)[name] for each in swept), 4)
            for name in asdict(first)
        },
    }
    print(json.dumps(found, indent=2))
    print(f"results in {save(found, 'sweep-')}")


@dataclass(frozen=True, slots=True)
class Swept:
    """What one sweep took, in seconds; CPU is of the worker, with the report's fold."""

    requests: int
    worker_cpu: float
    redis_cpu: float
    api_server_cpu: float
    seconds: float


@dataclass(frozen=True, slots=True)
class World:
    """Applications of one repository on one cluster."""

    workers: Workers
    work: WorkRepo
    redis: int  # process ids
    server: int

    def install(self, count: int) -> list[TargetId]:
        """Declare and apply so many targets of four objects."""
        files = {
            f"{manifests.directory(n)}/app.yaml": manifests.text(n, version="1.0.0")
            for n in range(count)
        }
        self.workers.pushed(self.work.publish("begin", files))
        made = [
            self.workers.application(
                manifests.name(n), {"path": manifests.directory(n)}, namespace=manifests.NAMESPACE
            )
            for n in range(count)
        ]
        self.workers.ask(made, TriggerKind.PUSH)
        done = 0
        while reports := self.workers.work(50):
            assert {each.outcome for each in reports} == {Outcome.SUCCEEDED}
            done += len(reports)
        assert done == count
        return made

    def sweep(self) -> Swept:
        """Sweep once; nothing has moved."""
        asked, begun = self.workers.api.answered[0], time.perf_counter()
        own, redis, server = time.process_time(), *self._others()
        report = self.workers.sweep()
        assert (report.moved, report.reachable) == ({}, True), report
        clusters.fold_sweep(self.workers.store, report)
        own, redis_now, server_now = time.process_time() - own, *self._others()
        return Swept(
            requests=self.workers.api.answered[0] - asked,
            worker_cpu=round(own, 4),
            redis_cpu=round(redis_now - redis, 4),
            api_server_cpu=round(server_now - server, 4),
            seconds=round(time.perf_counter() - begun, 4),
        )

    def _others(self) -> tuple[float, float]:
        return sum(cpu.by_role(self.redis).values()), sum(cpu.by_role(self.server).values())


@contextmanager
def _world() -> Iterator[World]:
    with ExitStack() as stack:
        root = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="syncline-sweep-")))
        server = stack.enter_context(ControlPlane.start(root / "plane")).cluster(0)
        server.call("POST", "/api/v1/namespaces", {"metadata": {"name": manifests.NAMESPACE}})
        redis = Redis(root / "redis")
        redis.start()
        stack.callback(redis.stop)
        store = open_store(redis)
        stack.callback(store.close)
        migrations.prepare(store)
        work = WorkRepo.create(root / "work", origin=root / "git" / f"{REPOSITORY}.git")
        workers = Workers(store, root, server.kubeconfig, REPOSITORY)
        stack.callback(workers.close)
        yield World(workers, work, redis.pid, server.pid)


if __name__ == "__main__":
    main()
