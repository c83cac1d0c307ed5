"""Counts everything anew by reading every key, and compares with what is kept."""

import json
from collections import Counter, defaultdict
from dataclasses import dataclass
from typing import Any

from syncline.store import keys
from syncline.store.connection import Store, now

Rows = dict[str, dict[str, str]]
Sets = dict[str, set[str]]


@dataclass(frozen=True)
class Seen:
    """Every key without its prefix, by type."""

    hashes: Rows
    sets: Sets  # sorted ones too, without their scores
    lists: dict[str, list[str]]
    overdue: set[str]  # targets past their deadline: their slots may be gone already

    @classmethod
    def of(cls, store: Store) -> "Seen":
        found = sorted(store.redis.keys(f"{keys.PREFIX}*"))
        with store.redis.pipeline() as pipe:
            for key in found:
                pipe.type(key)
            types = dict(zip(found, pipe.execute(), strict=True))
        reads = {
            "hash": lambda pipe, key: pipe.hgetall(key),
            "set": lambda pipe, key: pipe.smembers(key),
            "zset": lambda pipe, key: pipe.zrange(key, 0, -1),
            "list": lambda pipe, key: pipe.lrange(key, 0, -1),
        }
        known = [key for key in found if types[key] in reads]
        with store.redis.pipeline() as pipe:
            for key in known:
                reads[types[key]](pipe, key)
            values = pipe.execute()
        hashes: Rows = {}
        sets: Sets = {}
        lists: dict[str, list[str]] = {}
        for key, value in zip(known, values, strict=True):
            name = key.removeprefix(keys.PREFIX)
            if types[key] == "hash":
                hashes[name] = value
            elif types[key] == "list":
                lists[name] = value
            else:
                sets[name] = set(value)
        overdue = set(store.redis.zrangebyscore(keys.WATCH(), "-inf", now(store)))
        return cls(hashes, sets, lists, overdue)

    def rows(self, kind: str) -> Rows:
        """The hashes of a kind by what follows ``kind:``."""
        return _under(self.hashes, f"{kind}:")

    def members(self, kind: str) -> Sets:
        """The sets whose names start with ``kind``, by their whole names."""
        return {name: found for name, found in self.sets.items() if name.startswith(kind)}


def _under(values: dict[str, Any], prefix: str) -> dict[str, Any]:
    return {
        name.removeprefix(prefix): value
        for name, value in values.items()
        if name.startswith(prefix)
    }


def check(store: Store) -> None:
    """Raises AssertionError where a counter, an index or a queue disagrees with the targets."""
    seen = Seen.of(store)
    targets = seen.rows("target")
    _counters(seen, targets)
    _indexes(seen, targets)
    _queues(seen, targets)
    _owners(seen, targets)
    _inputs(seen, targets)
    _specs(seen, targets)
    _windows(seen, targets)
    _waiting(store, seen, targets)
    _operations(seen)


def _uids(target: str) -> tuple[str, str]:
    application, _, cluster = target.partition(".")
    return application, cluster


def _parks(record: dict[str, str]) -> bool:
    return record.get("open") == "1" or record.get("paused") == "1" or "barred" in record


def _counters(seen: Seen, targets: Rows) -> None:
    expected: dict[str, Counter[str]] = defaultdict(Counter)
    for ident, row in targets.items():
        application, cluster = _uids(ident)
        phase = row["phase"]
        if phase == "ready" and _parks(seen.hashes[f"record:{cluster}"]):
            phase = "parked"
        words = ["targets", f"sync:{row['sync']}", f"health:{row['health']}"]
        for scope in ("fleet", application, cluster):
            expected[scope].update(words)
        for scope in ("fleet", cluster):
            expected[scope][f"phase:{phase}"] += 1
    kept = {
        scope: {word: int(count) for word, count in row.items() if int(count)}
        for scope, row in seen.rows("counts").items()
    }
    assert {s: c for s, c in kept.items() if c} == {s: dict(c) for s, c in expected.items()}


def _indexes(seen: Seen, targets: Rows) -> None:
    expected: Sets = defaultdict(set)
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
        if "aside" in row:
            expected["index:aside"].add(member)
        if "back" in row:
            expected["index:pinned"].add(member)
        assert ("back_head" in row) <= ("back" in row)
        if "held" in row:
            assert row["phase"] == "idle"
            expected["index:held"].add(member)
    assert seen.members("index:") == dict(expected)


def _queues(seen: Seen, targets: Rows) -> None:
    expected: Sets = defaultdict(set)
    for ident, row in targets.items():
        cluster = _uids(ident)[1]
        if row["phase"] == "ready":
            expected[f"ready:{row['lane']}:{row['project']}:{cluster}"].add(ident)
            expected[f"groups:{cluster}"].add(f"{row['lane']}:{row['project']}")
        if row["phase"] in ("queued", "running"):
            expected[f"slots:{cluster}"].add(ident)
            expected["watch"].add(ident)
        if row["phase"] == "running":
            expected[f"leases:{cluster}"].add(ident)
        assert ("pins" in row) == (f"pins:{ident}" in seen.lists)
    for name in list(expected):
        if name.startswith("ready:"):
            _, lane, project, cluster = name.split(":")
            record = seen.hashes[f"record:{cluster}"]
            assert _parks(record) <= ("blocked" in record)
            if "blocked" not in record:
                expected[f"ring:{lane}:{project}"].add(cluster)
                expected[f"turns:{lane}"].add(project)
    kinds = ("ready:", "groups:", "slots:", "leases:", "watch", "ring:", "turns:")
    kept = {name: found for kind in kinds for name, found in seen.members(kind).items()}
    assert _settled(kept, seen.overdue) == _settled(expected, seen.overdue)


