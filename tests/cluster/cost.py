"""What an apply costs this process beside a bare client: `python -m tests.cluster.cost`.

Each round applies a changed Deployment of each application, 16 in flight, on a real kube-apiserver:
once bare (urllib3 and `json`), once by `Api.apply`, in turn. CPU is that of this process alone.
"""

import platform
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import urllib3
import yaml

from syncline_workers.cluster import parallel
from syncline_workers.cluster.api import Api
from syncline_workers.cluster.discovery import Discovery
from tests.bench import manifests
from tests.bench.floor import IN_FLIGHT, Floor
from tests.cluster.conftest import SETTINGS, pool_for
from tests.harness.apiserver import ApiServer
from tests.harness.controlplane import ControlPlane

APPLICATIONS = 500
ROUNDS = 7
Round = Callable[[str], object]


def main() -> None:
    """Measure and print a table."""
    urllib3.disable_warnings()  # the bare client trusts any certificate, and would warn each time
    with (
        tempfile.TemporaryDirectory(prefix="syncline-cost-") as name,
        ControlPlane.start(Path(name) / "plane", 1) as plane,
    ):
        ways = {"bare urllib3": _bare(plane.cluster(0)), "Api.apply": _ours(plane.cluster(0))}
        found = _measure(ways)
    say = sys.stdout.write
    say(f"Python {platform.python_version()}, {APPLICATIONS} Deployments, {IN_FLIGHT} in flight, ")
    say(f"{ROUNDS} rounds, ms an apply: median (least to most)\n")
    for way, measured in found.items():
        cpu, wall = (_words(each) for each in zip(*measured, strict=True))
        say(f"{way:<14} CPU {cpu}   wall {wall}\n")


def _measure(ways: dict[str, Round]) -> dict[str, list[tuple[float, float]]]:
    for way in ways.values():
        way("0")
    found: dict[str, list[tuple[float, float]]] = {name: [] for name in ways}
    for number in range(1, ROUNDS + 1):
        for name, way in ways.items():
            cpu, wall = time.process_time(), time.perf_counter()
            way(str(number))
            found[name].append((time.process_time() - cpu, time.perf_counter() - wall))
    return found


def _bare(server: ApiServer) -> Round:
    token = yaml.safe_load(server.kubeconfig.read_text())["users"][0]["user"]["token"]
    floor = Floor(server, token, _namespace(server, "bare"))
    return lambda version: floor.change(APPLICATIONS, version=version)


def _ours(server: ApiServer) -> Round:
    pool = pool_for(server.kubeconfig.read_text(), size=IN_FLIGHT)
    api = Api(pool, Discovery(pool), first_within=SETTINGS.first_answer_timeout)
    namespace = _namespace(server, "ours")

    def apply_all(version: str) -> None:
        objects: list[dict[str, Any]] = [
            manifests.objects(number, version=version)[1] for number in range(APPLICATIONS)
        ]
        for each in objects:
            each["metadata"]["namespace"] = namespace
        results = parallel.each(objects, lambda o: api.apply(o, force=True), width=IN_FLIGHT)
        assert all(result.value for result in results)

    return apply_all


def _namespace(server: ApiServer, name: str) -> str:
    body = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}}
    server.call("POST", "/api/v1/namespaces", body)
    return name


def _words(seconds: Sequence[float]) -> str:
    least, middle, most = (1000 * f(seconds) / APPLICATIONS for f in (min, statistics.median, max))
    return f"{middle:.2f} ({least:.2f} to {most:.2f})"


if __name__ == "__main__":
    main()
