"""A simulator of the session's own, with workloads that become ready at once."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count

import pytest
import yaml

from syncline.simulator.background import running
from syncline.simulator.server import Simulator
from tests.conformance.backend import Answer, Backend

NAMES = count(1)


@dataclass(frozen=True, slots=True)
class Fleet:
    """A running simulator, cluster by cluster."""

    simulator: Simulator

    def cluster(self, number: int, context: int = 0) -> Backend:
        """Cluster `number` from 1; context 1 is the one that only reads."""
        path = self.simulator.kubeconfigs[f"cluster-{number}"]
        config = yaml.safe_load(path.read_text())
        server = config["clusters"][0]["cluster"]["server"]
        token = config["users"][context]["user"]["token"]
        return Backend(name=path.stem, url=server, token=token)

    @property
    def admin(self) -> Backend:
        """The endpoints that make clusters misbehave."""
        return Backend(name="admin", url=self.simulator.url, token=self.simulator.token)

    def fault(self, number: int, **fault: object) -> int:
        """Make a cluster misbehave; the status code of the answer."""
        return self.admin("PUT", f"/simulator/clusters/cluster-{number}/faults", fault).code

    def timetable(self, *entries: object) -> Answer:
        """Let faults come and go by themselves, in place of any before."""
        return self.admin("PUT", "/simulator/timetable", list(entries))


@pytest.fixture(scope="session")
def fleet(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Fleet]:
    """Three clusters."""
    with running(3, tmp_path_factory.mktemp("fleet"), rollout=0.02) as simulator:
        yield Fleet(simulator)


@pytest.fixture
def cluster(fleet: Fleet) -> Backend:
    """The first of them."""
    return fleet.cluster(1)


@pytest.fixture
def namespace(cluster: Backend) -> str:
    """A namespace of the test's own."""
    name = f"test-{next(NAMES)}"
    body = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}}
    assert cluster("POST", "/api/v1/namespaces", body).code == 201
    return name
