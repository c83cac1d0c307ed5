"""What would change, over real clusters: a branch that nobody follows, and fields of others."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest
import yaml

from tests.e2e.world import World, application, configmap
from tests.harness.poll import until

pytestmark = pytest.mark.cluster

BOTH = ("--cluster-selector", "region in (eu,us)")
EVERYWHERE = {"destination": {"selector": {}}}


def branch(world: World, name: str, files: dict[str, str]) -> str:
    """A commit on a branch of its own, as of a pull request."""
    world.work.git("checkout", "--quiet", "-b", name)
    try:
        return world.work.publish("propose", files)
    finally:
        world.work.git("checkout", "--quiet", "main")


def told(world: World, *arguments: str) -> tuple[int, dict[str, Any]]:
    done = world.cli("diff", *arguments, "-o", "json")
    return done.returncode, json.loads(done.stdout)


def test_a_branch_is_checked_over_many_clusters_before_it_is_merged(world: World) -> None:
    secret = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "s"}}
    files = {
        "checked/web.yaml": configmap("web", v="1"),
        "checked/gone.yaml": configmap("gone", v="1"),
        "checked/s.yaml": yaml.safe_dump({**secret, "stringData": {"password": "hunter2"}}),
    }
    world.push(files)
    world.apply(application("checked", path="checked", namespace="checked", **EVERYWHERE))
    world.synced("checked@c0", "checked@c1")
    proposed = {
        "checked/web.yaml": configmap("web", v="2"),
        "checked/gone.yaml": "---\n",
        "checked/s.yaml": yaml.safe_dump({**secret, "stringData": {"password": "hunter3"}}),
    }
    commit = branch(world, "proposal", proposed)
    before = [world.live(number, "/api/v1/namespaces/checked/configmaps/web") for number in (0, 1)]

    nothing = told(world, "checked", *BOTH)
    by_name = told(world, "checked", *BOTH, "--revision", "proposal")
    by_commit = told(world, "checked@c0", "--revision", commit)
    unknown = world.cli("diff", "checked", *BOTH, "--revision", "no-such-branch")

    assert (nothing[0], nothing[1]["groups"]) == (0, [])
    assert nothing[1]["unchanged"] == ["checked@c0", "checked@c1"]
    assert (by_name[0], by_commit[0], unknown.returncode) == (1, 1, 4)
    assert "RevisionNotFound" in unknown.stderr
    [group] = by_name[1]["groups"]
    assert group["targets"] == ["checked@c0", "checked@c1"]
    assert group["differences"] == by_commit[1]["groups"][0]["differences"]
    assert [(each["subject"], each["action"]) for each in group["differences"]] == [
        ("ConfigMap/checked/gone", "deleted"),
        ("ConfigMap/checked/web", "configured"),
        ("Secret/checked/s", "configured"),
    ]
    assert group["differences"][1]["fields"] == [{"path": ".data.v", "before": "1", "after": "2"}]
    assert group["differences"][2]["fields"] == [
        {"path": ".data.password", "before": "******", "after": "****** (changed)"}
    ]
    after = [world.live(number, "/api/v1/namespaces/checked/configmaps/web") for number in (0, 1)]
    assert after == before


def deployment(image: str) -> str:
    labels = {"app": "scaled"}
    pod = {"containers": [{"name": "web", "image": image}]}
    spec = {
        "replicas": 1,
        "selector": {"matchLabels": labels},
        "template": {"metadata": {"labels": labels}, "spec": pod},
    }
    body = {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "web"}}
    return yaml.safe_dump({**body, "spec": spec})


def test_what_a_rule_leaves_to_others_no_sweep_no_diff_and_no_commit_touches(
    world: World,
) -> None:
    path = "/apis/apps/v1/namespaces/scaled/deployments/web"
    settings = "/api/v1/namespaces/scaled/configmaps/settings"
    rule = {"kind": "Deployment", "jsonPointers": ["/spec/replicas"]}
    policy = {"interval": "10s", "ignoreDifferences": [rule]}
    world.push(
        {"scaled/web.yaml": deployment("nginx:1"), "scaled/c.yaml": configmap("settings", v="1")}
    )
    world.apply(application("scaled", path="scaled", namespace="scaled", syncPolicy=policy))
    world.synced("scaled@c0")

    def patch(where: str, body: object) -> None:
        query = f"{where}?fieldManager=autoscaler"
        world.clusters[0].call("PATCH", query, body, kind="merge-patch+json")

    def replicas() -> int:
        live = world.live(0, path)
        assert live is not None
        return int(live["spec"]["replicas"])

    # An apply that is undone and repeated in the second of its own time looks like none.
    applied = time.time()
    until(lambda: time.time() > applied + 1, within=5, what="another second")
    patch(path, {"spec": {"replicas": 4}})
    patch(settings, {"data": {"v": "moved"}})
    until(  # the sweep has looked at both
        lambda: (world.live(0, settings) or {})["data"] == {"v": "1"}, within=60, what="put back"
    )
    world.synced("scaled@c0")

    assert replicas() == 4
    assert told(world, "scaled@c0")[0] == 0

    def drifts() -> list[str]:  # the run that put it back may be about to end
        return [
            change["object"]
            for run in world.get("targets/scaled@c0/history")["items"]
            for change in run["changes"]
            if run["trigger"] == "drift"
        ]

    until(lambda: drifts() == ["ConfigMap/scaled/settings"], within=30, what="told in the history")
    commit = world.push({"scaled/web.yaml": deployment("nginx:2")})
    world.synced("scaled@c0", revision=commit)
    live = world.live(0, path)
    assert live is not None
    assert live["spec"]["template"]["spec"]["containers"][0]["image"] == "nginx:2"
    assert replicas() == 4
