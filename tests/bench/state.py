"""What a fleet's state costs Redis, and how quick its steps are at that size.

``python -m tests.bench.state --targets 5000 50000``: fills a Redis of its own through the
product's own steps (tests.bench.filling), then prints bytes by kind of key beside what
``syncline doctor --plan`` predicts, due claims, dispatch, messages to the broker, and the longest
calls by SLOWLOG. Results go to ``bench-results/`` too.
"""

import argparse
import json
import tempfile
import time
from collections import Counter
from pathlib import Path
from typing import Any

from pydantic import SecretStr
from rich.console import Console
from rich.table import Table

from syncline.contract import queues
from syncline.contract.celery import create_app
from syncline.contract.tasks import RECONCILE, ReconcilePayload
from syncline.model import plan
from syncline.model.names import TargetId
from syncline.model.plan import Fleet as Planned
from syncline.model.request import Request, Trigger, TriggerKind
from syncline.model.seal import PlatformKey
from syncline.model.status import HealthStatus, Lane, SyncStatus
from syncline.scheduler.publisher import Broker, Message
from syncline.settings import Settings, StoreSettings
from syncline.store import connection, due, index, keys, migrations, runs, scripting, targets
from syncline.store.batches import CHUNK
from syncline.store.connection import Store
from tests.bench.filling import Fleet
from tests.bench.results import built
from tests.harness.redis import Redis

SLOW = 2_000
"""Microseconds from which on a call is written down."""


def main() -> None:
    """Measure each size that is asked for."""
    asked = _arguments()
    results = [_size(asked, targets) for targets in asked.targets]
    path = Path("bench-results") / f"state-{time.strftime('%Y%m%dT%H%M%S')}.json"
    path.parent.mkdir(exist_ok=True)
    path.write_text(json.dumps(results, indent=2))
    print(f"results in {path}")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.bench.state")
    parser.add_argument("--targets", type=int, nargs="+", default=[5_000, 50_000])
    parser.add_argument("--applications", type=int, default=50)
    parser.add_argument("--objects", type=int, default=4, help="of each target")
    parser.add_argument("--history", type=int, default=10, help="runs kept of each target")
    parser.add_argument(
        "--real", type=int, default=2, help="runs of each target; the rest of its history is added"
    )
    parser.add_argument(
        "--listpack", type=int, help="hash-max-listpack-value; Redis's own default is 64"
    )
    return parser.parse_args()


def _size(asked: argparse.Namespace, size: int) -> dict[str, Any]:
    with tempfile.TemporaryDirectory(prefix="syncline-state-") as name:
        server = Redis(Path(name), persistent=True)
        server.start()
        try:
            return _measured(asked, size, server)
        finally:
            server.stop()


