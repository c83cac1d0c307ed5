"""Faults by a timetable that the seed decides: kills, pauses, hangs; each is undone in time."""

import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from syncline.main.supervisor import Child
from tests.chaos.plan import LEASE, Plan
from tests.chaos.roles import SCHEDULERS, Roles
from tests.harness.apiserver import ApiServer

# How often each, against the others.
KINDS = {
    "kill a worker's child": 4,
    "kill a worker": 3,
    "pause a worker past its lease": 4,
    "pause a worker's child past its lease": 2,
    "kill a scheduler": 3,
    "pause a scheduler": 1,
    "kill the API": 2,
    "kill Redis": 2,
    "hang Redis": 2,
    "hang an API server": 3,
    "hang Git": 1,
    "kill Git": 1,
    "restart an API server": 1,
}


PATIENCE, LOOK = 2.0, 0.01  # seconds: to find a worker in mid-run; between two looks


@dataclass(frozen=True)
class Fault:
    """What happens when, counted from the begin of the chaos; `seed` decides on the rest."""

    at: float
    kind: str
    seed: int


def timetable(plan: Plan) -> list[Fault]:
    """The faults of a run, in order: the same for the same plan."""
    luck = random.Random(plan.seed)
    kinds = [kind for kind in KINDS if plan.restarts or kind != "restart an API server"]
    # Each kind once, then by weight: a short run has them all where it has room for them.
    first = luck.sample(kinds, len(kinds))
    found: list[Fault] = []
    at = 0.0
    while (at := at + luck.expovariate(1 / plan.every)) < plan.seconds:
        kind = first.pop() if first else luck.choices(kinds, [KINDS[k] for k in kinds])[0]
        found.append(Fault(at, kind, luck.getrandbits(32)))
    return found


class Git:
    """The Git server as a process, on a port that it keeps."""

    def __init__(self, root: Path, port: int) -> None:
        self._argv = [sys.executable, "-m", "tests.harness.gitserver", str(root), str(port)]
        self.process = self._started()
        self.url = f"http://127.0.0.1:{port}/chaos.git"

    def start(self) -> None:
        if self.process.poll() is not None:
            self.process = self._started()

    def send(self, number: int) -> None:
        self.process.send_signal(number)
        if number == signal.SIGKILL:
            self.process.wait()

    def _started(self) -> subprocess.Popen[bytes]:
        return subprocess.Popen(self._argv, stdout=subprocess.DEVNULL)


