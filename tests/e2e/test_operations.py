"""One call syncs the fleet and shows how far it is; the commands that scripts rely on."""

import json

import pytest
import yaml

from tests.e2e.world import World, application, configmap
from tests.harness.controlplane import ControlPlane

pytestmark = pytest.mark.cluster


def deploy(world: World, name: str, **spec: object) -> None:
    world.push({f"{name}/web.yaml": configmap("web", v="1")})
    world.apply(application(name, path=name, namespace=name, **spec))
    if "syncPolicy" in spec:  # without automation the first sync waits, too
        world.becomes(f"{name}@c0", sync="OutOfSync")
        done = world.cli("sync", name, "--wait", "--reason", "first")
        assert done.returncode == 0, done.stderr
    world.synced(f"{name}@c0")


def test_a_sync_of_an_application_waits_and_ends_with_0(world: World) -> None:
    deploy(world, "waits")

    done = world.cli("sync", "waits", "--wait", "--timeout", "2m", "--reason", "by hand")

    assert done.returncode == 0, done.stderr
    newest = world.get("operations", limit="1")["items"][0]
    assert newest["state"] == "Succeeded"
    assert newest["spec"]["reason"] == "by hand"


def test_a_sync_that_fails_ends_with_1(world: World) -> None:
    deploy(world, "fails", syncPolicy={"automated": False})
    world.push({"fails/web.yaml": "a: [b\n"})

    done = world.cli("sync", "fails", "--wait", "--timeout", "2m", "--reason", "by hand")

    assert done.returncode == 1, done.stdout


def test_without_automation_a_commit_waits_for_a_sync(world: World) -> None:
    deploy(world, "manual", syncPolicy={"automated": False})

    commit = world.push({"manual/web.yaml": configmap("web", v="2")})
    world.becomes("manual@c0", sync="OutOfSync", reason="NewRevision")
    done = world.cli("sync", "manual", "--wait", "--reason", "released")

    assert done.returncode == 0, done.stderr
    world.synced("manual@c0", revision=commit)


def test_without_automation_changed_documents_wait_for_a_sync(world: World) -> None:
    manual: dict[str, object] = {"syncPolicy": {"automated": False}}
    deploy(world, "spec", **manual)
    world.push({"other/web.yaml": configmap("web", v="2")})

    world.apply(application("spec", path="other", namespace="spec", **manual))
    changed = world.becomes("spec@c0", sync="OutOfSync", reason="SpecChanged")
    before = world.live(0, "/api/v1/namespaces/spec/configmaps/web")
    done = world.cli("sync", "spec", "--wait", "--reason", "released")

    assert changed["message"].endswith("its policy is not automated: sync it")
    assert before is not None
    assert before["data"] == {"v": "1"}
    assert done.returncode == 0, done.stderr
    world.becomes("spec@c0", sync="Synced", reason="Succeeded")
    after = world.live(0, "/api/v1/namespaces/spec/configmaps/web")
    assert after is not None
    assert after["data"] == {"v": "2"}


def test_a_pinned_sync_that_writes_nothing_leaves_what_is_in_sync(world: World) -> None:
    deploy(world, "unknown")

    done = world.cli("sync", "unknown", "--revision", "v404", "--wait", "--reason", "try it")

    assert done.returncode == 1
    assert "RevisionNotFound" in done.stdout
    target = world.target("unknown@c0")
    assert (target["sync"], target["reason"]) == ("Synced", "Succeeded")
    assert world.get("targets/unknown@c0/history")["items"][0]["reason"] == "RevisionNotFound"


def test_a_pinned_sync_that_stops_half_way_is_put_right(world: World) -> None:
    deploy(world, "half")
    bad = {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "x"}, "spec": {}}
    files = {"half/web.yaml": configmap("web", v="9"), "half/x.yaml": yaml.safe_dump(bad)}
    broken = world.push(files)
    world.becomes("half@c0", sync="OutOfSync", reason="ApplyRejected")
    mended = world.push({"half/web.yaml": configmap("web", v="3"), "half/x.yaml": "---\n"})
    world.synced("half@c0", revision=mended)

    done = world.cli("sync", "half", "--revision", broken, "--wait", "--reason", "try it")

    assert done.returncode == 1
    assert "ApplyRejected" in done.stdout
    world.synced("half@c0", revision=mended)
    live = world.live(0, "/api/v1/namespaces/half/configmaps/web")
    assert live is not None
    assert live["data"] == {"v": "3"}
    runs = world.get("targets/half@c0/history")["items"]
    assert [(run["trigger"], run["reason"]) for run in runs[:2]] == [
        ("recovery", "Succeeded"),
        ("operation", "ApplyRejected"),
    ]


