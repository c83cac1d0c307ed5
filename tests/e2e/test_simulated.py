"""Simulated clusters beside real ones: misbehaviour of some of them holds up nobody else."""

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
import yaml

from tests.e2e import world as worlds
from tests.e2e.world import World, application, configmap, repository
from tests.harness.controlplane import ControlPlane
from tests.harness.poll import until

pytestmark = pytest.mark.cluster

REAL = ("real-0", "real-1", "real-2")
SIMULATED = tuple(f"cluster-{number}" for number in range(1, 9))
ALL = tuple(f"many@{name}" for name in (*REAL, *SIMULATED))
BAD = "cluster-2"
OTHERS = tuple(name for name in ALL if name != f"many@{BAD}")
WEB = "/api/v1/namespaces/many/configmaps/web"
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
        self._put(f"clusters/{BAD}/faults", fault)

    def timetable(self, *entries: dict[str, Any]) -> None:
        """Makes clusters misbehave at their times."""
        self._put("timetable", list(entries))

    def data(self, name: str) -> Any:
        """What a cluster's ConfigMap says."""
        config = yaml.safe_load((self.directory / f"{name}.kubeconfig").read_text())
        answer = httpx.get(
            f"{self.url}/clusters/{name}{WEB}",
            headers={"Authorization": f"Bearer {config['users'][0]['user']['token']}"},
        )
        return answer.raise_for_status().json()["data"]

    def _put(self, path: str, body: object) -> None:
        token = (self.directory / "admin-token").read_text().strip()
        headers = {"Authorization": f"Bearer {token}"}
        httpx.put(f"{self.url}/simulator/{path}", json=body, headers=headers).raise_for_status()


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
    """One application that selects all clusters, three of them real."""
    root = tmp_path_factory.mktemp("mixed")
    control_plane.grow(len(REAL))
    clusters = [control_plane.cluster(number) for number in range(len(REAL))]
    environment = {"SYNCLINE_CLUSTER_READ_TIMEOUT": f"{PATIENCE}s"}
    with worlds.make(root, clusters, environment=environment) as made:
        for name in SIMULATED:
            shutil.copy(simulated.directory / f"{name}.kubeconfig", made.data / "credentials")
        for number, name in enumerate(REAL):
            source = made.data / f"credentials/c{number}.kubeconfig"
            shutil.copy(source, source.with_name(f"{name}.kubeconfig"))
        made.up()
        made.work.publish("begin", {"many/web.yaml": configmap("web", v="0", on="${cluster}")})
        destination = {"selector": {"matchLabels": {"fleet": "mixed"}}}
        parameters = {"cluster": "{{ cluster.name }}"}
        many = application(
            "many", path="many", namespace="many", destination=destination, parameters=parameters
        )
        made.apply(repository(made.repository), *map(_cluster, (*REAL, *SIMULATED)), many)
        made.synced(*ALL)
        yield made


def test_a_selector_reaches_real_and_simulated_clusters(world: World, simulated: Simulated) -> None:
    items = world.get("clusters")["items"]

    assert {item["name"]: "simulator" in item["version"] for item in items} == {
        **dict.fromkeys(REAL, False),
        **dict.fromkeys(SIMULATED, True),
    }
    assert _everywhere(world, simulated) == _expected("0")


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


def test_a_mixed_fleet_ends_at_the_newest_commit_after_faults_on_a_timetable(
    world: World, simulated: Simulated
) -> None:
    simulated.timetable(
        {"for": 3, "clusters": ["cluster-1"], "mode": "partition"},
        {"for": 2, "clusters": ["cluster-3"], "mode": "partition", "cut": True},
        {"for": 4, "clusters": ["cluster-4"], "mode": "error", "code": 429, "retry_after": 1},
        {"for": 4, "clusters": ["cluster-5"], "mode": "error", "code": 500, "probability": 0.5},
        {"for": 4, "clusters": ["cluster-6"], "mode": "slow", "delay": 0.3, "jitter": 0.2},
        {"at": 1, "for": 2, "clusters": ["cluster-7"], "mode": "refuse"},
    )
    commits = [_push(world, f"timetable-{number}") for number in range(3)]

    world.synced(*ALL, revision=commits[-1], within=BACK)

    assert _everywhere(world, simulated) == _expected("timetable-2")


def _everywhere(world: World, simulated: Simulated) -> dict[str, Any]:
    """What each cluster holds, read from itself."""
    real = {name: world.live(number, WEB) for number, name in enumerate(REAL)}
    found = {name: live["data"] for name, live in real.items() if live is not None}
    return found | {name: simulated.data(name) for name in SIMULATED}


def _expected(version: str) -> dict[str, Any]:
    return {name: {"v": version, "on": name} for name in (*REAL, *SIMULATED)}


def _push(world: World, version: str) -> str:
    return world.push({"many/web.yaml": configmap("web", v=version, on="${cluster}")})


def _cluster(name: str) -> dict[str, Any]:
    return {
        "apiVersion": "syncline.dev/v1alpha1",
        "kind": "Cluster",
        "metadata": {"name": name, "labels": {"fleet": "mixed"}},
        "spec": {"kubeconfig": f"file:{name}.kubeconfig"},
    }
