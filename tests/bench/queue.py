"""What looking at the queue costs at full size: `python -m tests.bench.queue --clusters 1000`.

Fills a Redis of its own with targets that all wait, then looks, asks for turns, and reads metrics
over HTTP, and prints how long Redis was blocked by each step (its own slow log) and how long the
API took. Last it folds runs with and without durations: what counting them costs.
"""

from __future__ import annotations

import argparse
import random
import statistics
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import product
from pathlib import Path

import httpx
from pydantic import SecretStr

from syncline import logs
from syncline.api import sight
from syncline.api.app import create_app
from syncline.api.server import Server, listen, url_of
from syncline.contract.reports import ClusterReport
from syncline.model.access import Scope
from syncline.model.names import TargetId, target_id
from syncline.model.request import TriggerKind
from syncline.model.run import Claim
from syncline.model.status import Lane
from syncline.settings import Settings, StoreSettings
from syncline.store import clusters, documents, migrations, queue, runs, targets, tokens
from syncline.store.connection import Store
from tests.harness.redis import Redis
from tests.harness.redis_fixtures import open_store
from tests.store import world as make

STEPS = ("resolve", "connect", "render", "plan", "record", "apply", "prune")
KINDS = (TriggerKind.USER, TriggerKind.PUSH, TriggerKind.DRIFT)


def main() -> None:
    """Measure, and print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--clusters", type=int, default=1000)
    parser.add_argument("--applications", type=int, default=50)
    parser.add_argument("--projects", type=int, default=5)
    parser.add_argument("--folds", type=int, default=500)
    asked = parser.parse_args()
    logs.configure(level="warning")
    with tempfile.TemporaryDirectory() as directory:
        server = Redis(Path(directory))
        server.start()
        try:
            _measure(server, asked)
        finally:
            server.stop()


def _measure(server: Redis, asked: argparse.Namespace) -> None:
    store = open_store(server)
    migrations.prepare(store)
    made = _fill(store, asked.clusters, asked.applications, asked.projects)
    print(f"{len(made)} targets wait on {asked.clusters} clusters in {asked.projects} projects")
    store.redis.config_set("slowlog-max-len", 10_000)
    _steps(store, "look at all", lambda: queue.look(store), 20)
    _steps(store, "drain", lambda: queue.measure(store), 20)
    luck = random.Random(1)  # noqa: S311 - which targets are asked for
    _steps(store, "turn of one", lambda: queue.turn(store, luck.choice(made)), 200)
    with _api(server, store) as client:
        _asked(client, "/metrics", 50)
        _asked(client, "/api/v1/queue", 50)
        _asked(client, "/api/v1/fleet", 200)
    _folds(store, asked.folds)
    store.close()


def _fill(store: Store, on: int, apps: int, projects: int) -> list[TargetId]:
    world = make.World(store)
    world.repository()
    where = [documents.put_cluster(store, make.cluster(f"c{n:04}")).record for n in range(on)]
    for cluster in where:
        report = ClusterReport(cluster=cluster.uid, reachable=True)
        clusters.fold_cluster(store, report)
    what = [world.application(f"a{n:03}", project=f"p{n % projects}") for n in range(apps)]
    for application, cluster in product(what, where):
        targets.ensure(store, application, cluster)  # type: ignore[arg-type]
    for number, application in enumerate(what):
        made = [target_id(application.uid, cluster.uid) for cluster in where]
        runs.trigger(store, made, make.request(KINDS[number % len(KINDS)]))
    return [target_id(a.uid, c.uid) for a, c in product(what, where)]


def _steps(store: Store, name: str, step: Callable[[], object], times: int) -> None:
    """Print how long it took, Redis's CPU, and for how long one step blocked it."""
    step()
    store.redis.config_resetstat()
    store.redis.config_set("slowlog-log-slower-than", 300)  # µs: steps, not the commands in them
    store.redis.slowlog_reset()
    began, took = _redis_cpu(store), []
    for _ in range(times):
        start = time.perf_counter()
        step()
        took.append(time.perf_counter() - start)
    spent = (_redis_cpu(store) - began) / times
    log = store.redis.slowlog_get(10_000)
    store.redis.config_set("slowlog-log-slower-than", -1)
    blocked = sorted(each["duration"] / 1000 for each in log) or [0.3]
    calls = store.redis.info("commandstats")["cmdstat_evalsha"]["calls"]
    print(
        f"{name}: {statistics.median(took) * 1000:.2f} ms in {calls / times:.0f} steps, "
        f"{spent * 1000:.2f} ms of Redis's CPU; one step blocks it for "
        f"{statistics.median(blocked):.2f} ms, at most {blocked[-1]:.2f} ms"
    )


def _redis_cpu(store: Store) -> float:
    used = store.redis.info("cpu")
    return float(used["used_cpu_user"]) + float(used["used_cpu_sys"])


@contextmanager
def _api(redis: Redis, store: Store) -> Iterator[httpx.Client]:
    sight.FRESH = 0.0  # each answer is measured anew
    settings = Settings(store=StoreSettings(url=SecretStr(redis.url)))
    listener, ready = listen("127.0.0.1", 0), threading.Event()
    server = Server(create_app(store, settings), listener, ready.set)
    thread = threading.Thread(target=server.serve_until_stopped, daemon=True)
    thread.start()
    ready.wait(20)
    token = tokens.create(store, "bench", scopes=(Scope.READ,))
    headers = {"Authorization": f"Bearer {token}"}
    with httpx.Client(base_url=url_of(listener), headers=headers, trust_env=False) as client:
        yield client
    server.should_exit = True
    thread.join()


def _asked(client: httpx.Client, path: str, times: int) -> None:
    client.get(path).raise_for_status()  # the first one connects to the broker
    took = []
    for _ in range(times):
        began = time.perf_counter()
        size = len(client.get(path).raise_for_status().content)
        took.append((time.perf_counter() - began) * 1000)
    took.sort()
    slow = took[int(times * 0.99) - 1]
    print(f"GET {path}: p50 {statistics.median(took):.1f} ms, p99 {slow:.1f} ms, {size} bytes")


def _folds(store: Store, count: int) -> None:
    """Print what counting a run costs in Redis, and in the worker's process."""
    timed = dict.fromkeys(STEPS, 0.012)
    for steps in ({}, timed, {}, timed, {}, timed):
        claims = list(_claims(store, count))
        reports = [make.report(claim, steps=steps) for claim in claims]
        before, began = _redis_cpu(store), time.process_time()
        for report in reports:
            runs.fold(store, report)
        own = (time.process_time() - began) / count * 1e6
        redis = (_redis_cpu(store) - before) / count * 1e6
        named = "with 7 steps" if steps else "without steps"
        print(f"CPU of a fold {named}: {redis:.0f} µs of Redis, {own:.0f} µs of the worker")


def _claims(store: Store, count: int) -> Iterator[Claim]:
    left = count
    while left:
        for sent in runs.dispatch(store, Lane.PUSH, min(left, 200)):
            claim = runs.claim(store, sent.target, sent.ticket, "bench")
            if isinstance(claim, Claim):
                left -= 1
                yield claim


if __name__ == "__main__":
    main()
