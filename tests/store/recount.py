"""Counts everything anew by reading every key, and compares with what is kept."""

from collections import Counter, defaultdict
from typing import Any

from syncline.store import keys
from syncline.store.connection import Store

Rows = dict[str, dict[str, str]]


def check(store: Store) -> None:
    """Raises AssertionError where a counter, an index or a queue disagrees with the targets."""
    targets = _hashes(store, "target")
    records = _hashes(store, "record")
    _counters(store, targets, records)
    _indexes(store, targets)
    _queues(store, targets, records)
    _owners(store, targets)
    _inputs(store, targets)
    _specs(store, targets)
    _operations(store)


def _hashes(store: Store, kind: str) -> Rows:
    prefix = f"{keys.PREFIX}{kind}:"
    return {
        key.removeprefix(prefix): store.redis.hgetall(key)
        for key in store.redis.scan_iter(f"{prefix}*")
    }


def _uids(target: str) -> tuple[str, str]:
    application, _, cluster = target.partition(".")
    return application, cluster


def _parks(record: dict[str, str]) -> bool:
    return record.get("open") == "1" or record.get("paused") == "1" or "barred" in record


def _counters(store: Store, targets: Rows, records: Rows) -> None:
    expected: dict[str, Counter[str]] = defaultdict(Counter)
    for ident, row in targets.items():
        application, cluster = _uids(ident)
        phase = row["phase"]
        if phase == "ready" and _parks(records[cluster]):
            phase = "parked"
        words = ["targets", f"sync:{row['sync']}", f"health:{row['health']}"]
        for scope in ("fleet", application, cluster):
            expected[scope].update(words)
        for scope in ("fleet", cluster):
            expected[scope][f"phase:{phase}"] += 1
    kept = {
        scope: {word: int(count) for word, count in row.items() if int(count)}
        for scope, row in _hashes(store, "counts").items()
    }
    assert {s: c for s, c in kept.items() if c} == {s: dict(c) for s, c in expected.items()}


def _zsets(store: Store, pattern: str) -> dict[str, set[str]]:
    return {
        key.removeprefix(keys.PREFIX): set(store.redis.zrange(key, 0, -1))
        for key in store.redis.scan_iter(f"{keys.PREFIX}{pattern}")
    }


def _indexes(store: Store, targets: Rows) -> None:
    expected = defaultdict(set)
    for ident, row in targets.items():
        application, cluster = _uids(ident)
        member = f"{row['name']}\0{ident}"
        for name in (
            "all",
            f"application:{application}",
            f"cluster:{cluster}",
            f"project:{row['project']}",
            f"sync:{row['sync']}",
            f"health:{row['health']}",
        ):
            expected[f"index:{name}"].add(member)
    assert _zsets(store, "index:*") == dict(expected)


def _queues(store: Store, targets: Rows, records: Rows) -> None:
    ready, groups, slots, running = (defaultdict(set) for _ in range(4))
    watched = set()
    for ident, row in targets.items():
        cluster = _uids(ident)[1]
        if row["phase"] == "ready":
            ready[f"ready:{row['lane']}:{row['project']}:{cluster}"].add(ident)
            groups[f"groups:{cluster}"].add(f"{row['lane']}:{row['project']}")
        if row["phase"] in ("queued", "running"):
            slots[f"slots:{cluster}"].add(ident)
            watched.add(ident)
        if row["phase"] == "running":
            running[f"leases:{cluster}"].add(ident)
        assert ("pins" in row) == bool(store.redis.exists(keys.PINS(ident)))
    assert _zsets(store, "ready:*") == dict(ready)
    assert _zsets(store, "slots:*") == dict(slots)
    assert _zsets(store, "leases:*") == dict(running)
    assert _zsets(store, "watch").get("watch", set()) == watched
    kept_groups = {
        key.removeprefix(keys.PREFIX): store.redis.smembers(key)
        for key in store.redis.scan_iter(f"{keys.PREFIX}groups:*")
    }
    assert kept_groups == dict(groups)
    _rings(store, ready, records)


def _rings(store: Store, ready: dict[str, set[str]], records: Rows) -> None:
    rings, turns = defaultdict(set), defaultdict(set)
    for name in ready:
        _, lane, project, cluster = name.split(":")
        assert _parks(records[cluster]) <= ("blocked" in records[cluster])
        if "blocked" not in records[cluster]:
            rings[f"ring:{lane}:{project}"].add(cluster)
            turns[f"turns:{lane}"].add(project)
    assert _zsets(store, "ring:*") == dict(rings)
    assert _zsets(store, "turns:*") == dict(turns)


def _owners(store: Store, targets: Rows) -> None:
    expected: dict[str, dict[str, str]] = defaultdict(dict)
    for ident in targets:
        for held in store.redis.hkeys(keys.INVENTORY(ident)):
            expected[_uids(ident)[1]][held] = ident
    assert _hashes(store, "owners") == dict(expected)
    kept = {key.split(":", 2)[2] for key in store.redis.scan_iter(f"{keys.PREFIX}inventory:*")}
    assert kept <= set(targets)


def _inputs(store: Store, targets: Rows) -> None:
    behind, digests = defaultdict(set), defaultdict(set)
    for ident, row in targets.items():
        repository, revision = row["follow"].split("\x1f")
        digest = row.get("digest", "")
        behind[f"behind:{repository}:{revision}:{digest}"].add(ident)
        if digest:
            digests[f"inputs:{repository}:{revision}"].add(digest)
    kept = {
        key.removeprefix(keys.PREFIX): store.redis.smembers(key)
        for key in store.redis.scan_iter(f"{keys.PREFIX}behind:*")
    }
    assert kept == dict(behind)
    inputs = {f"inputs:{name}": set(row) for name, row in _hashes(store, "inputs").items()}
    assert inputs == dict(digests)


def _specs(store: Store, targets: Rows) -> None:
    uses: dict[str, Counter[str]] = defaultdict(Counter)
    for ident, row in targets.items():
        application = _uids(ident)[0]
        if "spec_held" in row:
            uses[application][row["spec_held"]] += 1
        for entry in store.redis.lrange(keys.HISTORY(ident), 0, -1):
            uses[application][entry.split(" ")[0]] += 1
    kept = {
        uid: {generation: int(count) for generation, count in row.items()}
        for uid, row in _hashes(store, "spec-uses").items()
    }
    assert kept == {uid: dict(counts) for uid, counts in uses.items()}
    specs = {uid: set(row) for uid, row in _hashes(store, "specs").items()}
    assert specs == {uid: set(counts) for uid, counts in uses.items()}


def _operations(store: Store) -> None:
    for uid in _hashes(store, "operation"):
        members: dict[str, str] = store.redis.hgetall(keys.MEMBERS(uid))
        by_state: dict[str, set[str]] = defaultdict(set)
        for ident, value in members.items():
            by_state[value.split("\x1f")[0]].add(ident)
        lists: dict[str, Any] = {
            name.rsplit(":", 1)[1]: {row.split("\0")[1] for row in rows}
            for name, rows in _zsets(store, f"members:{uid}:*").items()
        }
        everyone = lists.pop("all", set())
        held = lists.pop("held", set())
        assert everyone == set(members)
        assert held <= by_state["pending"]
        assert lists == {state: found for state, found in by_state.items() if found}
