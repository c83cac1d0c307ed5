"""Redis is lost, with everything in it: Git and the marks on live objects are enough."""

import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.e2e import world as worlds
from tests.e2e.world import World, application, cluster, configmap, repository
from tests.harness.controlplane import ControlPlane
from tests.harness.poll import until

pytestmark = [pytest.mark.cluster, pytest.mark.timeout(600)]

BOTH = (0, 1)


@pytest.fixture
def world(tmp_path: Path, control_plane: ControlPlane) -> Iterator[World]:
    """A fleet repository declares `web` and `old` on two clusters."""
    servers = [control_plane.cluster(number) for number in BOTH]
    with worlds.make(tmp_path, servers) as made:
        made.arguments = ["--fleet", made.repository, "--revision", "main", "--path", "fleet"]
        made.work.publish("a fleet", _fleet(made))
        made.up()
        made.synced("web@c0", "web@c1", "old@c0", "old@c1")
        yield made


def test_an_empty_store_is_rebuilt_and_prunes_what_git_dropped(world: World) -> None:
    _copy_marks(world)
    before = {number: _names(world, number, "lost-web") for number in BOTH}
    world.down()

    shutil.rmtree(world.data / "redis")
    dropped = {"apps/web/b.yaml": None, "apps/web/c.yaml": configmap("c"), "fleet/old.yaml": None}
    commit = world.work.publish("while it was lost", dropped)
    world.up()

    world.synced("web@c0", "web@c1", revision=commit)
    assert before == {0: {"a", "b", "copy"}, 1: {"a", "b"}}
    assert _names(world, 0, "lost-web") == {"a", "c", "copy"}
    assert _names(world, 1, "lost-web") == {"a", "c"}
    assert set(world.targets()) == {"web@c0", "web@c1"}
    assert {number: _names(world, number, "lost-old") for number in BOTH} == {0: {"o"}, 1: {"o"}}
    assert _undeclared(world)["found"] == "2 applications left objects: old@c0 (1), old@c1 (1)"

    _a_new_application_pays_nothing(world)
    _what_is_deleted_by_hand_is_reported_no_more(world)


def _a_new_application_pays_nothing(world: World) -> None:
    surveys = world.logs_of("worker").count("cluster_surveyed")
    new = {"apps/new/fresh.yaml": configmap("fresh"), "fleet/new.yaml": _application("new")}
    world.push(new)
    world.synced("new@c0", "new@c1")

    assert world.logs_of("worker").count("cluster_surveyed") == surveys


def _what_is_deleted_by_hand_is_reported_no_more(world: World) -> None:
    for number in BOTH:
        world.clusters[number].call(
            "DELETE", "/api/v1/namespaces/lost-old/configmaps/o", {"kind": "DeleteOptions"}
        )
    until(
        lambda: _undeclared(world)["found"] == "none was found",
        within=90,
        what="the doctor reports nothing",
        every=0.5,
    )


def _fleet(world: World) -> Mapping[str, str | bytes | None]:
    return {
        "apps/web/a.yaml": configmap("a"),
        "apps/web/b.yaml": configmap("b"),
        "apps/old/o.yaml": configmap("o"),
        "fleet/repository.yaml": yaml.safe_dump(repository(world.repository)),
        "fleet/c0.yaml": yaml.safe_dump(cluster(0, fleet="lost")),
        "fleet/c1.yaml": yaml.safe_dump(cluster(1, fleet="lost")),
        "fleet/web.yaml": _application("web"),
        "fleet/old.yaml": _application("old"),
    }


def _application(name: str) -> str:
    return yaml.safe_dump(
        application(
            name,
            path=f"apps/{name}",
            namespace=f"lost-{name}",
            destination={"selector": {"matchLabels": {"fleet": "lost"}}},
            syncPolicy={"interval": "10s"},
        )
    )


def _copy_marks(world: World) -> None:
    """An object of somebody else's, with the marks of `b`, as some controllers make them."""
    live = world.live(0, "/api/v1/namespaces/lost-web/configmaps/b")
    assert live is not None
    marks = {key: live["metadata"][key] for key in ("labels", "annotations")}
    body = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "copy", **marks}}
    world.clusters[0].call("POST", "/api/v1/namespaces/lost-web/configmaps", body)


def _names(world: World, number: int, namespace: str) -> set[str]:
    found = world.live(number, f"/api/v1/namespaces/{namespace}/configmaps")
    assert found is not None
    return {item["metadata"]["name"] for item in found["items"]} - {"kube-root-ca.crt"}


def _undeclared(world: World) -> dict[str, Any]:
    checks = {check["name"]: check for check in world.get("doctor")["checks"]}
    found: dict[str, Any] = checks["undeclared objects"]
    return found
