from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e import world as worlds
from tests.e2e.world import World
from tests.harness.controlplane import ControlPlane


@pytest.fixture(scope="session")
def world(tmp_path_factory: pytest.TempPathFactory, control_plane: ControlPlane) -> Iterator[World]:
    """One running Syncline for all tests that leave it running; two real clusters.

    Each test uses directories, applications and a namespace of its own.
    """
    clusters = [control_plane.cluster(0), control_plane.cluster(1)]
    with worlds.make(tmp_path_factory.mktemp("world"), clusters) as made:
        made.up()
        made.apply(
            worlds.repository(made.repository),
            worlds.cluster(0, region="eu"),
            worlds.cluster(1, region="us"),
        )
        yield made


@pytest.fixture
def own_world(tmp_path: Path, control_plane: ControlPlane) -> Iterator[World]:
    """A Syncline that a test may break; the clusters may be away, too."""
    with worlds.make(tmp_path, [control_plane.cluster(2)]) as made:
        made.up()
        made.apply(worlds.repository(made.repository), worlds.cluster(0, region="eu"))
        yield made
