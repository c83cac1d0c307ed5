"""Two servers under one set of tests: the real kube-apiserver, and the simulator in-process."""

from collections.abc import Iterator

import pytest

from syncline.simulator.background import running
from tests.conformance.backend import Backend
from tests.harness.controlplane import ControlPlane

NEVER = 1e6  # seconds until workloads are ready: the real server has no kubelet either


@pytest.fixture(scope="session")
def simulator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Backend]:
    """A simulated cluster."""
    with running(1, tmp_path_factory.mktemp("simulator"), rollout=NEVER) as started:
        yield Backend.from_kubeconfig("simulator", started.kubeconfigs["cluster-1"])


@pytest.fixture(scope="session")
def kubernetes(control_plane: ControlPlane) -> Backend:
    """A real cluster."""
    return Backend.from_kubeconfig("kubernetes", control_plane.cluster(0).kubeconfig)


@pytest.fixture(params=["simulator", pytest.param("kubernetes", marks=pytest.mark.cluster)])
def backend(request: pytest.FixtureRequest) -> Backend:
    """One of the two."""
    chosen: Backend = request.getfixturevalue(request.param)
    return chosen


@pytest.fixture
def namespace(backend: Backend) -> str:
    """A namespace of the test's own."""
    return backend.fresh_namespace()
