"""Three simulated clusters beside a real one: misbehaviour of one of them holds up nobody else."""

import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.e2e import world as worlds
from tests.e2e.world import World, application, configmap, repository
from tests.harness.controlplane import ControlPlane
from tests.harness.poll import until

pytestmark = pytest.mark.cluster

SIMULATED = ("cluster-1", "cluster-2", "cluster-3")
ALL = ("many@real", *(f"many@{name}" for name in SIMULATED))
BAD = "cluster-2"
OTHERS = tuple(name for name in ALL if name != f"many@{BAD}")
PATIENCE = 15  # seconds that a cluster may take to answer
UNDISTURBED = 12.0  # seconds; less than that
BACK = 60.0
FAULTS: tuple[dict[str, Any], ...] = (
    {"mode": "hang"},
    {"mode": "refuse"},
    {"mode": "error", "code": 429, "retry_after": 1},
    {"mode": "error", "code": 503, "retry_after": 1},
)


@dataclass(frozen=True)
class Simulated:
    """``syncline simulate`` in a process."""

    url: str
    directory: Path

    def fault(self, **fault: Any) -> None:
        """Makes `BAD` misbehave."""
        token = (self.directory / "admin-token").read_text().strip()
        answer = httpx.put(
            f"{self.url}/simulator/clusters/{BAD}/faults",
            json=fault,
            headers={"Authorization": f"Bearer {token}"},
        )
        answer.raise_for_status()


@pytest.fixture(scope="module")
def simulated(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Simulated]:
    root = tmp_path_factory.mktemp("simulated")
    command = [sys.executable, "-m", "syncline", "simulate", "--clusters", str(len(SIMULATED))]
    with (root / "log").open("wb") as out:
        process = subprocess.Popen(
            [*command, "--port", "0", "--directory", str(root / "clusters")], stdout=out, stderr=out
        )
    try:
        found = until(
            lambda: re.search(r"^ready (\S+)", (root / "log").read_text(), re.MULTILINE),
            within=30,
            what="simulated clusters",
        )
        yield Simulated(found[1], root / "clusters")
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(30)


@pytest.fixture(scope="module")
def world(
    tmp_path_factory: pytest.TempPathFactory, control_plane: ControlPlane, simulated: Simulated
) -> Iterator[World]:
    """One application that selects all four clusters."""
    root = tmp_path_factory.mktemp("mixed")
    environment = {"SYNCLINE_CLUSTER_READ_TIMEOUT": f"{PATIENCE}s"}
    with worlds.make(root, [control_plane.cluster(0)], environment=environment) as made:
        for name in SIMULATED:
            shutil.copy(simulated.directory / f"{name}.kubeconfig", made.data / "credentials")
        shutil.copy(
            made.data / "credentials/c0.kubeconfig", made.data / "credentials/real.kubeconfig"
        )
        made.up()
        made.work.publish("begin", {"many/web.yaml": configmap("web", v="0", on="${cluster}")})
        destination = {"selector": {"matchLabels": {"fleet": "mixed"}}}
        parameters = {"cluster": "{{ cluster.name }}"}
        many = application(
            "many", path="many", namespace="many", destination=destination, parameters=parameters
        )
        made.apply(repository(made.repository), *map(_cluster, ("real", *SIMULATED)), many)
        made.synced(*ALL)
        yield made


def test_a_selector_reaches_real_and_simulated_clusters(world: World) -> None:
    items = world.get("clusters")["items"]

    assert {item["name"]: "simulator" in item["version"] for item in items} == {
        "real": False,
        **dict.fromkeys(SIMULATED, True),
    }
    live = world.live(0, "/api/v1/namespaces/many/configmaps/web")
    assert live is not None
    assert live["data"] == {"v": "0", "on": "real"}


@pytest.mark.parametrize("fault", FAULTS, ids=["hangs", "refuses", "429", "503"])
def test_a_cluster_that_misbehaves_holds_up_nobody_and_recovers(
    world: World, simulated: Simulated, fault: dict[str, Any], request: pytest.FixtureRequest
) -> None:
    simulated.fault(**fault)
    try:
        commit = _push(world, f"{request.node.callspec.id}-1")
        world.synced(*OTHERS, revision=commit, within=UNDISTURBED)
        commit = _push(world, f"{request.node.callspec.id}-2")
        world.synced(*OTHERS, revision=commit, within=UNDISTURBED)
        assert world.target(f"many@{BAD}")["revision"] != commit
    finally:
        simulated.fault(mode="none")

    world.synced(*ALL, revision=commit, within=BACK)


def _push(world: World, version: str) -> str:
    return world.push({"many/web.yaml": configmap("web", v=version, on="${cluster}")})


def _cluster(name: str) -> dict[str, Any]:
    return {
        "apiVersion": "syncline.dev/v1alpha1",
        "kind": "Cluster",
        "metadata": {"name": name, "labels": {"fleet": "mixed"}},
        "spec": {"kubeconfig": f"file:{name}.kubeconfig"},
    }