def _measured(asked: argparse.Namespace, size: int, server: Redis) -> dict[str, Any]:
    settings = StoreSettings(url=SecretStr(server.url), history=asked.history)
    store = connection.connect(settings, key=PlatformKey.parse(PlatformKey.generate()))
    migrations.prepare(store)
    if asked.listpack:
        store.redis.config_set("hash-max-listpack-value", asked.listpack)
    store.redis.config_set("slowlog-log-slower-than", SLOW)
    store.redis.config_set("slowlog-max-len", 1000)
    fleet = Fleet(
        store, asked.applications, max(1, size // asked.applications), objects=asked.objects
    )
    for name in scripting.names():
        store.scripts._learn(name)  # the program runs long: its sources may change meanwhile
    begun = time.monotonic()
    fleet.declare()
    print(built(store.redis))
    print(f"{fleet.size} targets declared in {time.monotonic() - begun:.0f} s", flush=True)
    spent, ran = _Spent(store), 0
    for number in range(asked.real):
        begun = time.monotonic()
        ran += fleet.round(number)
        print(f"round {number}: {ran} in {time.monotonic() - begun:.0f} s", flush=True)
    rounds = spent.rates(ran, ran)
    if asked.history > asked.real:
        fleet.remember(asked.history - asked.real)
    used = int(store.redis.info("memory")["used_memory"])
    found = {
        "targets": fleet.size,
        "applications": fleet.applications,
        "clusters": fleet.clusters,
        "objects": asked.objects,
        "history": asked.history,
        "redis": built(store.redis),
        "used_memory": used,
        "planned": plan.state(
            Planned(
                targets=fleet.size,
                clusters=fleet.clusters,
                applications=fleet.applications,
                objects=asked.objects,
                history=asked.history,
                audit=min(settings.audit, asked.real * fleet.size),
            )
        ),
        "operation": _operation(store, fleet),
        "rounds": rounds,
        "kinds": _by_kind(store, fleet.size),
        "encodings": _encodings(store),
    }
    _print_memory(found)
    found |= _speeds(store, fleet)
    found["slow"] = _slowest(store)
    _print(found)
    store.close()
    return found


def _operation(store: Store, fleet: Fleet) -> dict[str, float]:
    """What one takes that synced up to 10,000 targets, beside what is planned for it."""
    uid = fleet.operate(min(fleet.size, 10_000))
    members = store.redis.hlen(keys.MEMBERS(uid))
    taken = sum(
        store.redis.memory_usage(key, samples=0)
        for key in store.redis.scan_iter(f"{keys.PREFIX}*{uid}*", count=1000)
    )
    return {"members": members, "bytes": taken, "planned": members * plan.MEMBER}


def _by_kind(store: Store, size: int) -> dict[str, dict[str, float]]:
    """Bytes and number of keys by kind: the first word of the pattern."""
    numbers: Counter[str] = Counter()
    bytes_: Counter[str] = Counter()
    every = max(1, size // 5000)  # of kinds with as many keys as targets, some are asked
    seen: Counter[str] = Counter()
    names: list[str] = []
    for key in store.redis.scan_iter(f"{keys.PREFIX}*", count=1000):
        kind = _kind(key)
        numbers[kind] += 1
        if kind not in _MANY or numbers[kind] % every == 0:
            names.append(key)
    for start in range(0, len(names), 500):
        part = names[start : start + 500]
        with store.redis.pipeline() as pipe:
            for key in part:
                pipe.memory_usage(key, samples=0)
            for key, cost in zip(part, pipe.execute(), strict=True):
                seen[_kind(key)] += 1
                bytes_[_kind(key)] += cost or 0
    return {
        kind: {"keys": numbers[kind], "bytes": round(bytes_[kind] * numbers[kind] / seen[kind])}
        for kind in numbers
        if seen[kind]
    }


_MANY = {"target", "history", "inventory"}


def _kind(key: str) -> str:
    parts = key.removeprefix(keys.PREFIX).split(":")
    return ":".join(parts[:2]) if parts[0] in {"index", "records"} else parts[0]


def _encodings(store: Store) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for kind in ("target:*", "inventory:*", "history:*", "owners:*", "behind:*"):
        key = next(store.redis.scan_iter(f"{keys.PREFIX}{kind}", count=1000), None)
        if key:
            found[kind] = store.redis.object("encoding", key)
    return found


def _speeds(store: Store, fleet: Fleet) -> dict[str, Any]:
    return {
        "due claims": _due(store),
        "trigger": _trigger(store),
        "dispatch": _dispatch(store),
        "messages": _messages(store),
        "reads_ms": _reads(store, fleet),
    }


def _due(store: Store) -> dict[str, float]:
    """All targets come to be due at once: how many a second are claimed."""
    at = connection.now(store)
    for chunk in targets.ids(store, chunk=1000):
        store.redis.zadd(keys.DUE(), {f"retry:{target}": at for target, _ in chunk})
    taken, calls, spent = 0, 0, _Spent(store)
    while found := due.take(store, 200):
        taken, calls = taken + len(found), calls + 1
    rates = spent.rates(taken, calls)
    store.redis.delete(keys.DUE())
    return rates


def _trigger(store: Store) -> dict[str, float]:
    """All targets are asked for at once, as many in one step as steps take."""
    request = Request(trigger=Trigger(kind=TriggerKind.POLL, reason="main moved to 0123456789ab"))
    chunks = list(targets.ids(store, chunk=CHUNK))
    spent = _Spent(store)
    for chunk in chunks:
        runs.trigger(store, [target for target, _ in chunk], request)
    return spent.rates(sum(map(len, chunks)), len(chunks))


def _dispatch(store: Store) -> dict[str, float]:
    """All targets are ready: how many a second are marked queued, until all clusters are full."""
    sent, calls, spent = 0, 0, _Spent(store)
    while found := runs.dispatch(store, Lane.PUSH, 200):
        sent, calls = sent + len(found), calls + 1
    return spent.rates(sent, calls)


def _messages(store: Store) -> dict[str, int]:
    broker = Broker(create_app(Settings(store=store.settings), name="bench"))
    ident = TargetId("0123456789abcdef.0123456789abcdef")
    batch = [
        Message(
            task=RECONCILE,
            payload=ReconcilePayload(target=ident, ticket=f"{ident}.1780000000000", name="app@c"),
            task_id=f"{ident}.{number}",
            queue=queues.PUSH,
        )
        for number in range(200)
    ]
    broker.send(batch)
    before = int(store.redis.info("memory")["used_memory"])
    cpu, begun = time.process_time(), time.monotonic()
    for _ in range(25):
        broker.send(batch)
    wall, cpu = time.monotonic() - begun, time.process_time() - cpu
    cost = (int(store.redis.info("memory")["used_memory"]) - before) / 5000
    broker.close()
    return {
        "per_s": round(5000 / wall),
        "per_cpu_s": round(5000 / cpu),
        "bytes_each": round(cost),
    }


def _reads(store: Store, fleet: Fleet) -> dict[str, float]:
    cursor = index.cursor_after(index.member("app-0025@cluster-0001", "0"))
    acts = {
        "summary": lambda: targets.summary(store),
        "page of all": lambda: targets.page(store, limit=50, cursor=cursor),
        "page by sync and health": lambda: targets.page(
            store, limit=50, sync=SyncStatus.SYNCED, health=HealthStatus.HEALTHY, cursor=cursor
        ),
        "page by application and health": lambda: targets.page(
            store, limit=50, application=fleet.made[3].uid, health=HealthStatus.HEALTHY
        ),
    }
    found = {}
    for name, act in acts.items():
        times = []
        for _ in range(50):
            begun = time.perf_counter()
            act()
            times.append((time.perf_counter() - begun) * 1000)
        found[name] = round(max(times), 1)
    return found


class _Spent:
    """Wall time, and the CPU of the server's own thread, since it was made."""

    def __init__(self, store: Store) -> None:
        self._store, self._begun, self._cpu = store, time.monotonic(), self._used(store)

    @staticmethod
    def _used(store: Store) -> float:
        info = store.redis.info("cpu")
        return float(info["used_cpu_user_main_thread"]) + float(info["used_cpu_sys_main_thread"])

    def rates(self, count: int, calls: int) -> dict[str, float]:
        """Per second of wall time, per second of Redis's CPU, and its CPU for one call."""
        wall = time.monotonic() - self._begun
        cpu = self._used(self._store) - self._cpu
        return {
            "count": count,
            "per_s": round(count / wall),
            "per_redis_cpu_s": round(count / max(cpu, 1e-6)),
            "cpu_ms_a_call": round(cpu / max(1, calls) * 1000, 2),
        }


def _slowest(store: Store) -> list[dict[str, Any]]:
    """The longest call of each step or command."""
    names = {digest: name for name, (digest, _) in store.scripts._known.items()}
    longest: dict[str, dict[str, Any]] = {}
    for entry in store.redis.slowlog_get(1000):
        said = entry["command"]
        first, *rest = (said.decode(errors="replace") if isinstance(said, bytes) else said).split()
        is_script = first.upper().startswith("EVAL") and rest
        name = names.get(rest[0], rest[0][:12]) if is_script else first
        known = longest.setdefault(name, {"ms": 0.0, "calls": 0})
        known["calls"] += 1
        known["ms"] = max(known["ms"], entry["duration"] / 1000)
    return [
        {"call": name, **told}
        for name, told in sorted(longest.items(), key=lambda item: -item[1]["ms"])
    ]


def _print_memory(found: dict[str, Any]) -> None:
    size = found["targets"]
    table = Table("KEYS", "NUMBER", "MB", "BYTES A TARGET", box=None)
    for kind, told in sorted(found["kinds"].items(), key=lambda item: -item[1]["bytes"])[:22]:
        table.add_row(
            kind,
            str(told["keys"]),
            f"{told['bytes'] / 1e6:.2f}",
            f"{told['bytes'] / size:.0f}",
        )
    console = Console()
    console.print(table)
    console.print(
        f"{size} targets: used_memory {found['used_memory'] / 1e6:.1f} MB, "
        f"{found['used_memory'] / size:.0f} bytes a target; "
        f"planned {found['planned'] / 1e6:.1f} MB"
    )
    asked = found["operation"]
    console.print(
        f"an operation over {asked['members']} of them: {asked['bytes'] / 1e6:.2f} MB, "
        f"{asked['bytes'] / asked['members']:.0f} bytes a target; "
        f"planned {asked['planned'] / 1e6:.2f} MB"
    )


def _print(found: dict[str, Any]) -> None:
    console = Console()
    for key in ("encodings", "rounds", "due claims", "trigger", "dispatch", "messages", "reads_ms"):
        console.print(f"{key}: {found[key]}")
    for each in found["slow"][:12]:
        console.print(f"slow: {each}")


if __name__ == "__main__":
    main()
