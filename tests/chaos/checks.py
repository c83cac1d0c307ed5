"""Whether everything is as it must be in the end, by what Syncline itself has no part in.

Objects are read by a bare client and compared with a clone of the repository; the store is compared
with a recount of all its keys; runs are counted by histories and by the workers' logs.
"""

import json
import tempfile
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import yaml

from syncline.store import keys, targets
from syncline.store.connection import Store
from tests.chaos.desired import NAMESPACE
from tests.harness.apiserver import ApiServer
from tests.harness.workrepo import git
from tests.store import recount

Objects = dict[tuple[int, str, str], dict[str, str]]  # cluster, namespace, name → data


@dataclass(frozen=True)
class Declared:
    """What a commit says."""

    commit: str
    targets: frozenset[str]
    objects: Objects


def declared(origin: Path) -> Declared:
    """Read the newest commit from a fresh clone."""
    with tempfile.TemporaryDirectory(prefix="chaos-clone-") as directory:
        clone = Path(directory) / "clone"
        git("clone", "--quiet", origin, clone, cwd=origin)
        documents = [yaml.safe_load(file.read_text()) for file in clone.glob("fleet/*.yaml")]
        clusters = [each for each in documents if each["kind"] == "Cluster"]
        names: set[str] = set()
        objects: Objects = {}
        for app in (each for each in documents if each["kind"] == "Application"):
            name, where = app["metadata"]["name"], app["spec"]["destination"]
            files = (clone / app["spec"]["source"]["path"]).glob("*.yaml")
            manifests = [yaml.safe_load(file.read_text()) for file in files]
            for number in range(len(clusters)):
                if where.get("cluster", f"c{number}") != f"c{number}":
                    continue
                names.add(f"{name}@c{number}")
                for each in manifests:
                    objects[number, where["namespace"], each["metadata"]["name"]] = each["data"]
        return Declared(git("rev-parse", "HEAD", cwd=clone), frozenset(names), objects)


def live(clusters: list[ApiServer]) -> Objects:
    """Every ConfigMap in our namespaces."""
    return {
        (number, item["metadata"]["namespace"], item["metadata"]["name"]): item.get("data", {})
        for number, server in enumerate(clusters)
        for item in server.call("GET", "/api/v1/configmaps")["items"]
        if item["metadata"]["namespace"].startswith(NAMESPACE)
        and item["metadata"]["name"] != "kube-root-ca.crt"
    }


def objects(wanted: Objects, found: Objects) -> Iterator[str]:
    """Lost, left over, or other than Git says."""
    for key in sorted(wanted.keys() - found.keys()):
        yield f"object lost: {key}"
    for key in sorted(found.keys() - wanted.keys()):
        yield f"object left over: {key} {found[key]}"
    for key in sorted(wanted.keys() & found.keys()):
        if wanted[key] != found[key]:
            yield f"object differs: {key}: {found[key]}, and Git says {wanted[key]}"


def settled(store: Store, wanted: Declared) -> Iterator[str]:
    """Targets that are not at the newest revision, or with a request that is not settled."""
    found = {state.name: state for state in _states(store)}
    for name in sorted(wanted.targets ^ found.keys()):
        yield f"target {name}: {'absent' if name in wanted.targets else 'left over'}"
    for _, state in sorted(found.items()):
        at = (state.phase, state.sync, wanted.commit in (state.revision, state.observed))
        if at != ("idle", "Synced", True) or state.done != state.generation or state.requested:
            yield f"target not settled: {state!r}"
    for uid in store.redis.zrange(keys.OPERATIONS(), 0, -1):
        row = store.redis.hgetall(keys.OPERATION(uid))
        if row and "finished_at" not in row:
            yield f"operation not finished: {uid} {row}"


def counted(store: Store) -> Iterator[str]:
    """Counters, indexes, queues and operations against a recount of every key."""
    try:
        recount.check(store)
    except AssertionError as exc:
        yield f"recount: {exc}"
    for uid in store.redis.zrange(keys.OPERATIONS(), 0, -1):
        members = store.redis.hlen(keys.MEMBERS(uid))
        listed = store.redis.zcard(keys.MEMBERS_BY(uid, "all"))
        if members != listed:
            yield f"operation {uid}: {members} members, {listed} listed"


@dataclass(frozen=True)
class Runs:
    """Reports by the workers' logs: target → fences."""

    taken: dict[str, list[int]]
    refused: dict[str, list[int]]

    @classmethod
    def of(cls, logs: list[Path]) -> "Runs":
        taken: dict[str, list[int]] = defaultdict(list)
        refused: dict[str, list[int]] = defaultdict(list)
        for line in _lines(logs, "run_finished"):
            (taken if line["folded"] else refused)[line["target_id"]].append(line["fence"])
        return cls(taken, refused)


def histories(store: Store, runs: Runs) -> tuple[int, list[str]]:
    """How many entries there are, and which contradict: doubled, out of order, or refused."""
    problems: list[str] = []
    entries = 0
    for state in _states(store):
        fences = [entry.fence for entry in targets.history(store, state.id, 1000)]
        entries += len(fences)
        if any(later <= earlier for later, earlier in pairwise(fences)):
            problems.append(f"history of {state.name} is out of order or doubled: {fences}")
        if late := set(fences) & set(runs.refused.get(state.id, ())):
            problems.append(f"history of {state.name} has runs that were refused: {late}")
    for target, taken in runs.taken.items():
        if twice := [fence for fence, count in Counter(taken).items() if count > 1]:
            problems.append(f"{target}: reports taken twice: {twice}")
        if both := set(taken) & set(runs.refused.get(target, ())):
            problems.append(f"{target}: reports taken and refused: {both}")
    return entries, problems


def _states(store: Store) -> list[Any]:
    found: list[Any] = []
    cursor: str | None = None
    while True:
        page = targets.page(store, cursor=cursor, limit=200)
        found += filter(None, targets.many(store, [line.id for line in page.items]))
        if (cursor := page.cursor) is None:
            return found


def _lines(logs: list[Path], event: str) -> Iterator[dict[str, Any]]:
    for file in logs:
        for line in file.read_text(errors="replace").splitlines():
            if f'"{event}"' in line and line.startswith("{"):
                yield json.loads(line)
