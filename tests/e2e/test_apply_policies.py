"""How objects are applied, as a user sees it: policies in documents, states and messages."""

import contextlib
import threading
import urllib.error
from typing import Any

import pytest
import yaml

from tests.e2e.world import World, application, configmap

pytestmark = pytest.mark.cluster


def configmaps(namespace: str) -> str:
    return f"/api/v1/namespaces/{namespace}/configmaps"


def create_namespace(world: World, name: str) -> None:
    body = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}}
    world.clusters[0].call("POST", "/api/v1/namespaces", body)


def data(world: World, namespace: str) -> Any:
    live = world.live(0, f"{configmaps(namespace)}/web")
    return live and live["data"]


def test_what_helm_applied_first_is_taken_over_and_then_follows_git(world: World) -> None:
    create_namespace(world, "taken")
    old = yaml.safe_load(configmap("web", v="1", old="1"))
    world.clusters[0].call("POST", f"{configmaps('taken')}?fieldManager=helm", old)
    world.push({"taken/web.yaml": configmap("web", v="1")})
    policy = {"takeOver": ["helm"]}

    world.apply(application("taken", path="taken", namespace="taken", syncPolicy=policy))
    world.synced("taken@c0")

    assert data(world, "taken") == {"v": "1"}


def test_a_conflict_stalls_until_the_policy_yields(world: World) -> None:
    create_namespace(world, "yields")
    theirs = yaml.safe_load(configmap("web", v="theirs"))
    path = f"{configmaps('yields')}/web?fieldManager=rival"
    world.clusters[0].call("PATCH", path, theirs, kind="apply-patch+yaml")
    world.push({"yields/web.yaml": configmap("web", v="1", more="1")})
    policy: dict[str, Any] = {"conflicts": "fail"}
    world.apply(application("yields", path="yields", namespace="yields", syncPolicy=policy))
    stalled = world.becomes("yields@c0", sync="OutOfSync", reason="FieldConflict")

    policy["conflictRules"] = [{"conflicts": "yield", "fields": ["/data/v"]}]
    world.apply(application("yields", path="yields", namespace="yields", syncPolicy=policy))
    world.cli("sync", "yields", "--wait", "--reason", "the policy yields now")

    assert '.data.v (by "rival")' in stalled["message"]
    world.synced("yields@c0")
    assert data(world, "yields") == {"v": "theirs", "more": "1"}


@pytest.mark.slow
def test_a_field_that_somebody_sets_again_and_again_is_reported(world: World) -> None:
    world.push({"fight/web.yaml": configmap("web", v="1")})
    world.apply(
        application("fight", path="fight", namespace="fight", syncPolicy={"interval": "10s"})
    )
    world.synced("fight@c0")
    ended = threading.Event()

    def rival() -> None:
        path = f"{configmaps('fight')}/web?fieldManager=rival"
        while not ended.wait(0.5):
            with contextlib.suppress(urllib.error.URLError):
                patch = {"data": {"v": "theirs"}}
                world.clusters[0].call("PATCH", path, patch, kind="merge-patch+json")

    thread = threading.Thread(target=rival)
    thread.start()
    try:
        found = world.becomes("fight@c0", sync="OutOfSync", reason="FieldContested")
        left = world.becomes("fight@c0", phase="idle")
    finally:
        ended.set()
        thread.join()

    assert '"rival" sets .data.v each time that it is put back' in found["message"]
    assert left["reason"] == "FieldContested"
    assert data(world, "fight") == {"v": "theirs"}


def test_an_immutable_field_waits_for_consent(world: World) -> None:
    fixed = {**yaml.safe_load(configmap("web", v="1")), "immutable": True}
    world.push({"fixed/web.yaml": yaml.safe_dump(fixed)})
    world.apply(application("fixed", path="fixed", namespace="fixed"))
    world.synced("fixed@c0")
    world.push({"fixed/web.yaml": yaml.safe_dump({**fixed, "data": {"v": "2"}})})
    stalled = world.becomes("fixed@c0", reason="FieldImmutable")

    fixed["metadata"]["annotations"] = {"syncline.dev/recreate": "true"}
    commit = world.push({"fixed/web.yaml": yaml.safe_dump({**fixed, "data": {"v": "2"}})})
    world.synced("fixed@c0", revision=commit)

    assert "syncPolicy.recreate" in stalled["message"]
    assert data(world, "fixed") == {"v": "2"}


def test_what_left_git_can_wait_for_a_confirmation(world: World) -> None:
    careful = yaml.safe_load(configmap("careful", v="1"))
    careful["metadata"]["annotations"] = {"argocd.argoproj.io/sync-options": "Prune=confirm"}
    files: dict[str, str | bytes | None] = {
        "careful/web.yaml": configmap("web", v="1"),
        "careful/careful.yaml": yaml.safe_dump(careful),
    }
    world.push(files)
    world.apply(application("careful", path="careful", namespace="careful"))
    world.synced("careful@c0")

    commit = world.push({"careful/careful.yaml": None})
    waits = world.becomes("careful@c0", sync="OutOfSync", reason="PruneUnconfirmed")
    done = world.cli("sync", "careful", "--confirm-prune", "--wait", "--reason", "it may go")

    assert waits["revision"] == commit
    assert done.returncode == 0, done.stderr
    world.synced("careful@c0", revision=commit)
    assert world.live(0, f"{configmaps('careful')}/careful") is None


def test_some_objects_can_be_synced_alone(world: World) -> None:
    def files(value: str) -> dict[str, str | bytes | None]:
        return {f"part/{name}.yaml": configmap(name, v=value) for name in ("web", "other")}

    world.push(files("1"))
    policy = {"automated": False}
    world.apply(application("part", path="part", namespace="part", syncPolicy=policy))
    world.becomes("part@c0", sync="OutOfSync")
    world.cli("sync", "part", "--wait", "--reason", "first")
    world.push(files("2"))
    world.becomes("part@c0", sync="OutOfSync", reason="NewRevision")

    done = world.cli(
        "sync", "part", "--kind", "ConfigMap", "--object", "web", "--wait", "--reason", "only web"
    )
    refused = world.cli("sync", "part", "--object", "web", "--revision", "main", "--reason", "both")

    assert done.returncode == 0, done.stderr
    assert data(world, "part") == {"v": "2"}
    other = world.live(0, f"{configmaps('part')}/other")
    assert other is not None
    assert other["data"] == {"v": "1"}
    target = world.target("part@c0")
    assert (target["sync"], target["reason"]) == ("OutOfSync", "NewRevision")
    assert "takes either a revision or some objects" in refused.stderr
