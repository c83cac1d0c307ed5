"""Syncline follows a Git repository of its own documents; what that declares, nobody else changes.

The tests share one world; each leaves it following a commit that is adopted.
"""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.e2e import world as worlds
from tests.e2e.world import World, application, cluster, configmap, repository
from tests.harness.controlplane import ControlPlane
from tests.harness.poll import until

pytestmark = pytest.mark.cluster

REFUSED = 4  # the exit code


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory, control_plane: ControlPlane) -> Iterator[World]:
    """Everything comes from Git: nothing is applied over the API."""
    root = tmp_path_factory.mktemp("fleet")
    with worlds.make(root, [control_plane.cluster(0)]) as made:
        follow = ["--revision", "main", "--path", "fleet"]
        made.arguments = ["--fleet", made.repository, *follow]
        files = {"apps/web/web.yaml": configmap("web", v="1"), **documents(made)}
        made.work.publish("a fleet", files)
        made.up()
        made.synced("web@c0")
        yield made


def documents(world: World) -> Mapping[str, str | bytes | None]:
    """A repository, a cluster, and `web`."""
    return {
        "fleet/repository.yaml": yaml.safe_dump(repository(world.repository)),
        "fleet/clusters/c0.yaml": yaml.safe_dump(cluster(0, region="eu")),
        "fleet/web.yaml": web(),
    }


def web(**spec: Any) -> str:
    return yaml.safe_dump(application("web", path="apps/web", namespace="fleet-web", **spec))


def followed(world: World) -> dict[str, Any]:
    found: dict[str, Any] = world.get("fleet")["followed"]
    return found


def adopted(world: World, commit: str, error: str = "") -> dict[str, Any]:
    """Wait until a commit is adopted, or refused with these words."""

    def check() -> dict[str, Any] | None:
        found = followed(world)
        told = error in found["error"] if error else not found["error"]
        return found if found["commit"] == commit and told else None

    try:
        return until(check, within=90, what=f"{commit} {error}", every=0.1)
    except AssertionError as exc:
        raise AssertionError(f"{exc}\n{followed(world)}\n{world.logs()}") from exc


def test_repository_clusters_and_applications_are_declared(world: World) -> None:
    declared = {
        f"{kind}/{item['name']}": item["declaredIn"]
        for kind in ("repositories", "clusters", "applications")
        for item in world.get(kind)["items"]
    }

    assert declared == {
        "repositories/shop": "fleet: fleet/repository.yaml",
        "repositories/syncline-fleet": "fleet",
        "clusters/c0": "fleet: fleet/clusters/c0.yaml",
        "applications/web": "fleet: fleet/web.yaml",
    }


def test_a_worker_checks_the_way_to_a_repository(world: World) -> None:
    checked = world.cli("repo", "check", "shop")

    assert checked.returncode == 0, checked.stderr
    _, *lines = checked.stdout.splitlines()
    steps = ["access", "name", "connection", "answer"]
    assert [line.split()[:2] for line in lines] == [[step, "ok"] for step in steps]
    assert "it answers; 1 revisions are followed; HEAD is " in lines[-1]


def test_a_commit_changes_an_application(world: World) -> None:
    commit = world.push({"fleet/web.yaml": web(parameters={"v": "two"}), **_source("v", "${v}")})

    adopted(world, commit)
    until(lambda: _data(world) == {"v": "two"}, within=90, what="the new parameter is applied")


def test_a_document_that_disappears_deletes_its_objects(world: World) -> None:
    more = application("more", path="apps/more", namespace="fleet-more")
    added = {
        "apps/more/m.yaml": configmap("more", v="1"),
        "fleet/more.yaml": yaml.safe_dump(more),
    }
    world.push(added)
    world.synced("more@c0")

    world.push({"fleet/more.yaml": None})

    until(lambda: "more@c0" not in world.targets(), within=90, what="the target is gone")
    assert world.live(0, "/api/v1/namespaces/fleet-more/configmaps/more") is None
    assert {item["name"] for item in world.get("applications")["items"]} == {"web"}


def test_a_broken_document_refuses_the_whole_commit_and_says_so(world: World) -> None:
    good, before = _text(world), _data(world)
    broken = web(parameters={"v": "nine"}).replace("namespace: fleet-web", "namespce: fleet-web")
    new = yaml.safe_dump(application("fresh", path="apps/web", namespace="fresh"))
    commit = world.push({"fleet/web.yaml": broken, "fleet/fresh.yaml": new})

    adopted(world, commit, "namespce")
    shown = {
        "status": world.cli("status").stdout,
        "describe": world.cli("describe", "repository", "syncline-fleet").stdout,
        "doctor": world.cli("doctor").stdout,
    }
    names = {item["name"] for item in world.get("applications")["items"]}

    for command, text in shown.items():
        assert "fleet/web.yaml" in text, (command, text)
        assert "namespace" in text, (command, text)
    assert f"refused {commit[:12]}" in shown["status"]
    assert names == {"web"}
    assert _data(world) == before

    commit = world.push({"fleet/web.yaml": good, "fleet/fresh.yaml": None})
    adopted(world, commit)
    assert f"adopted {commit[:12]}" in world.cli("status").stdout


def test_broken_yaml_names_its_file(world: World) -> None:
    text = "apiVersion: syncline.dev/v1alpha1\nkind: [Application\n"
    commit = world.push({"fleet/bad.yaml": text})

    found = adopted(world, commit, "fleet/bad.yaml")

    assert "InvalidDocument" in found["error"]
    adopted(world, world.push({"fleet/bad.yaml": None}))


