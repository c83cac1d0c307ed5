"""Speed and size on a monorepo: `python -m tests.bench.monorepo`, `make bench-monorepo`.

A synthetic repository (`monorepo_tree`) is served over HTTP by `git http-backend`. A process that
does what a worker's does (`monorepo_host`) clones it, renders, and looks for what commits touch, on
a real Redis. Times have their floor in the same run; CPU is that of the process and its children.
"""

import argparse
import os
import statistics
import subprocess
import tempfile
import threading
import time
from collections.abc import Iterator
from concurrent.futures import Executor, ProcessPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from tests.bench import cpu, monorepo_host, monorepo_tree
from tests.bench.monorepo_host import Place
from tests.bench.monorepo_tree import SMALL, Shape
from tests.bench.results import machine, save
from tests.harness.gitserver import GitServer
from tests.harness.redis import Redis
from tests.harness.workrepo import ENVIRONMENT, git

MIB = 1 << 20
HOSTS = 2  # of the same application on many clusters


@dataclass(frozen=True)
class Row:
    """One figure beside what it must be."""

    what: str
    value: float
    most: float | None  # None: it is told, and has no limit
    unit: str = ""

    @property
    def is_timed(self) -> bool:
        """Whether the machine has a say in it."""
        return self.unit in ("s", "ms", "times")

    @property
    def is_met(self) -> bool:
        return self.most is None or self.value <= self.most


