"""A running ``syncline up`` with a Git repository and real clusters, as a user has them."""

import json
import os
import re
import signal
import subprocess
import sys
import urllib.error
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http import HTTPStatus
from pathlib import Path
from typing import Any

import httpx
import yaml

from tests.harness.apiserver import ApiServer
from tests.harness.gitserver import GitServer
from tests.harness.poll import until
from tests.harness.workrepo import WorkRepo
from tools import programs

# Seconds before a test gives up. Tests of promptness give their own.
START, STOP, PATIENCE = 180.0, 90.0, 180.0


@dataclass
class World:
    """What a test plays with."""

    root: Path
    git: GitServer
    work: WorkRepo
    clusters: list[ApiServer]
    arguments: list[str] = field(default_factory=list)
    environment: dict[str, str] = field(default_factory=dict)
    process: subprocess.Popen[bytes] | None = None
    url: str = ""

    @property
    def data(self) -> Path:
        return self.root / "data"

    @property
    def repository(self) -> str:
        return self.git.url("shop.git")

    def up(self) -> None:
        """Start Syncline and wait until it says that it is ready."""
        output = self.root / "up.log"
        argv = [sys.executable, "-m", "syncline", "up", "--data", str(self.data), "--port", "0"]
        argv += ["--workers", "2", "--concurrency", "2", "--no-flower", *self.arguments]
        with output.open("wb") as out:
            self.process = subprocess.Popen(
                argv, stdout=out, stderr=out, env={**os.environ, **_settings(), **self.environment}
            )
        self.url = until(lambda: self._ready(output), within=START, what="ready")

    def down(self, number: int = signal.SIGTERM) -> None:
        if self.process is not None:
            self.process.send_signal(number)
            self.process.wait(timeout=STOP)
            self.process = None

    def logs(self) -> str:
        """What the roles wrote."""
        files = sorted((self.data / "logs").glob("*.log"))
        return "\n".join(f"== {file.name}\n{file.read_text()[-3000:]}" for file in files)

    def logs_of(self, role: str) -> str:
        """All that the processes of a role wrote."""
        files = sorted((self.data / "logs").glob(f"{role}*.log"))
        return "\n".join(file.read_text() for file in files)

    def cli(self, *arguments: str, within: float = PATIENCE) -> subprocess.CompletedProcess[str]:
        """Run the ``syncline`` command as the administrator."""
        token = (self.data / "token").read_text().strip()
        return subprocess.run(
            [sys.executable, "-m", "syncline", *arguments],
            env={**os.environ, "SYNCLINE_SERVER": self.url, "SYNCLINE_TOKEN": token},
            capture_output=True,
            text=True,
            timeout=within,
            check=False,
        )

    def get(self, path: str, **params: str) -> Any:
        token = (self.data / "token").read_text().strip()
        headers = {"Authorization": f"Bearer {token}"}
        answer = httpx.get(f"{self.url}/api/v1/{path}", params=params, headers=headers, timeout=30)
        return answer.raise_for_status().json()

    def post(self, path: str, body: Any) -> Any:
        token = (self.data / "token").read_text().strip()
        headers = {"Authorization": f"Bearer {token}"}
        answer = httpx.post(f"{self.url}/api/v1/{path}", json=body, headers=headers, timeout=30)
        return answer.raise_for_status().json()

    def apply(self, *documents: Mapping[str, Any]) -> None:
        path = self.root / "documents.yaml"
        path.write_text(yaml.safe_dump_all(documents))
        done = self.cli("apply", "-f", str(path))
        assert done.returncode == 0, done.stderr

    def push(self, files: Mapping[str, str | bytes | None], message: str = "change") -> str:
        """Commit, push, and tell as a webhook does."""
        commit = self.work.publish(message, files)
        self.post("hooks/generic", {"repository": self.repository})
        return commit

    def targets(self, **filters: str) -> dict[str, dict[str, Any]]:
        """All targets by name; none where the store is just away."""
        try:
            items = self.get("targets", limit="500", **filters)["items"]
        except httpx.HTTPStatusError as exc:
            if exc.response.status_code == HTTPStatus.SERVICE_UNAVAILABLE:
                return {}
            raise
        return {item["name"]: item for item in items}

    def target(self, name: str) -> dict[str, Any]:
        return self.targets().get(name, {"sync": "absent", "reason": "", "message": ""})

    def synced(self, *names: str, revision: str = "", within: float = PATIENCE) -> None:
        """Wait until these targets are Synced (at a revision)."""

        def check() -> bool:
            found = self.targets()
            return all(
                found.get(name, {}).get("sync") == "Synced"
                and (not revision or found[name]["revision"] == revision)
                for name in names
            )

        try:
            until(check, within=within, what=f"{names} Synced {revision[:8]}", every=0.1)
        except Exception as exc:
            raise AssertionError(f"{exc}\n{json.dumps(self.targets())}\n{self.logs()}") from exc

    def becomes(self, name: str, *, within: float = PATIENCE, **wanted: str) -> dict[str, Any]:
        """Wait until a target shows these values; returns it."""

        def check() -> dict[str, Any] | None:
            found = self.target(name)
            return found if all(found.get(k) == v for k, v in wanted.items()) else None

        try:
            return until(check, within=within, what=f"{name} {wanted}", every=0.1)
        except Exception as exc:
            raise AssertionError(f"{exc}\n{json.dumps(self.targets())}\n{self.logs()}") from exc

    def live(self, number: int, path: str) -> dict[str, Any] | None:
        """An object of a cluster; None where it is absent."""
        try:
            found: dict[str, Any] = self.clusters[number].call("GET", path)
        except urllib.error.HTTPError as exc:
            if exc.code == HTTPStatus.NOT_FOUND:
                return None
            raise
        return found

    def _ready(self, output: Path) -> str | None:
        text = output.read_text()
        assert self.process is not None
        assert self.process.poll() is None, f"syncline up ended:\n{text[-3000:]}\n{self.logs()}"
        found = re.search(r"^ready (\S+)", text, re.MULTILINE)
        return found[1] if found else None


