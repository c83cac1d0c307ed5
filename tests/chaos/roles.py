"""Every role as a process of its own, kept running as `syncline up` keeps them.

Two schedulers, the API, workers, and a Redis that keeps its data; the supervisor is the product's.
Each worker has a cluster credential of its own, by which API servers tell them apart.
"""

import os
import signal
import sys
from collections import Counter
from pathlib import Path

import httpx

from syncline import embedded
from syncline.errors import StoreUnavailable
from syncline.main import fleet, worker
from syncline.main.directory import DataDirectory, write_private
from syncline.main.supervisor import Child, stop
from syncline.settings import StoreSettings
from syncline.store import connection, migrations, tokens
from syncline.store.connection import Store
from tests.chaos.plan import CONCURRENCY, LEASE
from tests.harness import ports
from tests.harness.apiserver import ApiServer
from tests.harness.poll import until

START = 120.0  # seconds
SCHEDULERS = ("scheduler-1", "scheduler-2")

SETTINGS = {
    "SYNCLINE_GIT_ALLOW_HTTP": "true",
    "SYNCLINE_CLUSTER_PROBE_INTERVAL": "1s",
    "SYNCLINE_CLUSTER_READ_TIMEOUT": "6s",
    "SYNCLINE_RUN_LEASE": f"{LEASE:g}s",
    "SYNCLINE_RUN_GRACE": "5s",
    # Messages that a killed worker held come again during the run.
    "SYNCLINE_RUN_SOFT_LIMIT": "40s",
    "SYNCLINE_RUN_HARD_LIMIT": "45s",
    "SYNCLINE_RUN_VISIBILITY": "60s",
    # Kills come so often that five in a row would stall a target for good.
    "SYNCLINE_RUN_ATTEMPTS": "50",
    "SYNCLINE_STORE_HISTORY": "1000",
}


class Roles:
    """One installation."""

    def __init__(self, root: Path, clusters: list[ApiServer], *, workers: int) -> None:
        self.data = DataDirectory(root / "data")
        self.data.prepare()
        key = self.data.key()
        self.redis = embedded.start(
            self.data.root / "redis",
            password=self.data.secret("redis-password"),
            memory=1 << 30,
        )
        self.store: Store = connection.connect(StoreSettings(url=self.redis.url), key=key)
        self.url = f"http://127.0.0.1:{ports.free()}"
        self.starts: Counter[str] = Counter()
        self._clusters = clusters
        self.children = {child.name: child for child in self._children(workers)}

    @property
    def workers(self) -> list[Child]:
        return [child for name, child in self.children.items() if name.startswith("worker")]

    def start(self, repository: str) -> None:
        """Follow the fleet repository, start all roles, and wait for the API."""
        migrations.prepare(self.store)
        token = tokens.create(self.store, "administrator", scopes=("admin",), ttl=None)
        write_private(self.data.token, token)
        fleet.declare(self.store, fleet.Declared(url=repository, revision="main", path="fleet"))
        for child in self.children.values():
            child.start()
        self.starts.update(list(self.children))
        until(self.answers, within=START, what="the API answers", every=0.2)

    def schedulers_ready(self) -> bool:
        """Whether each said so since it was started last."""
        return all(
            self.children[name].output.read_text().count("scheduler started") == self.starts[name]
            for name in SCHEDULERS
        )

    def answers(self) -> bool:
        try:
            return httpx.get(f"{self.url}/readyz", timeout=2).status_code == httpx.codes.OK
        except httpx.HTTPError:
            return False

    def tend(self) -> None:
        """Start again what ended."""
        try:
            self.starts["redis"] += self.redis.revive()
        except StoreUnavailable as exc:
            sys.stderr.write(f"redis: {exc}\n")
        for child in self.children.values():
            before = child.process
            child.revive()
            if child.process is not None and child.process is not before:
                self.starts[child.name] += 1

    def stop(self) -> None:
        for child in self.children.values():
            if child.process is not None and child.process.poll() is None:
                os.killpg(child.process.pid, signal.SIGCONT)
        stop(list(self.children.values()))
        self.store.close()
        self.redis.stop()

    def logs(self) -> list[Path]:
        return sorted((self.data.root / "logs").glob("*.log"))

    def _children(self, workers: int) -> list[Child]:
        command = [sys.executable, "-m", "syncline"]
        port = self.url.rpartition(":")[2]
        made = [self._child("server", [*command, "server", "--port", port])]
        made += [self._child(name, [*command, "scheduler"]) for name in SCHEDULERS]
        for number in range(1, workers + 1):
            name = f"worker-{number}"
            argv = worker.command(name=name, concurrency=CONCURRENCY)
            mine = {"SYNCLINE_CREDENTIALS": str(self._credentials(name)), **worker.SOFT_SHUTDOWN}
            made.append(self._child(name, argv, **mine))
        return made

    def _child(self, name: str, argv: list[str], **more: str) -> Child:
        environment = {
            **os.environ,
            **self.data.environment(),
            **SETTINGS,
            "SYNCLINE_STORE_URL": self.redis.url,
            **more,
        }
        output = self.data.root / "logs" / f"{name}.log"
        return Child(name=name, argv=argv, environment=environment, output=output)

    def _credentials(self, user: str) -> Path:
        directory = self.data.root / f"credentials-{user}"
        directory.mkdir(mode=0o700)
        for number, server in enumerate(self._clusters):
            path = directory / f"c{number}.kubeconfig"
            path.write_bytes(server.kubeconfig_for(user).read_bytes())
        return directory
