"""Measure simulated clusters: memory, applies a second of their own CPU, lists and watches.

`make bench-simulator CLUSTERS=1000 APPS=50`: four objects an application in each cluster. The
client runs in this process; the CPU told is the simulator's alone.
"""

import argparse
import asyncio
import json
import re
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console
from rich.table import Table

from tests.bench import manifests, wire
from tests.bench.wire import Address
from tests.harness.poll import until

START = 120.0  # seconds
FEW = 3000
PARAMS = "?fieldManager=bench&force=true"
PATHS = {
    "ServiceAccount": "/api/v1/namespaces/default/serviceaccounts",
    "Service": "/api/v1/namespaces/default/services",
    "Deployment": "/apis/apps/v1/namespaces/default/deployments",
    "Ingress": "/apis/networking.k8s.io/v1/namespaces/default/ingresses",
}
KIB, MIB = 1024, 1024 * 1024
PAGE_SIZE = 4096


@dataclass(frozen=True)
class Simulator:
    """A simulator in a process of its own."""

    process: subprocess.Popen[bytes]
    clusters: list[Address]
    admin: Address

    def memory(self) -> int:
        """Bytes that are resident."""
        statm = Path(f"/proc/{self.process.pid}/statm").read_text()
        return int(statm.split()[1]) * PAGE_SIZE

    def cpu(self) -> float:
        """Seconds of CPU so far, as it says itself."""
        code, body = wire.ask(self.admin, "GET", "/simulator/usage")
        assert code == 200
        return float(json.loads(body)["cpu_seconds"])


@contextmanager
def started(clusters: int) -> Iterator[Simulator]:
    """A simulator of so many clusters, whose workloads become ready at once."""
    with tempfile.TemporaryDirectory(prefix="bench-simulator-") as made:
        argv = [sys.executable, "-m", "syncline.simulator", "--clusters", str(clusters)]
        log = Path(made) / "log"
        with log.open("wb") as out:
            process = subprocess.Popen([*argv, "--directory", made], stdout=out)
        try:
            found = until(
                lambda: re.search(r"^ready \S+:(\d+)", log.read_text(), re.MULTILINE),
                within=START,
                what="simulated clusters",
            )
            files = sorted(Path(made).glob("*.kubeconfig"))
            token = (Path(made) / "admin-token").read_text().strip()
            admin = Address("127.0.0.1", int(found[1]), "", token)
            yield Simulator(process, [Address.of(file) for file in files], admin)
        finally:
            process.terminate()
            process.wait(START)


def applies(clusters: list[Address], apps: int, version: str, *kinds: str) -> Iterator[bytes]:
    """An apply of every object (of some kinds) of every application to every cluster."""
    for number in range(apps):
        made = manifests.objects(number, version=version)
        bodies = {
            f"{PATHS[str(obj['kind'])]}/{manifests.name(number)}{PARAMS}": json.dumps(obj).encode()
            for obj in made
            if not kinds or obj["kind"] in kinds
        }
        for cluster in clusters:
            for path, body in bodies.items():
                yield cluster.request("PATCH", path, body)


class Measured:
    """Rows of a table, told as they come, and the same as values."""

    def __init__(self) -> None:
        self.rows: list[tuple[str, float, str]] = []

    def add(self, what: str, value: float, unit: str) -> None:
        self.rows.append((what, round(value, 3), unit))
        print(f"{what}: {value:,.2f} {unit}", file=sys.stderr, flush=True)

    def show(self) -> None:
        table = Table("Measured", "", "")
        for what, value, unit in self.rows:
            table.add_row(what, f"{value:,.2f}", unit)
        Console().print(table)


def apply_all(simulator: Simulator, requests: Iterator[bytes], what: str, found: Measured) -> None:
    """One write of everything, measured."""
    cpu = simulator.cpu()
    codes = wire.send(simulator.admin, requests)
    assert set(codes) <= {200, 201}, codes
    found.add(f"{what}: applies", codes.total() / (simulator.cpu() - cpu), "a second of its CPU")


def settle(simulator: Simulator) -> None:
    """Wait until the simulator has nothing left to do: controllers follow a write."""

    def idle() -> bool:
        before = simulator.cpu()
        time.sleep(0.5)
        return simulator.cpu() - before < 0.1

    until(idle, within=600, what="the simulator idle", every=0.1)