@dataclass
class Bench:
    """A served monorepo and one worker's process."""

    shape: Shape
    root: Path
    served: Path
    server: GitServer
    redis: Redis
    host: Executor
    pid: int = 0
    pushed: int = 0

    @property
    def url(self) -> str:
        return self.server.url("mono.git")

    def ask(self, work: Any, *given: Any, **named: Any) -> Any:
        return self.host.submit(work, *given, **named).result()

    def push(self, files: monorepo_tree.Files) -> str:
        self.pushed += 1
        return monorepo_tree.push(self.served, "next", files, at=1_800_000_000 + self.pushed)

    def rows(self, times: int) -> Iterator[Row]:
        place = Place(self.url, self.redis.url, self.root / "host", self.shape)
        self.pid = self.ask(monorepo_host.begin, place)
        head = git("rev-parse", "main", cwd=self.served)
        with peak(self.pid) as seen:
            yield from self._first(head, times)
            yield from self._cold(head)
            yield from self._unchanged()
            yield from self._polls()
            yield from self._affected(times)
        yield Row("peak memory of a worker, with its children", max(seen) / MIB, 300, "MiB")
        yield from self._many()

    def _first(self, head: str, times: int) -> Iterator[Row]:
        """Interleaved, since the machine is shared."""
        clones, ours = [], []
        self.ask(monorepo_host.first, 0, head)  # imports, and the renderer's file in memory
        for _ in range(times):
            clones.append(self._clone("--filter=blob:none"))
            ours.append(self.ask(monorepo_host.first, 0, head))
        floor = statistics.median(clones)
        yield Row("git clone --bare --filter=blob:none", floor, None, "s")
        yield Row("git clone --bare, whole", self._clone(), None, "s")
        yield Row("first clone to first render", statistics.median(ours), None, "s")
        yield Row("… by the clone", statistics.median(ours) / floor, 1.5, "times")

    def _clone(self, *options: str) -> float:
        with tempfile.TemporaryDirectory(dir=self.root) as name:
            words = ["git", "clone", "--quiet", "--bare", *options, self.url, f"{name}/clone"]
            began = time.perf_counter()
            subprocess.run(words, env=ENVIRONMENT, check=True)
            return time.perf_counter() - began

    def _cold(self, head: str) -> Iterator[Row]:
        found = self.ask(monorepo_host.render_all, head)
        count = self.shape.applications
        yield Row(f"render of {count} applications, cold: CPU", found["cpu"], None, "s")
        yield Row("… requests", found["requests"], 6)
        yield Row("… bytes of the mirror", size(self.root / "host/git") / MIB, None, "MiB")

    def _polls(self) -> Iterator[Row]:
        self.ask(monorepo_host.file, git("rev-parse", "main", cwd=self.served))
        self.ask(monorepo_host.polls, 5)  # imports
        before = self.server.count("info/refs")
        spent = self.ask(monorepo_host.polls, 50)
        asked = (self.server.count("info/refs") - before) / 50
        yield Row("poll with nothing new: requests", asked, 1)
        yield Row("… CPU", 1000 * spent, 5, "ms")
        yield Row("… CPU of git ls-remote alone", 1000 * self._floor(), None, "ms")

    def _floor(self) -> float:
        """CPU seconds of `git ls-remote`, the mean of ten."""
        spent = 0.0
        for _ in range(10):
            words = ["git", "ls-remote", "--quiet", self.url]
            asking = subprocess.Popen(words, env=ENVIRONMENT, stdout=subprocess.DEVNULL)
            _, _, used = os.wait4(asking.pid, 0)
            asking.returncode = 0
            spent += used.ru_utime + used.ru_stime
        return spent / 10

    def _affected(self, times: int) -> Iterator[Row]:
        count = self.shape.applications
        everybody = range(count)
        for name, numbers, most in (
            ("a commit of code alone", (), 0.3),
            (f"a commit that touches 1 of {count}", (3,), 0.3),
            (f"one that touches {count // 10} of {count}", everybody[::10], 0.5),
            ("one of what all read", everybody, 1.0),
        ):
            for cold in (False, True):
                found = [self._look(numbers, cold=cold) for _ in range(times)]
                seconds = statistics.median(each["seconds"] for each in found)
                assert {each["targets"] for each in found} == {len(numbers)}, (name, found)
                how = "nothing in memory" if cold else "as it runs"
                yield Row(f"{name}, to the affected targets, {how}", seconds, most, "s")
                yield Row("… CPU", statistics.median(e["cpu"] for e in found), None, "s")

    def _look(self, numbers: Any, *, cold: bool) -> Any:
        self.pushed += 1
        version = f"3.{self.pushed}.0"
        files: dict[str, str] = {"README.md": version}
        if len(numbers) == self.shape.applications:
            files |= monorepo_tree.touched_by_all(version)
        else:
            for number in numbers:
                files |= monorepo_tree.touched(number, version)
        head = self.push(files)
        found = self.ask(monorepo_host.affected, cold=cold)
        if numbers:
            self.ask(monorepo_host.relearn, head)
        self.ask(monorepo_host.file, head)
        return found

    def _unchanged(self) -> Iterator[Row]:
        head = self.push({"README.md": "unchanged"})
        found = self.ask(monorepo_host.render_all, head)
        assert not found["rendered"], found
        count = self.shape.applications
        yield Row(f"render of {count} unchanged applications: CPU", found["cpu"], 2, "s")

    def _many(self) -> Iterator[Row]:
        """Hosts with disks of their own."""
        head = self.push(monorepo_tree.touched(0, "9.9.9"))
        clusters = [f"c{number}" for number in range(self.shape.applications // 2)]
        with ExitStack() as stack:
            waiting = []
            for number in range(HOSTS):
                other = stack.enter_context(process())
                place = Place(self.url, self.redis.url, self.root / f"o{number}", self.shape)
                other.submit(monorepo_host.begin, place).result()
                mine = clusters[number::HOSTS]
                waiting.append(other.submit(monorepo_host.many, 0, head, mine))
            rendered = sum(each.result()["rendered"] for each in waiting)
        yield Row(
            f"one application on {len(clusters)} clusters, {HOSTS} hosts: renders", rendered, 1
        )


def size(place: Path) -> int:
    """Bytes of the files below a directory."""
    return sum(path.stat().st_size for path in place.rglob("*") if path.is_file())


@contextmanager
def peak(pid: int) -> Iterator[list[int]]:
    """Bytes of memory of a process and its children, looked at every 50 ms: the largest so far."""
    seen, ended = [0], threading.Event()

    def look() -> None:
        while not ended.wait(0.05):
            seen[0] = max(seen[0], sum(cpu.resident(pid).values()))

    looking = threading.Thread(target=look, daemon=True)
    looking.start()
    try:
        yield seen
    finally:
        ended.set()
        looking.join()


@contextmanager
def process() -> Iterator[Executor]:
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        yield pool


@contextmanager
def bench(shape: Shape) -> Iterator[Bench]:
    """A server with a copy of the kept repository, a Redis, and a worker's process."""
    kept = monorepo_tree.kept(shape)
    with ExitStack() as stack:
        root = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="syncline-mono-")))
        served = root / "served" / "mono.git"
        git("clone", "--quiet", "--bare", "--local", kept, served, cwd=kept)
        server = GitServer.start(root / "served")
        stack.callback(server.stop)
        redis = Redis(root / "redis")
        redis.start()
        stack.callback(redis.stop)
        yield Bench(shape, root, served, server, redis, stack.enter_context(process()))


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.bench.monorepo")
    parser.add_argument("--small", action="store_true", help="2,000 files, 20 applications")
    parser.add_argument("--times", type=int, default=3, help="of which the median is told")
    asked = parser.parse_args()
    console, found = Console(), []
    with bench(SMALL if asked.small else Shape()) as made:
        for row in made.rows(asked.times):
            console.print(f"{row.what}: {row.value:.3f} {row.unit}", highlight=False)
            found.append(row)
    table = Table("WHAT", "FIGURE", "AT MOST", "", box=None)
    for row in found:
        most = "" if row.most is None else f"{row.most:g} {row.unit}"
        table.add_row(row.what, f"{row.value:.3f} {row.unit}", most, "" if row.is_met else "NOT")
    console.print(table)
    rows = [{"what": r.what, "value": r.value, "unit": r.unit, "most": r.most} for r in found]
    print(f"results in {save({'machine': machine(), 'rows': rows}, 'monorepo-')}")


if __name__ == "__main__":
    main()