def test_a_commit_that_declares_nothing_deletes_nothing(world: World) -> None:
    kept, before = {**documents(world), "fleet/web.yaml": _text(world)}, _data(world)
    commit = world.push({**dict.fromkeys(kept), "fleet/README.md": "nothing\n"})

    adopted(world, commit, "declares no document")

    assert set(world.targets()) == {"web@c0"}
    adopted(world, world.push(kept))
    assert _data(world) == before


def test_a_link_out_of_the_repository_is_refused(world: World) -> None:
    world.work.link("fleet/passwd.yaml", "/etc/passwd")
    commit = world.push({})

    found = adopted(world, commit, "UnsafePath")

    assert "fleet/passwd.yaml" in found["error"]
    assert "root:" not in found["error"]
    adopted(world, world.push({"fleet/passwd.yaml": None}))


@pytest.mark.parametrize(
    "arguments",
    [
        ("delete", "application", "web"),
        ("delete", "cluster", "c0"),
        ("delete", "repository", "shop"),
    ],
)
def test_what_is_declared_cannot_be_deleted_otherwise(
    world: World, arguments: tuple[str, ...]
) -> None:
    done = world.cli(*arguments, "--reason", "by hand")

    assert (done.returncode, "declared in fleet: fleet/" in done.stderr) == (REFUSED, True), done
    assert set(world.targets()) == {"web@c0"}


def test_what_is_declared_cannot_be_changed_otherwise(world: World, tmp_path: Path) -> None:
    before, file = _data(world), tmp_path / "web.yaml"
    file.write_text(web(parameters={"v": "by hand"}))

    done = world.cli("apply", "-f", str(file))

    assert done.returncode == REFUSED, done
    assert "declared in fleet: fleet/web.yaml" in done.stderr
    assert _data(world) == before


HEALTH_RULE = {
    "apiVersion": "syncline.dev/v1alpha1",
    "kind": "HealthRule",
    "metadata": {"name": "versions"},
    "spec": {
        "group": "",
        "kinds": ["ConfigMap"],
        "cases": [
            {
                "when": "self.data.v == 'bad'",
                "status": "Degraded",
                "reason": "BadVersion",
                "message": "version ${self.data.v} is bad",
            }
        ],
    },
}


def test_health_rules_judge_what_is_applied_and_what_is_there(world: World) -> None:
    rule = {"fleet/health/versions.yaml": yaml.safe_dump(HEALTH_RULE)}
    adopted(world, world.push(rule))
    often = {"syncPolicy": {"interval": "10s"}}
    good = {"fleet/web.yaml": web(parameters={"v": "good"}, **often), **_source("v", "${v}")}
    bad = {"fleet/web.yaml": web(parameters={"v": "bad"}, **often)}

    adopted(world, world.push(good))
    until(lambda: _data(world) == {"v": "good"}, within=90, what="the good version is applied")
    assert world.target("web@c0")["health"] == "Healthy"
    assert followed(world)["healthRules"] == ["versions"]

    adopted(world, world.push(bad))
    _becomes(world, "Degraded", "ConfigMap/fleet-web/web: version bad is bad")

    adopted(world, world.push({"fleet/health/versions.yaml": None}))
    _becomes(world, "Healthy", "")  # nobody applied anything: a sweep has it judged again

    adopted(world, world.push(rule))
    _becomes(world, "Degraded", "ConfigMap/fleet-web/web: version bad is bad")

    adopted(world, world.push({"fleet/health/versions.yaml": None, **good}))
    _becomes(world, "Healthy", "")


def _becomes(world: World, health: str, message: str) -> None:
    def check() -> bool:
        found = world.target("web@c0")
        return found.get("health") == health and message in found["message"]

    try:
        until(check, within=120, what=f"web@c0 {health} {message}", every=0.2)
    except AssertionError as exc:
        raise AssertionError(f"{exc}\n{world.target('web@c0')}\n{world.logs()}") from exc


def test_a_repository_that_is_away_is_shown_until_it_is_back(world: World) -> None:
    commit = followed(world)["commit"]
    world.git.status = 503
    try:
        world.post("hooks/generic", {"repository": world.repository})
        found = adopted(world, commit, "RepositoryUnreachable")
        assert "503" in found["error"]
    finally:
        world.git.status = 0

    world.post("hooks/generic", {"repository": world.repository})
    adopted(world, commit)


def test_a_repository_on_this_machine_is_followed_by_its_path(world: World) -> None:
    follow = ["--revision", "main", "--path", "fleet"]
    origin = str(world.work.origin)
    world.down()
    world.arguments = ["--fleet", origin, *follow]
    world.up()

    moved = {"fleet/web.yaml": web(parameters={"v": "three"}), **_source("v", "${v}")}
    commit = world.work.publish("moved", moved)
    until(
        lambda: followed(world)["url"] == origin and not followed(world)["error"],
        within=90,
        what="it is followed",
    )
    world.post("hooks/generic", {"repository": origin})
    adopted(world, commit)
    until(lambda: _data(world) == {"v": "three"}, within=90, what="the new parameter is applied")
    assert set(world.targets()) == {"web@c0"}


def _text(world: World) -> str:
    return (world.work.path / "fleet/web.yaml").read_text()


def _source(key: str, value: str) -> Mapping[str, str]:
    return {"apps/web/web.yaml": configmap("web", **{key: value})}


def _data(world: World) -> dict[str, str]:
    live = world.live(0, "/api/v1/namespaces/fleet-web/configmaps/web")
    assert live is not None
    found: dict[str, str] = live["data"]
    return found