@contextmanager
def make(root: Path, clusters: list[ApiServer], **options: Any) -> Iterator[World]:
    """A world in a directory; ``up`` starts it."""
    git = GitServer.start(root / "git")
    work = WorkRepo.create(root / "work", origin=root / "git" / "shop.git")
    work.publish("begin", {"README.md": "shop\n"})
    found = World(root=root, git=git, work=work, clusters=clusters, **options)
    credentials = found.data / "credentials"
    credentials.mkdir(parents=True, mode=0o700)
    for number, server in enumerate(clusters):
        (credentials / f"c{number}.kubeconfig").write_bytes(server.kubeconfig.read_bytes())
    try:
        yield found
    finally:
        found.down()
        git.stop()


def repository(url: str, *, name: str = "shop", interval: str = "1h") -> dict[str, Any]:
    spec = {"url": url, "interval": interval}
    return _document("Repository", name, spec)


def cluster(number: int, **labels: str) -> dict[str, Any]:
    found = _document("Cluster", f"c{number}", {"kubeconfig": f"file:c{number}.kubeconfig"})
    found["metadata"]["labels"] = labels
    return found


def application(name: str, *, path: str, namespace: str, **spec: Any) -> dict[str, Any]:
    """An application on cluster c0 unless ``destination`` says otherwise."""
    destination = spec.pop("destination", {"cluster": "c0"})
    body = {
        "source": {
            "repository": "shop",
            "path": path,
            "revision": "main",
            **spec.pop("source", {}),
        },
        "destination": {"namespace": namespace, "createNamespace": True, **destination},
        **spec,
    }
    return _document("Application", name, body)


def configmap(name: str, **data: str) -> str:
    """A manifest."""
    body = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name}, "data": data}
    return yaml.safe_dump(body)


def _document(kind: str, name: str, spec: dict[str, Any]) -> dict[str, Any]:
    return {
        "apiVersion": "syncline.dev/v1alpha1",
        "kind": kind,
        "metadata": {"name": name},
        "spec": spec,
    }


def _settings() -> dict[str, str]:
    """Leave for http, quick probes, and the pinned renderers."""
    found = {
        "SYNCLINE_GIT_ALLOW_HTTP": "true",
        "SYNCLINE_CLUSTER_PROBE_INTERVAL": "1s",
        "SYNCLINE_RUN_LEASE": "5s",
        "SYNCLINE_CHECK_NETWORKS": '["127.0.0.0/8"]',
    }
    for name in programs.SETTINGS:
        found[f"SYNCLINE_RENDER_{name.upper()}"] = str(programs.find(name).path)
    return found