def _settled(queues: Sets, overdue: set[str]) -> Sets:
    """Without the places of those past their deadline, which anybody may have cleared."""
    left = {
        name: found - overdue if name.startswith(("slots:", "leases:")) else found
        for name, found in queues.items()
    }
    return {name: found for name, found in left.items() if found}


def _owners(seen: Seen, targets: Rows) -> None:
    expected: Rows = defaultdict(dict)
    for ident, held in seen.rows("inventory").items():
        assert ident in targets
        for name in held:
            expected[_uids(ident)[1]][name] = ident
    assert seen.rows("owners") == dict(expected)


def _inputs(seen: Seen, targets: Rows) -> None:
    expected: Sets = defaultdict(set)
    digests: Sets = defaultdict(set)
    for ident, row in targets.items():
        repository, revision = row["follow"].split("\x1f")
        digest = row.get("digest", "")
        expected[f"behind:{repository}:{revision}:{digest}"].add(ident)
        if digest:
            digests[f"{repository}:{revision}"].add(digest)
        for repository, revision, digest, *_ in json.loads(row.get("others", "[]")):
            expected[f"behind:{repository}:{revision}:{digest}"].add(ident)
            if digest:
                digests[f"{repository}:{revision}"].add(digest)
    assert seen.members("behind:") == dict(expected)
    assert {name: set(row) for name, row in seen.rows("inputs").items()} == dict(digests)


def _specs(seen: Seen, targets: Rows) -> None:
    uses: dict[str, Counter[str]] = defaultdict(Counter)
    for ident, row in targets.items():
        application = _uids(ident)[0]
        if "spec_held" in row:
            uses[application][row["spec_held"]] += 1
        if generation := json.loads(row.get("back", "{}")).get("generation"):
            uses[application][str(generation)] += 1
        for entry in seen.lists.get(f"history:{ident}", ()):
            uses[application][entry.split(" ")[0]] += 1
    kept = {
        uid: {generation: int(count) for generation, count in row.items()}
        for uid, row in seen.rows("spec-uses").items()
    }
    assert kept == {uid: dict(counts) for uid, counts in uses.items()}
    specs = {uid: set(row) for uid, row in seen.rows("specs").items()}
    assert specs == {uid: set(counts) for uid, counts in uses.items()}


def _windows(seen: Seen, targets: Rows) -> None:
    having: Counter[str] = Counter()
    held: Sets = defaultdict(set)
    for ident, row in targets.items():
        if "windows" in row:
            having[row["windows"]] += 1
        if "held" in row and "waits" not in row:
            held[f"window-held:{row['windows']}"].add(f"{row['name']}\0{ident}")
    kept = {uid: int(row["targets"]) for uid, row in seen.rows("window").items()}
    assert kept == dict(having)
    assert seen.sets.get("window-sets", set()) == set(having)
    assert seen.members("window-held:") == dict(held)


def _waiting(store: Store, seen: Seen, targets: Rows) -> None:
    expected: Sets = defaultdict(set)
    for ident, row in targets.items():
        if "waits" in row:
            assert "depends" in row
            assert "held" in row
            expected[f"waiting:{row['waits']}"].add(ident)
    assert seen.members("waiting:") == dict(expected)
    children = Counter(
        label for row in seen.rows("record").values() for label in row.get("parents", "").split()
    )
    parents = seen.hashes.get("parents", {})
    kept = {name: int(n) for name, n in _under(parents, "children:").items() if int(n)}
    assert kept == dict(children)
    for name in expected:
        _nobody_is_forgotten(store, seen, targets, name.removeprefix("waiting:"))


def _nobody_is_forgotten(store: Store, seen: Seen, targets: Rows, subject: str) -> None:
    """Whoever was not looked at since its subject was told of is about to be."""
    told = targets.get(subject, {}).get("parent") or seen.hashes.get("parents", {}).get(
        f"told:{subject}", ""
    )
    filed = store.redis.zrange(keys.WAITING(subject), 0, -1, withscores=True)
    if subject == "?" or any(score != float(told or 0) for _, score in filed):
        assert f"depends:{subject}" in seen.sets.get("due", set())


def _operations(seen: Seen) -> None:
    for uid, row in seen.rows("operation").items():
        by_state: Sets = defaultdict(set)
        members = seen.hashes.get(f"members:{uid}", {})
        for ident, value in members.items():
            by_state[value.split("\x1f")[0]].add(ident)
        lists = {
            name.rsplit(":", 1)[1]: {member.split("\0")[1] for member in found}
            for name, found in seen.members(f"members:{uid}:").items()
        }
        everyone = lists.pop("all", set())
        held = lists.pop("held", set())
        differing = {name: lists.pop(name) for name in [*lists] if name.startswith("differs-")}
        found = seen.hashes.get(f"differences:{uid}", {})
        assert all(each <= by_state["synced"] for each in differing.values())
        assert {name.removeprefix("differs-") for name in differing} <= set(found)
        assert everyone == set(members)
        assert held <= by_state["pending"]
        assert lists == {state: found for state, found in by_state.items() if found}
        is_open = by_state["pending"] or by_state["running"] or "expanded" not in row
        assert bool(is_open) == ("finished_at" not in row)
