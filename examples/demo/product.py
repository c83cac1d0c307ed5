"""Syncline as its user runs it: ``syncline up`` in a process, spoken to over its API."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from tests.harness.poll import until
from tools import programs

_START, _STOP = 90.0, 90.0  # seconds


@dataclass(frozen=True, slots=True)
class Product:
    """A running Syncline."""

    url: str
    flower: str
    token: Path

    def get(self, path: str, **params: Any) -> Any:
        """GET under /api/v1."""
        answer = httpx.get(
            f"{self.url}/api/v1/{path}",
            params=params,
            headers={"Authorization": f"Bearer {self.token.read_text().strip()}"},
            timeout=10,
        )
        answer.raise_for_status()
        return answer.json()

    def targets(self, **filters: str) -> dict[str, Any]:
        """Name → target, of all that match."""
        found, cursor = {}, None
        while True:
            page = self.get(
                "targets", limit=500, **filters, **({"cursor": cursor} if cursor else {})
            )
            found.update({item["name"]: item for item in page["items"]})
            cursor = page["cursor"]
            if not cursor:
                return found


@contextmanager
def running(data: Path, fleet: str) -> Iterator[Product]:
    """Start it with the fleet repository; yields once it says that it is ready."""
    output = data.parent / "syncline.log"
    argv = [sys.executable, "-m", "syncline", "up", "--data", str(data), "--port", "0"]
    argv += ["--workers", "2", "--fleet", fleet, "--revision", "main", "--path", "fleet"]
    with output.open("wb") as out:
        process = subprocess.Popen(argv, stdout=out, stderr=out, env=_environment())
    try:
        url = until(lambda: _said(process, output, r"^ready (\S+)"), within=_START, what="ready")
        flower = _said(process, output, r"^flower (\S+)") or ""
        yield Product(url, flower, data / "token")
    finally:
        process.terminate()
        process.wait(timeout=_STOP)


def _said(process: subprocess.Popen[bytes], output: Path, pattern: str) -> str | None:
    text = output.read_text()
    if process.poll() is not None:
        raise SystemExit(f"error: syncline up ended with {process.returncode}:\n{text[-2000:]}")
    found = re.search(pattern, text, re.MULTILINE)
    return found[1] if found else None


def _environment() -> dict[str, str]:
    """The demo's Git server speaks http on the loopback address: an administrator's leave."""
    found = {"SYNCLINE_GIT_ALLOW_HTTP": "true", "SYNCLINE_CLUSTER_PROBE_INTERVAL": "2s"}
    for name in programs.SETTINGS:
        try:
            found[f"SYNCLINE_RENDER_{name.upper()}"] = str(programs.find(name).path)
        except programs.Absent:
            continue
    return {**os.environ, **found}
