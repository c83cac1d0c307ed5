"""Looks at the store all the time: fences that must only grow, and who is elected."""

import os
import signal
import threading
import time

import redis

from syncline.scheduler.chores import LEASE
from syncline.store import keys
from tests.chaos.roles import SCHEDULERS, Roles
from tests.harness.poll import until

EVERY = 0.2  # seconds
FIELDS = ("fence", "folded")


class Watch:
    """A client of its own, in a thread; a Redis that is away is no news."""

    def __init__(self, url: str) -> None:
        self._redis = redis.Redis.from_url(
            url, decode_responses=True, socket_timeout=2, socket_connect_timeout=2
        )
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._seen: dict[tuple[str, str], int] = {}
        self.looks = 0
        self.problems: list[str] = []

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """May be called again."""
        self._over.set()
        self._thread.join()
        self._redis.close()

    def elected(self) -> int:
        """The process that holds the lease; 0: none."""
        holder = self._redis.get(keys.LEADER(LEASE))
        return int(str(holder).split(":")[1]) if holder else 0

    def running(self) -> set[int]:
        """The processes that run a target now; none where the store does not answer."""
        try:
            rows = self._rows(("phase", "worker"))
        except redis.RedisError:
            return set()
        found = [row[1] for row in rows.values() if row[0] == "running" and row[1]]
        return {int(worker.rpartition("/")[2]) for worker in found}

    def _run(self) -> None:
        while not self._over.wait(EVERY):
            try:
                self._look()
            except redis.RedisError:
                continue

    def _look(self) -> None:
        rows = self._rows(FIELDS)
        self.looks += 1
        for target, row in rows.items():
            for name, value in zip(FIELDS, row, strict=True):
                self._compare(target, name, int(value or 0))

    def _rows(self, fields: tuple[str, ...]) -> dict[str, list[str | None]]:
        """Target → these fields."""
        targets = [str(row).split("\0")[1] for row in self._redis.zrange(keys.ALL(), 0, -1)]
        with self._redis.pipeline(transaction=False) as pipe:
            for target in targets:
                pipe.hmget(keys.TARGET(target), fields)
            return dict(zip(targets, pipe.execute(), strict=True))

    def _compare(self, target: str, name: str, value: int) -> None:
        before = self._seen.get((target, name), 0)
        if 0 < value < before:  # 0: it was removed, and may have been made anew
            self.problems.append(f"{target}: {name} went back from {before} to {value}")
        self._seen[target, name] = max(value, before)


def take_over(roles: Roles, watch: Watch) -> float:
    """Kill the elected scheduler; seconds until the other one is elected."""
    elected = until(watch.elected, within=30, what="one is elected")
    pids = {child.process.pid for n in SCHEDULERS if (child := roles.children[n]).process}
    assert elected in pids, f"{elected} is none of {pids}"
    os.kill(elected, signal.SIGKILL)
    killed = time.monotonic()
    until(lambda: watch.elected() not in (0, elected), within=30, what="another is elected")
    return time.monotonic() - killed
