"""Simulated clusters for a machine that has not built the real ones."""

from __future__ import annotations

import json
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import yaml

from tests.harness.poll import until

_START = 30.0  # seconds


@dataclass(frozen=True, slots=True)
class Fault:
    """Tells the simulator that one of its clusters refuses connections."""

    url: str
    token: str

    def stop(self) -> None:
        """Refuse."""
        self._set("refuse")

    def start(self) -> None:
        """Answer."""
        self._set("none")

    def _set(self, mode: str) -> None:
        body = json.dumps({"mode": mode}).encode()
        headers = {"Authorization": f"Bearer {self.token}"}
        request = urllib.request.Request(  # noqa: S310 - loopback
            self.url, data=body, method="PUT", headers=headers
        )
        urllib.request.urlopen(request, timeout=5).close()  # noqa: S310 - loopback


@contextmanager
def running(directory: Path, count: int) -> Iterator[list[tuple[Path, Fault]]]:
    """Serve ``count`` of them in a process of their own; yields kubeconfig and switch of each."""
    directory.mkdir(parents=True, exist_ok=True)
    argv = [sys.executable, "-m", "syncline.simulator", "--clusters", str(count), "--port", "0"]
    log = (directory / "simulator.log").open("ab")
    process = subprocess.Popen([*argv, "--directory", str(directory)], stdout=log, stderr=log)
    try:
        yield until(lambda: _found(directory, count), within=_START, what="simulated clusters")
    finally:
        process.terminate()
        process.wait(timeout=_START)
        log.close()


def _found(directory: Path, count: int) -> list[tuple[Path, Fault]] | None:
    files = sorted(directory.glob("*.kubeconfig"))
    return [(file, _fault(file)) for file in files] if len(files) == count else None


def _fault(kubeconfig: Path) -> Fault:
    server = yaml.safe_load(kubeconfig.read_text())["clusters"][0]["cluster"]["server"]
    base, _, name = server.rpartition("/clusters/")
    token = (kubeconfig.parent / "admin-token").read_text().strip()
    return Fault(f"{base}/simulator/clusters/{name}/faults", token)