def test_a_dry_run_changes_nothing(world: World) -> None:
    deploy(world, "dry", syncPolicy={"automated": False})
    world.push({"dry/web.yaml": configmap("web", v="2")})
    world.becomes("dry@c0", sync="OutOfSync")

    done = world.cli("sync", "dry", "--dry-run", "--wait", "--reason", "look first")

    assert done.returncode == 0, done.stderr
    live = world.live(0, "/api/v1/namespaces/dry/configmaps/web")
    assert live is not None
    assert live["data"] == {"v": "1"}
    assert world.target("dry@c0")["sync"] == "OutOfSync"


def test_diff_says_what_a_sync_would_change(world: World) -> None:
    deploy(world, "diff", syncPolicy={"automated": False})
    same = world.cli("diff", "diff@c0")
    world.push({"diff/web.yaml": configmap("web", v="2")})
    world.becomes("diff@c0", sync="OutOfSync")

    changed = world.cli("diff", "diff@c0")
    absent = world.cli("diff", "no-such-app")

    assert same.returncode == 0, same.stdout
    assert changed.returncode == 1
    assert "-  v: '1'" in changed.stdout
    assert "+  v: '2'" in changed.stdout
    assert absent.returncode >= 2


def test_render_prints_manifests(world: World) -> None:
    deploy(world, "render")

    done = world.cli("render", "render@c0")

    assert done.returncode == 0, done.stderr
    found = list(yaml.safe_load_all(done.stdout))
    assert [item["data"] for item in found] == [{"v": "1"}]


def test_status_counts_the_fleet(world: World) -> None:
    deploy(world, "counted")

    found = json.loads(world.cli("status", "-o", "json").stdout)

    assert found["targets"] == len(world.targets())
    assert sum(found["sync"].values()) == found["targets"] == sum(found["health"].values())


def test_get_lists_targets_with_their_state(world: World) -> None:
    deploy(world, "listed")

    items = json.loads(world.cli("get", "targets", "-o", "json").stdout)["items"]

    listed = next(item for item in items if item["name"] == "listed@c0")
    assert listed["sync"] == "Synced"
    assert set(listed) >= {"name", "sync", "health", "revision", "reason", "message"}


def test_secrets_are_masked_in_renders_and_diffs(world: World) -> None:
    secret = {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": "s"},
        "stringData": {"password": "hunter2"},
    }
    world.push({"secret/s.yaml": yaml.safe_dump(secret)})
    world.apply(application("secret", path="secret", namespace="secret"))
    world.synced("secret@c0")
    secret["stringData"] = {"password": "hunter3"}
    world.push({"secret/s.yaml": yaml.safe_dump(secret)})

    shown = [world.cli(verb, "secret@c0").stdout for verb in ("render", "diff")]
    shown += [world.cli("describe", "target", "secret@c0").stdout, world.logs()]

    assert "hunter" not in "".join(shown)


def test_a_cluster_that_does_not_answer_is_not_registered(world: World) -> None:
    path = world.root / "closed.kubeconfig"
    text = world.clusters[0].kubeconfig.read_text()
    path.write_text(text.replace(f":{world.clusters[0].port}", ":9"))

    done = world.cli("cluster", "add", "nobody", "--kubeconfig", str(path))

    assert done.returncode != 0
    assert "nobody" in done.stderr
    assert "nobody" not in {item["name"] for item in world.get("clusters")["items"]}


def test_a_cluster_is_registered_with_its_kubeconfig(
    world: World, control_plane: ControlPlane
) -> None:
    deploy(world, "stored")
    kubeconfig = str(control_plane.cluster(3).kubeconfig)

    added = world.cli("cluster", "add", "byhand", "--kubeconfig", kubeconfig, "--label", "k=v")

    assert added.returncode == 0, added.stderr
    destination = {"cluster": "byhand"}
    world.apply(application("hand", path="stored", namespace="hand", destination=destination))
    world.synced("hand@byhand")
