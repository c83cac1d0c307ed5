"""``syncline up`` as the benchmark starts it, and the few calls that it makes."""

import os
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from tests.bench import cpu
from tests.harness.poll import until


@dataclass(frozen=True)
class Product:
    """A running Syncline."""

    http: httpx.Client
    pid: int
    data: Path

    def cpu(self) -> Mapping[str, float]:
        """CPU seconds so far of every process of it by role, Redis and Flower included."""
        return cpu.by_role(*self._roots())

    def resident(self) -> Mapping[str, int]:
        """Bytes of memory of the same processes."""
        return cpu.resident(*self._roots())

    def _roots(self) -> list[int]:
        return [self.pid, *(int(file.read_text()) for file in self.data.glob("redis/*.pid"))]

    def summary(self) -> dict[str, Any]:
        return self.http.get("/api/v1/fleet").raise_for_status().json()

    def apply(self, documents: str) -> None:
        headers = {"Content-Type": "application/yaml"}
        self.http.post(
            "/api/v1/apply", content=documents, headers=headers, timeout=120
        ).raise_for_status()

    def hook(self, url: str) -> None:
        """Tell that a repository was pushed to, as a webhook does."""
        self.http.post("/api/v1/hooks/generic", json={"repository": url}).raise_for_status()

    def targets(self, **filters: str) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = []
        cursor: str | None = None
        while True:
            params = {"limit": "500", **filters, **({"cursor": cursor} if cursor else {})}
            page = self.http.get("/api/v1/targets", params=params).raise_for_status().json()
            found += page["items"]
            cursor = page["cursor"]
            if not cursor:
                return found


@contextmanager
def running(
    data: Path,
    *,
    workers: int,
    concurrency: int,
    options: Sequence[str] = (),
    environment: Mapping[str, str] = {},
) -> Iterator[Product]:
    argv = [sys.executable, "-m", "syncline", "up", "--data", str(data), "--port", "0"]
    argv += ["--workers", str(workers), "--concurrency", str(concurrency), *options]
    output = data.parent / "up.log"
    with output.open("wb") as out:
        settings = {**os.environ, "SYNCLINE_GIT_ALLOW_HTTP": "true", **environment}
        process = subprocess.Popen(argv, stdout=out, stderr=out, env=settings)
    try:
        url = until(lambda: _ready(process, output), within=180, what="syncline up")
        token = (data / "token").read_text().strip()
        headers = {"Authorization": f"Bearer {token}"}
        with httpx.Client(base_url=url, headers=headers, timeout=30) as http:
            yield Product(http, process.pid, data)
    finally:
        process.terminate()
        process.wait(timeout=90)


def _ready(process: subprocess.Popen[bytes], output: Path) -> str | None:
    text = output.read_text()
    assert process.poll() is None, f"syncline up ended: {text[-2000:]}"
    found = re.search(r"^ready (\S+)", text, re.MULTILINE)
    return found[1] if found else None