@dataclass
class Chaos:
    """Does what the timetable says, and undoes it."""

    roles: Roles
    running: Callable[[], set[int]]  # processes that run a target
    clusters: list[ApiServer]
    git: Git
    done: Counter[str] = field(default_factory=Counter)
    resumed: list[tuple[float, str]] = field(default_factory=list)  # when, who
    _undo: list[tuple[float, Callable[[], None]]] = field(default_factory=list)
    _hung: set[int] = field(default_factory=set)  # API servers

    def do(self, fault: Fault) -> None:
        luck = random.Random(fault.seed)
        done = {
            "kill a worker's child": self._kill_child,
            "kill a worker": lambda luck: _kill(self._busy(luck)[0]),
            "pause a worker past its lease": self._pause_worker,
            "pause a worker's child past its lease": self._pause_child,
            "kill a scheduler": lambda luck: _kill(self._scheduler(luck)),
            "pause a scheduler": self._pause_scheduler,
            "kill the API": lambda _: _kill(self.roles.children["server"]),
            "kill Redis": self._kill_redis,
            "hang Redis": self._hang_redis,
            "hang an API server": self._hang_cluster,
            "hang Git": self._hang_git,
            "kill Git": self._kill_git,
            "restart an API server": self._restart_cluster,
        }[fault.kind](luck)
        if done:
            self.done[fault.kind] += 1

    def undo(self, *, everything: bool = False) -> None:
        """What is over by now, or all of it."""
        now = time.monotonic()
        due = [each for each in self._undo if everything or each[0] <= now]
        self._undo = [each for each in self._undo if each not in due]
        for _, undo in sorted(due, key=lambda each: each[0]):
            undo()

    def _later(self, seconds: float, undo: Callable[[], None]) -> None:
        self._undo.append((time.monotonic() + seconds, undo))

    def _scheduler(self, luck: random.Random) -> Child:
        return self.roles.children[luck.choice(SCHEDULERS)]

    def _busy(self, luck: random.Random) -> tuple[Child, int]:
        """A worker in mid-run and its process that runs, if there is one soon; else any."""
        workers = luck.sample(self.roles.workers, len(self.roles.workers))
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            running = self.running()
            for child in workers:
                if busy := running.intersection(_children(child)):
                    return child, busy.pop()
            time.sleep(LOOK)
        return workers[0], next(iter(_children(workers[0])), 0)

    def _kill_child(self, luck: random.Random) -> bool:
        return _signal(self._busy(luck)[1], signal.SIGKILL)

    def _pause_worker(self, luck: random.Random) -> bool:
        child, _ = self._busy(luck)
        return self._pause(child.name, _pid(child), luck.uniform(1.2, 2.2) * LEASE, os.killpg)

    def _pause_child(self, luck: random.Random) -> bool:
        child, pid = self._busy(luck)
        return self._pause(child.name, pid, luck.uniform(1.2, 2.2) * LEASE, os.kill)

    def _pause_scheduler(self, luck: random.Random) -> bool:
        child = self._scheduler(luck)
        return self._pause(child.name, _pid(child), luck.uniform(4, 8), os.killpg)

    def _pause(self, who: str, pid: int, seconds: float, send: Callable[[int, int], None]) -> bool:
        def resume() -> None:
            self.resumed.append((time.time(), who))
            _signal(pid, signal.SIGCONT, send)

        self._later(seconds, resume)
        return _signal(pid, signal.SIGSTOP, send)

    def _kill_redis(self, _: random.Random) -> bool:
        return _signal(self.roles.redis.pid, signal.SIGKILL)

    def _hang_redis(self, luck: random.Random) -> bool:
        return self._pause("redis", self.roles.redis.pid, luck.uniform(1, 1.6 * LEASE), os.kill)

    def _hang_cluster(self, luck: random.Random) -> bool:
        number = luck.randrange(len(self.clusters))
        if number in self._hung:
            return False
        server = self.clusters[number]
        self._hung.add(number)
        server.pause()

        def resume() -> None:
            self.resumed.append((time.time(), server.name))
            server.resume()
            self._hung.discard(number)

        self._later(luck.uniform(2, 12), resume)
        return True

    def _restart_cluster(self, luck: random.Random) -> bool:
        number = luck.randrange(len(self.clusters))
        if number in self._hung:
            return False
        server = self.clusters[number]
        self._hung.add(number)
        server.stop()

        def start() -> None:
            server.launch()
            self._hung.discard(number)

        self._later(luck.uniform(1, 8), start)
        return True

    def _hang_git(self, luck: random.Random) -> bool:
        self.git.send(signal.SIGSTOP)
        self._later(luck.uniform(2, 8), lambda: self.git.send(signal.SIGCONT))
        return True

    def _kill_git(self, luck: random.Random) -> bool:
        self.git.send(signal.SIGKILL)
        self._later(luck.uniform(1, 5), self.git.start)
        return True


def _pid(child: Child) -> int:
    return child.process.pid if child.process is not None else 0


def _kill(child: Child) -> bool:
    return _signal(_pid(child), signal.SIGKILL)


def _signal(pid: int, number: int, send: Callable[[int, int], None] = os.kill) -> bool:
    """Whether there was somebody to get it."""
    with suppress(ProcessLookupError):
        if pid:
            send(pid, number)
            return True
    return False


def _children(child: Child) -> list[int]:
    """The processes that a worker runs its tasks in."""
    with suppress(FileNotFoundError, ProcessLookupError):
        pid = _pid(child)
        return [int(word) for word in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    return []
