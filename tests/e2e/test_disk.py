"""What nobody needs any more leaves a worker's disk while it works."""

import os
from pathlib import Path

import pytest

from tests.e2e import world as worlds
from tests.e2e.world import application, configmap
from tests.harness.controlplane import ControlPlane
from tests.harness.poll import until

pytestmark = pytest.mark.cluster


def test_old_mirrors_and_what_a_killed_worker_left_are_removed(
    tmp_path: Path, control_plane: ControlPlane
) -> None:
    temporary = tmp_path / "tmp"
    left = temporary / "syncline-ssh-abcdefgh"
    with worlds.make(
        tmp_path, [control_plane.cluster(2)], environment={"TMPDIR": str(temporary)}
    ) as world:
        stale = world.data / "git" / ("a" * 32)
        for place in (left, stale):
            place.mkdir(parents=True)
            os.utime(place, (0, 0))
        stale.with_suffix(".used").write_text("https://git.example.com/gone.git")
        os.utime(stale.with_suffix(".used"), (0, 0))
        world.up()
        world.apply(worlds.repository(world.repository), worlds.cluster(0))
        world.push({"kept/web.yaml": configmap("web", a="1")})
        world.apply(application("kept", path="kept", namespace="disk"))
        world.synced("kept@c0")

        until(lambda: not stale.exists() and not left.exists(), within=30, what="removed")

        assert not stale.with_suffix(".used").exists()
        assert len(list((world.data / "git").glob("*/HEAD"))) == 1
        assert "git.example.com/gone.git" in world.logs()
