"""The simulated clusters in a process of their own: their faults, their CPU, what they hold."""

import json
import re
import subprocess
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from tests.bench import cpu
from tests.harness.poll import until


@dataclass(frozen=True)
class Simulated:
    """A running simulator."""

    url: str
    directory: Path
    process: subprocess.Popen[bytes]
    http: httpx.Client

    @property
    def clusters(self) -> list[str]:
        return sorted(file.stem for file in self.directory.glob("*.kubeconfig"))

    def cpu(self) -> float:
        """Seconds so far."""
        return sum(cpu.by_role(self.process.pid).values())

    def resident(self) -> int:
        """Bytes of memory."""
        return sum(cpu.resident(self.process.pid).values())

    def fault(self, clusters: Iterable[str], **fault: Any) -> None:
        """Make these clusters misbehave; ``mode="none"`` ends it."""
        for name in clusters:
            self._administer("PUT", f"clusters/{name}/faults", fault)

    def begin(self, timetable: dict[str, Any]) -> None:
        """Begin a timetable of faults: its seed, which draws the clusters, and its entries."""
        self._administer("PUT", "timetable", timetable)

    def end(self) -> None:
        """End the timetable and its faults."""
        self._administer("DELETE", "timetable")

    def items(self, cluster: str, path: str) -> list[dict[str, Any]]:
        """A whole collection of one cluster, in all namespaces."""
        config = json.loads((self.directory / f"{cluster}.kubeconfig").read_text())
        token = config["users"][0]["user"]["token"]
        answer = self.http.get(
            f"{self.url}/clusters/{cluster}{path}", headers={"Authorization": f"Bearer {token}"}
        )
        found: list[dict[str, Any]] = answer.raise_for_status().json()["items"]
        return found

    def _administer(self, method: str, path: str, body: object = None) -> None:
        token = (self.directory / "admin-token").read_text().strip()
        headers = {"Authorization": f"Bearer {token}"}
        url = f"{self.url}/simulator/{path}"
        self.http.request(method, url, json=body, headers=headers).raise_for_status()


@contextmanager
def running(directory: Path, clusters: int) -> Iterator[Simulated]:
    directory.mkdir(parents=True)
    argv = [sys.executable, "-m", "syncline.simulator", "--clusters", str(clusters)]
    output = directory.parent / "simulator.log"
    with output.open("wb") as out:
        process = subprocess.Popen(
            [*argv, "--directory", str(directory)], stdout=out, stderr=subprocess.STDOUT
        )
    try:
        found = until(
            lambda: re.search(r"^ready (\S+)", output.read_text(), re.MULTILINE),
            within=120,
            what="simulated clusters",
        )
        with httpx.Client(timeout=60) as http:
            yield Simulated(found[1], directory, process, http)
    finally:
        process.terminate()
        process.wait(timeout=60)
