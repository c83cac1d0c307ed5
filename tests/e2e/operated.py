"""Syncline as it is operated: each role a process of its own, on a Redis that is the test's.

Clusters are simulated, so that what fails here is Redis or us.
"""

import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from subprocess import run
from typing import Any

import httpx

from syncline.main.directory import DataDirectory
from syncline.simulator.background import running
from syncline.simulator.server import Simulator
from tests.e2e.world import START, World, application, configmap, repository
from tests.harness import ports
from tests.harness.gitserver import GitServer
from tests.harness.poll import until
from tests.harness.process import Process
from tests.harness.workrepo import WorkRepo

ROOT = Path(__file__).parents[2]
CLUSTERS, APPS = 3, 8
TARGETS = [f"app-{app}@cluster-{on}" for app in range(APPS) for on in range(1, CLUSTERS + 1)]
FLOWER = ("syncline", "f" * 32)


@dataclass
class Operated(World):
    """A World whose roles run apart."""

    simulator: Simulator = field(kw_only=True)
    roles: dict[str, Process] = field(default_factory=dict)
    flower: str = ""

    def up(self) -> None:
        """Start every role once; none is ever started again."""
        port, flower_port = ports.free(), ports.free()
        self._init()
        self._role("server", "server", "--port", str(port))
        self._role("scheduler", "scheduler")
        for name in ("worker-1", "worker-2"):
            self._role(name, "worker", "--name", name, "--concurrency", "2")
        self._role("flower", "flower", "--port", str(flower_port))
        self.url, self.flower = f"http://127.0.0.1:{port}", f"http://127.0.0.1:{flower_port}"
        until(self.is_ready, within=START, what="a ready server", every=0.2)

    def down(self, number: int = 0) -> None:  # noqa: ARG002 - as the World's
        for role in self.roles.values():
            role.ask_to_end()
        for role in self.roles.values():
            role.stop()

    def logs(self) -> str:
        """What the roles wrote."""
        return "\n".join(
            f"== {name}\n{role.log.read_text()[-3000:]}" for name, role in self.roles.items()
        )

    def check(self) -> None:
        """Every role runs still; none was started again."""
        for role in self.roles.values():
            role.check()

    def fault(self, cluster: str, **fault: Any) -> None:
        """Make a cluster misbehave, see docs/simulator.md; ``mode="none"`` ends it."""
        httpx.put(
            f"{self.simulator.url}/simulator/clusters/{cluster}/faults",
            json=fault,
            headers={"Authorization": f"Bearer {self.simulator.token}"},
        ).raise_for_status()

    def is_ready(self) -> bool:
        """Whether the API answers, and Redis behind it."""
        self.check()
        try:
            return httpx.get(f"{self.url}/readyz", timeout=20).is_success
        except httpx.HTTPError:
            return False

    def is_watched(self) -> bool:
        """Whether Flower sees both workers, and the queues."""
        page = httpx.get(f"{self.flower}/workers?json=true", auth=FLOWER, timeout=20).json()
        queues = httpx.get(f"{self.flower}/api/queues/length", auth=FLOWER, timeout=20).json()
        alive = [worker for worker in page["data"] if worker["status"]]
        return len(alive) == 2 and len(queues["active_queues"]) > 0

    def targets(self, **filters: str) -> dict[str, dict[str, Any]]:
        """All targets by name; none where the server waits for Redis."""
        try:
            return super().targets(**filters)
        except httpx.HTTPError:
            return {}

    def roll_out(self, version: str) -> str:
        """Push a commit that changes every target; returns it as soon as the hook was taken."""
        commit = self.work.publish(version, files(version))
        until(self._hook, within=90, what="a hook that is taken", every=0.2)
        return commit

    def converge(self, commit: str, *, within: float) -> None:
        """Wait until every target is at the commit, and every live object too."""
        self.synced(*TARGETS, revision=commit, within=within)
        self.check()

    def _hook(self) -> bool:
        try:
            self.post("hooks/generic", {"repository": self.repository})
        except httpx.HTTPError:
            return False
        return True

    def _init(self) -> None:
        data = DataDirectory(self.data)
        data.prepare()
        data.key()
        done = run(
            [sys.executable, "-m", "syncline", "init"],
            env={**os.environ, **self._environment()},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        data.token.write_text(done.stdout)

    def _role(self, name: str, *arguments: str) -> None:
        process = Process(
            Path("/usr/bin/env"),
            [
                *(f"{key}={value}" for key, value in self._environment().items()),
                *(sys.executable, "-m", "syncline", *arguments),
            ],
            log=self.root / f"{name}.log",
        )
        process.start()
        self.roles[name] = process

    def _environment(self) -> Mapping[str, str]:
        return {
            "PYTHONPATH": f"{ROOT / 'platform'}:{ROOT / 'workers'}",
            "SYNCLINE_GIT_ALLOW_HTTP": "true",
            "SYNCLINE_RUN_LEASE": "5s",
            "SYNCLINE_FLOWER_PASSWORD": FLOWER[1],
            **DataDirectory(self.data).environment(),
            **self.environment,
        }


def files(version: str) -> dict[str, str | bytes | None]:
    """One ConfigMap for each application."""
    return {f"app-{app}/web.yaml": configmap(f"web-{app}", v=version) for app in range(APPS)}


@contextmanager
def operated(root: Path, environment: Mapping[str, str]) -> Iterator[Operated]:
    """Roles apart, on the Redis that the environment names; all is declared, nothing synced."""
    git = GitServer.start(root / "git")
    work = WorkRepo.create(root / "work", origin=root / "git" / "shop.git")
    work.publish("begin", {"README.md": "shop\n"})
    data = root / "data"
    with running(CLUSTERS, data / "credentials", rollout=0.05) as simulator:
        made = Operated(
            root=root,
            git=git,
            work=work,
            clusters=[],
            environment=dict(environment),
            simulator=simulator,
        )
        try:
            made.up()
            made.apply(repository(made.repository), *_clusters(), *_applications())
            yield made
        finally:
            made.down()
            git.stop()


def _clusters() -> list[dict[str, object]]:
    return [
        {
            "apiVersion": "syncline.dev/v1alpha1",
            "kind": "Cluster",
            "metadata": {"name": f"cluster-{number}"},
            "spec": {"kubeconfig": f"file:cluster-{number}.kubeconfig"},
        }
        for number in range(1, CLUSTERS + 1)
    ]


def _applications() -> list[dict[str, object]]:
    return [
        application(
            f"app-{number}",
            path=f"app-{number}",
            namespace="shop",
            destination={"selector": {}},
        )
        for number in range(APPS)
    ]
