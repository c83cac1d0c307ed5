"""Redis is lost, and there is a backup: documents, history and audit come back."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e import world as worlds
from tests.e2e.world import World, application, configmap, repository
from tests.harness.controlplane import ControlPlane

pytestmark = [pytest.mark.cluster, pytest.mark.timeout(600)]

NAMESPACE = "restored"


@pytest.fixture
def world(tmp_path: Path, control_plane: ControlPlane) -> Iterator[World]:
    """Everything is declared over the API; the kubeconfig is kept sealed."""
    server = control_plane.cluster(0)
    with worlds.make(tmp_path, [server]) as made:
        made.work.publish("one", {f"web/{name}.yaml": configmap(name, v="1") for name in "abc"})
        made.up()
        added = made.cli("cluster", "add", "c0", "--kubeconfig", str(server.kubeconfig))
        assert added.returncode == 0, added.stderr
        made.apply(repository(made.repository), application("web", path="web", namespace=NAMESPACE))
        made.synced("web@c0")
        yield made


def test_what_was_lost_comes_back_and_goes_on(world: World) -> None:
    file = world.root / "backup.gz"
    first = world.target("web@c0")["revision"]
    assert world.cli("backup", str(file)).returncode == 0
    later = {"web/b.yaml": configmap("b", v="2"), "web/x.yaml": configmap("x", v="1")}
    world.synced("web@c0", revision=world.push(later, "after the backup"))
    untouched = _versions(world, "a", "c")
    world.down()
    shutil.rmtree(world.data / "redis")

    back = {"web/b.yaml": configmap("b", v="1"), "web/x.yaml": None}
    commit = world.work.publish("b as it was in the backup, and no x", back)
    world.up()
    assert world.targets() == {}
    done = world.cli("restore", str(file))

    assert done.returncode == 0, done.stderr
    world.synced("web@c0", revision=commit)
    assert _data(world, "b") == {"v": "1"}
    assert _data(world, "x") is None
    assert _versions(world, "a", "c") == untouched
    revisions = [run["revision"] for run in world.get("targets/web@c0/history")["items"]]
    assert (revisions[0], first in revisions) == (commit, True)
    verbs = [(each["verb"], each["subject"]) for each in world.get("audit")["items"]]
    assert {("apply", "Application/web"), ("restore", "store")} <= set(verbs)

    world.synced("web@c0", revision=world.push({"web/a.yaml": configmap("a", v="9")}))
    assert _data(world, "a") == {"v": "9"}


def _data(world: World, name: str) -> dict[str, str] | None:
    live = world.live(0, f"/api/v1/namespaces/{NAMESPACE}/configmaps/{name}")
    return None if live is None else live["data"]


def _versions(world: World, *names: str) -> dict[str, str]:
    found = {}
    for name in names:
        live = world.live(0, f"/api/v1/namespaces/{NAMESPACE}/configmaps/{name}")
        assert live is not None
        found[name] = live["metadata"]["resourceVersion"]
    return found
