"""What a backup costs: `python -m tests.bench.backup CLUSTERS APPLICATIONS`, on a Redis of its own.

Every application is on every cluster, with 10 runs of history and 4 objects each. Prints CPU of
this process for each target and how much its memory grew; Redis's own CPU is not in it.
"""

from __future__ import annotations

import gzip
import itertools
import resource
import sys
import tempfile
import time
import zlib
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import orjson

from syncline.model.change import Action, Change
from syncline.model.request import Request, Trigger, TriggerKind
from syncline.model.state import HistoryEntry
from syncline.model.status import Outcome
from syncline.operations import restore
from syncline.store import backup, keys, migrations, packing, targets
from syncline.store.connection import Store
from tests.harness.redis import Redis
from tests.harness.redis_fixtures import open_store
from tests.store.world import World, entry

_LINES = 500
_RUN = HistoryEntry(
    finished_at=0,
    outcome=Outcome.SUCCEEDED,
    reason="Succeeded",
    message="4 created",
    revision="a" * 40,
    render_key="b" * 64,
    request=Request(trigger=Trigger(kind=TriggerKind.PUSH, reason="main moved")),
    changes=(Change(ref=entry("o1").ref, action=Action.CONFIGURED),),
    changed=1,
)
_MARK = {"uid": "u" * 36, "resource_version": "123456", "owned": "2026-01-01T00:00:00Z|0123456789"}


def main(clusters: int, applications: int) -> None:
    """Fill a store, take a backup, lose it, restore."""
    with tempfile.TemporaryDirectory() as directory:
        server = Redis(Path(directory) / "redis")
        server.start()
        try:
            _measure(open_store(server), Path(directory) / "backup.gz", clusters, applications)
        finally:
            server.stop()


def _measure(store: Store, file: Path, clusters: int, applications: int) -> None:
    migrations.prepare(store)
    _fill(World(store), clusters, applications)
    count = clusters * applications
    with _told("backup", count):
        raw = _take(store, file)
    print(f"{raw / count / 1000:.1f} KB a target, {file.stat().st_size / 1e6:.1f} MB compressed")
    store.redis.flushall()
    migrations.prepare(store)
    with _told("restore", count):
        print(dict(_restore(store, file)))


def _fill(world: World, clusters: int, applications: int) -> None:
    world.repository()
    places = [world.cluster(f"c{number:04}") for number in range(clusters)]
    found = [world.application(f"a{number:03}") for number in range(applications)]
    flat = list(packing.pairs(tuple(entry(f"o{n}").model_copy(update=_MARK) for n in range(1, 5))))
    objects = dict(zip(flat[::2], flat[1::2], strict=True))
    rows = [f"1 {1.7e9 - number:.6f} {packing.history(_RUN)}" for number in range(10)]
    for place in places:
        for application in found:
            targets.ensure(world.store, application, place)
        with world.store.redis.pipeline() as pipe:
            for application in found:
                target = f"{application.uid}.{place.uid}"
                pipe.rpush(keys.HISTORY(target), *rows)
                pipe.hset(keys.INVENTORY(target), mapping=objects)
            pipe.execute()


def _take(store: Store, file: Path) -> int:
    packer, raw = zlib.compressobj(wbits=31), 0
    with file.open("wb") as out:
        for line in backup.lines(store):
            raw += len(line)
            out.write(packer.compress(line))
        out.write(packer.flush())
    return raw


def _restore(store: Store, file: Path) -> Counter[str]:
    counts: Counter[str] = Counter()
    with gzip.open(file) as packed:
        lines = map(orjson.loads, packed)
        begun = restore.begin(store, next(lines), merge=False, actor="bench")
        body = (line for line in lines if line["kind"] != "end")
        while chunk := list(itertools.islice(body, _LINES)):
            counts += restore.add(store, begun.id, chunk)
    restore.finish(store, begun.id, actor="bench")
    return counts


@contextmanager
def _told(what: str, count: int) -> Iterator[None]:
    memory, cpu = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, time.process_time()
    yield
    cpu = time.process_time() - cpu
    grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - memory) / 1000
    print(f"{what}: {cpu / count * 1000:.2f} ms of CPU a target, {grown:.0f} MB more memory")


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]))
