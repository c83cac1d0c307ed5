"""Eight clusters: real kube-apiservers where they are already built, else simulated ones."""

from __future__ import annotations

import json
import ssl
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import yaml

from examples.demo import simulated
from tests.harness.apiserver import ApiServer
from tests.harness.controlplane import ControlPlane
from tools import programs

COUNT = 8
REGIONS = ("eu", "us", "ap")


class Switch(Protocol):
    """Makes a cluster go away and come back."""

    def stop(self) -> None:
        """From here on nobody answers."""

    def start(self) -> None:
        """It answers again, with the data it had."""


@dataclass(frozen=True, slots=True)
class Member:
    """One cluster of the demo, as a person with its kubeconfig sees it."""

    name: str
    labels: dict[str, str]
    kubeconfig: Path
    switch: Switch

    def call(self, method: str, path: str, body: Any = None, kind: str = "json") -> Any:
        """Send one request; None where the answer is 404."""
        config = yaml.safe_load(self.kubeconfig.read_text())
        request = urllib.request.Request(  # noqa: S310 - loopback, from the demo's own kubeconfig
            config["clusters"][0]["cluster"]["server"] + path,
            data=None if body is None else json.dumps(body).encode(),
            method=method,
            headers={
                "Authorization": f"Bearer {config['users'][0]['user']['token']}",
                "Content-Type": f"application/{kind}",
            },
        )
        trust = ssl._create_unverified_context()  # noqa: S323, SLF001 - the demo's own servers
        try:
            with urllib.request.urlopen(request, timeout=10, context=trust) as answer:  # noqa: S310
                return json.load(answer)
        except urllib.error.HTTPError as exc:
            if exc.code == 404:  # noqa: PLR2004
                return None
            raise


@contextmanager
def running(directory: Path) -> Iterator[tuple[str, list[Member]]]:
    """Start them; yields which kind they are, and the clusters."""
    try:
        programs.find("controlplane")
    except programs.Absent:
        with simulated.running(directory, COUNT) as servers:
            yield (
                "simulated clusters",
                [_member(n, kubeconfig, switch) for n, (kubeconfig, switch) in enumerate(servers)],
            )
        return
    with ControlPlane.start(directory, COUNT) as plane:
        servers = [plane.cluster(number) for number in range(COUNT)]
        yield (
            "real kube-apiservers",
            [
                _member(number, server.kubeconfig, _server(server))
                for number, server in enumerate(servers)
            ],
        )


def _server(server: ApiServer) -> Switch:
    return server


def _member(number: int, kubeconfig: Path, switch: Switch) -> Member:
    region = REGIONS[number % len(REGIONS)]
    name = f"{region}-{number // len(REGIONS) + 1}"
    stage = "staging" if number >= COUNT - 2 else "production"
    return Member(name, {"region": region, "stage": stage}, kubeconfig, switch)