def pages(simulator: Simulator, apps: int, found: Measured) -> None:
    """Read one kind of every cluster page by page, and see that nothing is missing or doubled."""
    cpu, read = simulator.cpu(), 0
    for cluster in simulator.clusters:
        names: list[str] = []
        token = ""
        while token or not names:
            path = f"{PATHS['Service']}?limit={apps // 3 + 1}&continue={token}"
            code, body = wire.ask(cluster, "GET", path)
            assert code == 200
            page = json.loads(body)
            names += [item["metadata"]["name"] for item in page["items"]]
            token = page["metadata"].get("continue", "")
        assert names == sorted({*names})
        assert {manifests.name(number) for number in range(apps)} <= {*names}
        read += len(names)
    found.add("list in pages", read / (simulator.cpu() - cpu), "objects a second of its CPU")


def watches(simulator: Simulator, apps: int, found: Measured) -> None:
    """Watch one kind of every cluster: all there is, a bookmark, and then what changes."""
    cpu = simulator.cpu()
    query = "watch=true&sendInitialEvents=true&allowWatchBookmarks=true"
    path = f"{PATHS['ServiceAccount']}?{query}&resourceVersionMatch=NotOlderThan"
    events = asyncio.run(_watch(simulator, path, apps))
    assert events == len(simulator.clusters) * (apps + 2), events
    found.add("watches open at once", len(simulator.clusters), "")
    found.add("events of watches", events / (simulator.cpu() - cpu), "a second of its CPU")


async def _watch(simulator: Simulator, path: str, apps: int) -> int:
    initial = await asyncio.gather(
        *(wire.watch(cluster, path, until=b'"BOOKMARK"') for cluster in simulator.clusters)
    )
    labelled = json.dumps({"metadata": {"labels": {"watched": "yes"}}}).encode()
    change = f"{PATHS['ServiceAccount']}/{manifests.name(0)}?fieldManager=watched"
    kind = "application/merge-patch+json"
    changes = (c.request("PATCH", change, labelled, kind) for c in simulator.clusters)
    await wire.send_all(simulator.admin, changes, Counter())
    seen = await asyncio.gather(*(stream.read(until=b'"MODIFIED"') for stream, _ in initial))
    for stream, _ in initial:
        stream.close()
    return sum(count for _, count in initial) + sum(seen)


def one_kind(found: Measured) -> None:
    """What a ServiceAccount and a Deployment cost in one cluster."""
    with started(1) as simulator:
        found.add("one empty cluster: memory of the process", simulator.memory() / MIB, "MiB")
        for kind in ("ServiceAccount", "Deployment"):
            before = simulator.memory()
            made = applies(simulator.clusters, FEW, "1", kind)
            apply_all(simulator, made, f"new {kind}", found)
            settle(simulator)
            each = (simulator.memory() - before) / FEW
            found.add(f"new {kind}: memory", each / KIB, "KiB")


def many_clusters(clusters: int, apps: int, found: Measured) -> None:
    """The fleet: empty, filled, the same again, changed, read."""
    with started(1) as one:
        least = one.memory()
    with started(clusters) as simulator:
        empty = simulator.memory()
        found.add("empty: memory a cluster", (empty - least) / clusters / KIB, "KiB")
        for what, version in (("new", "1"), ("unchanged", "1"), ("changed", "2")):
            made = applies(simulator.clusters, apps, version)
            apply_all(simulator, made, what, found)
            settle(simulator)
            found.add(f"{what}: memory", simulator.memory() / MIB, "MiB")
        pages(simulator, apps, found)
        watches(simulator, apps, found)


def main() -> None:
    """Measure and print; the same as JSON goes to `bench-results/`."""
    parser = argparse.ArgumentParser(prog="make bench-simulator", description=__doc__)
    parser.add_argument("--clusters", type=int, default=1000)
    parser.add_argument("--apps", type=int, default=50)
    asked = parser.parse_args()
    found = Measured()
    one_kind(found)
    many_clusters(asked.clusters, asked.apps, found)
    found.show()
    path = Path("bench-results") / f"simulator-{time.strftime('%Y%m%dT%H%M%S')}.json"
    path.parent.mkdir(exist_ok=True)
    path.write_text(json.dumps({"clusters": asked.clusters, "rows": found.rows}, indent=1))


if __name__ == "__main__":
    main()
