"""The harness as pytest fixtures. What cannot be had fails the test that asks; no test is skipped.

The programs of the control plane must be there: `python3 tools/get.py controlplane`, which `make
test` runs first, because building them takes longer than a test may.
"""

from collections.abc import Iterator

import pytest

from tests.harness.apiserver import ApiServer
from tests.harness.controlplane import ControlPlane


@pytest.fixture(scope="session")
def control_plane(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ControlPlane]:
    """Real clusters, shared by the session: `control_plane.cluster(i)` starts what is missing.

    A test leaves each running, and works in a namespace of its own.
    """
    with ControlPlane.start(tmp_path_factory.mktemp("control-plane"), clusters=0) as plane:
        yield plane


@pytest.fixture
def api_server(control_plane: ControlPlane) -> ApiServer:
    """The first of them."""
    return control_plane.cluster(0)
