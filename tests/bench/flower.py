"""Does Flower stay usable at 10,000 tasks a minute: `python -m tests.bench.flower --minutes 6`.

Feeds the events of that many tasks, as our workers send them, through a Redis to a Flower that
`syncline flower` started, and watches its memory, its CPU and how soon its pages answer. Its
memory must stand still once it keeps as many tasks as it may.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import threading
import time
import uuid
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
from celery import Celery
from celery.events import EventDispatcher
from pydantic import SecretStr

from syncline.contract.celery import create_app
from syncline.contract.tasks import RECONCILE
from syncline.settings import Settings, StoreSettings
from tests.harness import ports
from tests.harness.poll import until
from tests.harness.redis import Redis

NEWEST = "draw=1&start=0&length=15&order[0][column]=0&order[0][dir]=desc&columns[0][data]=received"
PAGES = (
    "/workers",
    "/tasks",
    f"/tasks/datatable?{NEWEST}",
    f"/tasks/datatable?{NEWEST}&search[value]=app-07",
    "/broker",
    "/api/tasks?limit=100",
    "/api/workers",
    "/metrics",
)
AUTH = ("syncline", "bench")
LOOK_EVERY = 5.0  # seconds between two looks at all pages
BATCH = 24  # events that Celery sends at once


class Feed:
    """Workers that run tasks as fast as asked, as far as events tell."""

    def __init__(self, app: Celery, *, workers: int, rate: float) -> None:
        self._app = app
        self._rate = rate
        self._names = [f"worker-{number}@host-{number // 4}" for number in range(workers)]
        self._over = threading.Event()
        self.sent = 0  # tasks
        self.late = 0.0  # seconds that we were behind at worst

    def run(self) -> None:
        """Send until stopped; each task runs for about a tenth of a second."""
        with self._app.connection_for_write() as connection:
            workers = [self._worker(connection, name) for name in self._names]
            began, beat = time.monotonic(), 0.0
            while not self._over.wait(0.1):
                now = time.monotonic()
                if now - beat > 2:
                    beat = now
                    for each in workers:
                        each.send("worker-heartbeat", freq=2.0, active=4, processed=self.sent)
                wanted = int((now - began) * self._rate)
                while self.sent < wanted:
                    self._task(workers[self.sent % len(workers)])
                for each in workers:
                    each.flush()
                self.late = max(self.late, time.monotonic() - now - 0.1)

    def stop(self) -> None:
        """End."""
        self._over.set()

    def _worker(self, connection: object, name: str) -> EventDispatcher:
        made = EventDispatcher(
            connection, hostname=name, app=self._app, buffer_group=["task"], buffer_limit=BATCH
        )
        made.send("worker-online", freq=2.0)
        return made

    def _task(self, worker: EventDispatcher) -> None:
        ident = f"{uuid.uuid4().hex[:16]}.{uuid.uuid4().hex[:16]}.{time.time_ns() // 1_000_000}"
        name = f"default/app-{self.sent % 50:02}@cluster-{self.sent % 1000:04}"
        worker.send(
            "task-received", uuid=ident, name=RECONCILE.name, args=name, kwargs="", root_id=ident,
            parent_id=None, retries=0, eta=None, expires=None,
        )  # fmt: skip
        worker.send("task-started", uuid=ident)
        result = "Succeeded Succeeded 0123456789ab"
        worker.send("task-succeeded", uuid=ident, result=result, runtime=0.1)
        self.sent += 1


def main() -> None:
    """Measure, and print a line for each minute."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--minutes", type=float, default=6)
    parser.add_argument("--rate", type=int, default=10_000, help="tasks a minute")
    parser.add_argument("--workers", type=int, default=20)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as directory:
        redis = Redis(Path(directory) / "redis")
        redis.start()
        try:
            settings = Settings(store=StoreSettings(url=SecretStr(redis.url)))
            app = create_app(settings, name="feed")
            feed = Feed(app, workers=asked.workers, rate=asked.rate / 60)
            with _flower(redis.url, Path(directory)) as (pid, client):
                _watch(feed, pid, client, asked.minutes)
        finally:
            redis.stop()


@contextmanager
def _flower(url: str, directory: Path) -> Iterator[tuple[int, httpx.Client]]:
    port = ports.free()
    command = [sys.executable, "-m", "syncline", "flower", "--port", str(port)]
    environment = {
        **os.environ,
        "SYNCLINE_STORE_URL": url,
        "SYNCLINE_FLOWER_PASSWORD": AUTH[1],
    }
    with (
        (directory / "flower.log").open("wb") as log,
        subprocess.Popen(command, env=environment, stdout=log, stderr=log) as process,
        httpx.Client(base_url=f"http://127.0.0.1:{port}", auth=AUTH, timeout=60) as client,
    ):
        try:
            until(lambda: _answers(client), within=90, what="Flower answers", every=0.5)
            yield process.pid, client
        finally:
            process.terminate()


def _answers(client: httpx.Client) -> bool:
    try:
        return client.get("/healthcheck").is_success
    except httpx.HTTPError:
        return False


def _watch(feed: Feed, pid: int, client: httpx.Client, minutes: float) -> None:
    print(f"at rest: {_resident(pid):.0f} MB")
    thread = threading.Thread(target=feed.run, daemon=True)
    thread.start()
    began = time.monotonic()
    for minute in range(1, int(minutes) + 1):
        cpu, sent = _cpu(pid), feed.sent
        took = _pages(client, until_=began + minute * 60)
        spent = (_cpu(pid) - cpu) / 60
        counted = _count(client)
        print(
            f"minute {minute}: {feed.sent - sent} tasks, keeps {counted}, {_resident(pid):.0f} MB, "
            f"{spent:.0%} of a core; pages p50 {statistics.median(took['']) * 1000:.0f} ms, "
            f"p95 {_p95(took['']) * 1000:.0f} ms"
        )
    feed.stop()
    thread.join()
    for page in PAGES:
        shown = page.replace(NEWEST, "…")
        print(
            f"{shown}: p50 {statistics.median(took[page]) * 1000:.0f} ms, "
            f"p95 {_p95(took[page]) * 1000:.0f} ms"
        )
    print(f"fed late by {feed.late:.1f} s at worst")


def _pages(client: httpx.Client, *, until_: float) -> dict[str, list[float]]:
    """Look at all pages now and then; their times by page, and all of them under ''."""
    took: dict[str, list[float]] = defaultdict(list)
    while time.monotonic() < until_:
        for page in PAGES:
            began = time.monotonic()
            client.get(page).raise_for_status()
            took[page].append(time.monotonic() - began)
            took[""].append(took[page][-1])
        time.sleep(max(0.0, min(LOOK_EVERY, until_ - time.monotonic())))
    return took


def _count(client: httpx.Client) -> int:
    answer = client.get(f"/tasks/datatable?{NEWEST}").json()
    return int(answer["recordsTotal"])


def _p95(took: list[float]) -> float:
    return sorted(took)[int(len(took) * 0.95) - 1]


def _resident(pid: int) -> float:
    """Megabytes."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return int(next(line for line in lines if line.startswith("VmRSS")).split()[1]) / 1000


def _cpu(pid: int) -> float:
    words = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(words[11]) + int(words[12])) / os.sysconf("SC_CLK_TCK")


if __name__ == "__main__":
    main()
