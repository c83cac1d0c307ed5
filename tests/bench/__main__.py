"""Run the benchmark and print a table; the same as JSON goes to ``bench-results/``."""

import argparse
import json
import statistics
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import yaml
from rich.console import Console
from rich.table import Table

from tests.bench import manifests
from tests.bench.floor import Floor
from tests.bench.gitprocess import serving
from tests.bench.measure import Bench
from tests.bench.product import running
from tests.bench.results import machine, save
from tests.harness.apiserver import ApiServer
from tests.harness.controlplane import ControlPlane
from tests.harness.poll import until
from tests.harness.workrepo import WorkRepo


def main() -> None:
    asked = _arguments()
    results: dict[str, Any] = {"machine": machine(), "rows": []}
    for count in asked.applications:
        with _bench(asked, count) as bench:
            results["rows"] += [row.as_dict() for row in _rows(bench, count)]
            if count == max(asked.applications):
                results |= _extras(bench, count, asked)
        _print(results)
    print(f"results in {save(results)}")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.bench")
    parser.add_argument("--applications", type=int, nargs="+", default=[100, 500, 1000])
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--concurrency", type=int, default=4, help="runs at once in each worker")
    parser.add_argument("--one-of", type=int, default=20, help="commits that touch one of many")
    parser.add_argument("--steady", type=float, default=180.0, help="seconds of steady state")
    return parser.parse_args()


def _rows(bench: Bench, count: int) -> Iterator[Any]:
    yield bench.install(count)
    yield bench.change(count, "1.1.0")


def _extras(bench: Bench, count: int, asked: argparse.Namespace) -> dict[str, Any]:
    found: dict[str, Any] = {}
    if times := sorted(bench.one_of(count, asked.one_of)):
        found["one_of"] = {
            "applications": count,
            "commits": len(times),
            "p50_s": round(statistics.median(times), 3),
            "p95_s": round(times[int(0.95 * (len(times) - 1))], 3),
        }
    if asked.steady:
        roles = bench.steady(count, asked.steady)
        found["steady"] = {
            "targets": count,
            "cpu_ms_per_target_and_interval": round(sum(roles.values()), 3),
            "roles": roles,
        }
    return found


@contextmanager
def _bench(asked: argparse.Namespace, count: int) -> Iterator[Bench]:
    """A fresh world: API server, Git server, Syncline with its applications declared."""
    with tempfile.TemporaryDirectory(prefix="syncline-bench-") as name:
        root = Path(name)
        with (
            ControlPlane.start(root / "plane", 1, controllers=True) as plane,
            serving(root / "git") as url,
        ):
            server = plane.cluster(0)
            token = _token(server)
            for namespace in (manifests.NAMESPACE, "floor"):
                body = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": namespace}}
                server.call("POST", "/api/v1/namespaces", body)
            work = WorkRepo.create(root / "work", origin=root / "git" / "bench.git")
            work.publish("begin", {"README.md": "bench\n"})
            with running(
                root / "data", workers=asked.workers, concurrency=asked.concurrency
            ) as product:
                _declare(product, server, root, count, f"{url}bench.git")
                floor = Floor(server, token, "floor")
                yield Bench(product, server, token, work, f"{url}bench.git", floor)


def _declare(product: Any, server: ApiServer, root: Path, count: int, url: str) -> None:
    credentials = root / "data" / "credentials" / "bench.kubeconfig"
    credentials.write_bytes(server.kubeconfig.read_bytes())
    cluster = {
        "apiVersion": "syncline.dev/v1alpha1",
        "kind": "Cluster",
        "metadata": {"name": "bench"},
        "spec": {"kubeconfig": "file:bench.kubeconfig", "maxRuns": 16},
    }
    product.apply(json.dumps(cluster) + "\n---\n" + manifests.documents(count, url))
    until(
        lambda: (found := product.summary())["sync"]["OutOfSync"] == count == found["targets"],
        within=300,
        what=f"{count} targets that wait for their directory",
        every=0.5,
    )


def _token(server: ApiServer) -> str:
    config = yaml.safe_load(server.kubeconfig.read_text())
    token: str = config["users"][0]["user"]["token"]
    return token


def _print(results: dict[str, Any]) -> None:
    table = Table("WHAT", "APPS", "SECONDS", "FLOOR", "RATIO", "APPS/S", "CPU MS/APP", box=None)
    for row in results["rows"]:
        table.add_row(
            row["what"],
            str(row["applications"]),
            f"{row['seconds']:.2f}",
            f"{row['floor']:.2f}",
            str(row["ratio"]),
            str(row["applications_per_second"]),
            str(row["cpu_ms_per_application"]),
        )
    console = Console()
    console.print(table)
    for row in results["rows"]:
        parts = {k: round(1000 * v / row["applications"], 2) for k, v in row["roles"].items()}
        console.print(f"{row['what']} of {row['applications']}: CPU ms by role {parts}")
    for key in ("one_of", "steady"):
        if key in results:
            console.print(f"{key}: {results[key]}")


if __name__ == "__main__":
    main()
