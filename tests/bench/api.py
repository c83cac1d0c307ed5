"""What the API takes at full size: `python -m tests.bench.api --clusters 1000 --applications 50`.

Fills a Redis of its own through the store's functions: every target exists, some ran, of which some
failed. Then a client asks a server of its own process for the fleet, for pages by each filter and
by several, and for all that is known of one target. A page whose filters exclude each other is the
worst: the whole of the shorter list is gone through in vain. Times are of the client; CPU is that
of the server and of Redis, which another load on the machine does not change.
"""

from __future__ import annotations

import argparse
import os
import random
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import product
from pathlib import Path

import httpx

from syncline import logs
from syncline.contract.reports import ClusterReport
from syncline.model.access import Scope
from syncline.model.names import target_id
from syncline.model.run import Claim
from syncline.model.seal import PlatformKey
from syncline.model.status import HealthStatus, Lane
from syncline.store import clusters, documents, migrations, runs, targets, tokens
from syncline.store.connection import Store
from tests.harness import ports
from tests.harness.poll import until
from tests.harness.redis import Redis
from tests.harness.redis_fixtures import open_store
from tests.store import world as make

PROJECTS = 5
TICKS = os.sysconf("SC_CLK_TCK")
ASKED = {
    "fleet": "fleet",
    "all": "targets?limit=100",
    "by project": "targets?limit=100&project=p1",
    "by sync": "targets?limit=100&sync=Synced",
    "by health": "targets?limit=100&health=Degraded",
    "by cluster": "targets?limit=100&cluster=c{cluster:04}",
    "by project, sync, health": "targets?limit=100&project=p1&sync=Synced&health=Healthy",
    "by filters that few pass": "targets?limit=100&project=p1&cluster=c{cluster:04}&sync=Synced",
    "by filters that none passes": "targets?limit=100&project=p0&sync=Synced",
    "by the beginning of names": "targets?limit=100&begins=p1/a00",
    "a page of 500": "targets?limit=500",
    "describe": "targets/p1/a001@c{cluster:04}",
    "history": "targets/p1/a001@c{cluster:04}/history",
    "applications": "applications?limit=100",
    "clusters": "clusters?limit=100",
    "events": "events/position",
}
"""Project p0 has no target that ever ran."""


def main() -> None:
    logs.configure(level="warning")
    parser = argparse.ArgumentParser(prog="python -m tests.bench.api")
    parser.add_argument("--clusters", type=int, default=100)
    parser.add_argument("--applications", type=int, default=50)
    parser.add_argument("--ran", type=int, default=2000, help="targets that ran once")
    parser.add_argument("--times", type=int, default=200, help="that each is asked")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="syncline-api-") as name:
        server = Redis(Path(name))
        server.start()
        try:
            _measure(server, asked)
        finally:
            server.stop()


def _measure(redis: Redis, asked: argparse.Namespace) -> None:
    store = open_store(redis)
    migrations.prepare(store)
    began = time.perf_counter()
    _fill(store, asked.clusters, asked.applications)
    _run(store, asked.ran)
    used = store.redis.info("memory")["used_memory"] / 1e6
    print(f"{targets.summary(store).targets} targets, {used:.0f} MB, filled in", end=" ")
    print(f"{time.perf_counter() - began:.0f} s; load {os.getloadavg()[0]:.1f}")
    token = tokens.create(store, "bench", scopes=(Scope.READ,))
    with _serving(redis) as (pid, url), _client(url, token) as client:
        for name, path in ASKED.items():
            print(f"{name}: {_asked(store, pid, client, path, asked)}", flush=True)
    store.close()


def _fill(store: Store, on: int, apps: int) -> None:
    world = make.World(store)
    world.repository()
    where = [documents.put_cluster(store, make.cluster(f"c{n:04}")).record for n in range(on)]
    for cluster in where:
        clusters.fold_cluster(store, ClusterReport(cluster=cluster.uid, reachable=True))
    what = [world.application(f"a{n:03}", project=f"p{n % PROJECTS}") for n in range(apps)]
    for application, cluster in product(what, where):
        targets.ensure(store, application, cluster)  # type: ignore[arg-type]
    ran = [application for application in what if application.project != "p0"]
    for application in ran:
        made = [target_id(application.uid, cluster.uid) for cluster in where]
        runs.trigger(store, made, make.request())


def _run(store: Store, count: int) -> None:
    """Each fifth one fails."""
    for number, claim in enumerate(_claims(store, count)):
        told = {"health": HealthStatus.DEGRADED} if number % 5 == 0 else {}
        held = make.inventory(*(f"object-{n}" for n in range(4)))
        changes = make.World(store).changes("object-1")
        runs.fold(store, make.report(claim, inventory=held, changes=changes, **told))


def _claims(store: Store, count: int) -> Iterator[Claim]:
    while count:
        for sent in runs.dispatch(store, Lane.USER, min(count, 200)):
            claim = runs.claim(store, sent.target, sent.ticket, "bench")
            if isinstance(claim, Claim):
                count -= 1
                yield claim


@contextmanager
def _serving(redis: Redis) -> Iterator[tuple[int, str]]:
    port = ports.free()
    process = subprocess.Popen(
        [sys.executable, "-m", "syncline", "server", "--port", str(port)],
        env={
            **os.environ,
            "SYNCLINE_STORE_URL": redis.url,
            "SYNCLINE_KEY": PlatformKey.generate(),
            "SYNCLINE_LOG_LEVEL": "warning",
        },
    )
    url = f"http://127.0.0.1:{port}"
    try:
        until(lambda: _answers(url), within=60, what="the server answers")
        yield process.pid, url
    finally:
        process.terminate()
        process.wait(30)


def _answers(url: str) -> bool:
    try:
        return httpx.get(f"{url}/readyz", timeout=5).is_success
    except httpx.HTTPError:
        return False


def _client(url: str, token: str) -> httpx.Client:
    headers = {"Authorization": f"Bearer {token}"}
    return httpx.Client(base_url=f"{url}/api/v1/", headers=headers, trust_env=False, timeout=60)


def _asked(
    store: Store, pid: int, client: httpx.Client, path: str, asked: argparse.Namespace
) -> str:
    luck = random.Random(1)  # noqa: S311 - which cluster is asked for
    paths = [path.format(cluster=luck.randrange(asked.clusters)) for _ in range(asked.times)]
    client.get(paths[0]).raise_for_status()
    before, took = _cpu(store, pid), []
    for each in paths:
        began = time.perf_counter()
        client.get(each).raise_for_status()
        took.append((time.perf_counter() - began) * 1000)
    server, redis = (
        (b - a) / len(paths) * 1000 for a, b in zip(before, _cpu(store, pid), strict=True)
    )
    return (
        f"p50 {statistics.median(took):.1f} ms, p99 {_quantile(took):.1f} ms; "
        f"CPU {server:.1f} ms of the server, {redis:.2f} ms of Redis"
    )


def _quantile(took: Sequence[float]) -> float:
    return sorted(took)[int(len(took) * 0.99) - 1]


def _cpu(store: Store, pid: int) -> tuple[float, float]:
    """Seconds of CPU: of the server, and of Redis."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    used = store.redis.info("cpu")
    redis = float(used["used_cpu_user"]) + float(used["used_cpu_sys"])
    return (int(fields[11]) + int(fields[12])) / TICKS, redis


if __name__ == "__main__":
    main()
