"""A commit reaches the clusters, and only what it touches costs anything."""

import pytest
import yaml

from tests.e2e.world import PATIENCE, World, application, configmap
from tests.harness.poll import until

pytestmark = pytest.mark.cluster


def config(namespace: str, name: str) -> str:
    return f"/api/v1/namespaces/{namespace}/configmaps/{name}"


def test_a_commit_reaches_the_cluster(world: World) -> None:
    world.push({"first/web.yaml": configmap("web", color="red")})
    world.apply(application("first", path="first", namespace="first"))
    world.synced("first@c0")

    commit = world.push({"first/web.yaml": configmap("web", color="blue")})
    world.synced("first@c0", revision=commit)

    live = world.live(0, config("first", "web"))
    assert live is not None
    assert live["data"] == {"color": "blue"}


def test_a_selector_and_parameters_reach_each_cluster_in_its_own_way(world: World) -> None:
    world.push({"regions/web.yaml": configmap("web", region="${region}")})
    world.apply(
        application(
            "regions",
            path="regions",
            namespace="regions",
            destination={
                "selector": {"matchExpressions": [{"key": "region", "operator": "Exists"}]}
            },
            parameters={"region": "{{ cluster.labels.region }}"},
        )
    )
    world.synced("regions@c0", "regions@c1")

    found = [world.live(n, config("regions", "web")) for n in (0, 1)]
    assert [live and live["data"] for live in found] == [{"region": "eu"}, {"region": "us"}]


def test_a_commit_runs_only_what_it_touches_and_the_others_observe_it(world: World) -> None:
    world.push({f"some/{n}/web.yaml": configmap(f"web-{n}", v="1") for n in (1, 2)})
    for number in (1, 2):
        world.apply(application(f"some-{number}", path=f"some/{number}", namespace="some"))
    world.synced("some-1@c0", "some-2@c0")
    before = world.get("targets/some-2@c0/history")
    first = world.target("some-2@c0")["revision"]

    commit = world.push({"some/1/web.yaml": configmap("web-1", v="2")})
    world.synced("some-1@c0", revision=commit)
    after = world.becomes("some-2@c0", observed=commit)

    assert after["revision"] == first
    assert world.get("targets/some-2@c0/history") == before


def deployment(name: str, image: str) -> str:
    labels = {"app": name}
    pod = {"metadata": {"labels": labels}, "spec": {"containers": [{"name": "c", "image": image}]}}
    body = {"selector": {"matchLabels": labels}, "template": pod}
    return yaml.safe_dump(
        {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": name}, "spec": body}
    )


def rolled_out(world: World, path: str) -> None:
    """What the controllers of a cluster would write of the newest change."""
    live = world.live(0, path)
    assert live is not None
    status = dict.fromkeys(("replicas", "updatedReplicas", "readyReplicas", "availableReplicas"), 1)
    status["observedGeneration"] = live["metadata"]["generation"]
    world.clusters[0].call("PATCH", f"{path}/status", {"status": status}, kind="merge-patch+json")


def test_a_commit_to_two_reaches_what_the_other_depends_on_first(world: World) -> None:
    path = "/apis/apps/v1/namespaces/base/deployments/db"
    world.push(
        {"base/db.yaml": deployment("db", "db:1"), "upper/web.yaml": configmap("web", v="1")}
    )
    depends_on = [{"application": "base"}]
    world.apply(
        application("upper", path="upper", namespace="upper", dependsOn=depends_on),
        application("base", path="base", namespace="base"),
    )
    world.becomes("base@c0", sync="Synced", health="Progressing")
    waiting = world.becomes("upper@c0", reason="DependencyNotReady", revision="")
    rolled_out(world, path)
    world.synced("upper@c0")

    both = {"base/db.yaml": deployment("db", "db:2"), "upper/web.yaml": configmap("web", v="2")}
    commit = world.push(both)
    world.becomes("base@c0", revision=commit, health="Progressing")
    described = world.cli("describe", "target", "upper@c0")
    before = world.live(0, config("upper", "web"))
    rolled_out(world, path)
    world.synced("upper@c0", revision=commit)
    alone = world.push({"upper/web.yaml": configmap("web", v="3")})
    world.synced("upper@c0", revision=alone)

    assert waiting["held"]
    assert before is not None
    assert before["data"] == {"v": "1"}
    assert "DependencyNotReady" in described.stdout
    assert "base@c0 is" in described.stdout
    parent = world.target("base@c0")
    assert (parent["revision"], parent["observed"]) == (commit, alone)


def test_what_leaves_the_repository_is_pruned(world: World) -> None:
    files = {f"prune/{n}.yaml": configmap(n, v="1") for n in ("a", "b")}
    world.push(files)
    world.apply(application("prune", path="prune", namespace="prune"))
    world.synced("prune@c0")

    commit = world.push({"prune/b.yaml": None})
    world.synced("prune@c0", revision=commit)

    assert world.live(0, config("prune", "a")) is not None
    assert world.live(0, config("prune", "b")) is None


def test_an_empty_directory_deletes_nothing(world: World) -> None:
    world.push({"empty/a.yaml": configmap("a", v="1"), "empty/keep.txt": "x"})
    world.apply(application("empty", path="empty", namespace="empty"))
    world.synced("empty@c0")

    world.push({"empty/a.yaml": None})
    target = world.becomes("empty@c0", reason="PruneRefused")

    assert target["sync"] == "OutOfSync"
    assert "--confirm-prune" in target["message"]
    assert world.live(0, config("empty", "a")) is not None


def test_a_large_prune_waits_for_a_confirmation(world: World) -> None:
    world.push({f"many/{n}.yaml": configmap(f"m-{n}", v="1") for n in range(6)})
    world.apply(application("many", path="many", namespace="many"))
    world.synced("many@c0")

    commit = world.push({f"many/{n}.yaml": None for n in range(1, 6)})
    world.becomes("many@c0", reason="PruneRefused")
    done = world.cli("sync", "many", "--confirm-prune", "--wait", "--reason", "meant to")

    assert done.returncode == 0, done.stderr
    world.synced("many@c0", revision=commit)
    assert world.live(0, config("many", "m-5")) is None


def test_a_live_object_that_somebody_edits_is_put_back(world: World) -> None:
    world.push({"drift/web.yaml": configmap("web", color="red")})
    policy = {"interval": "10s"}
    world.apply(application("drift", path="drift", namespace="drift", syncPolicy=policy))
    world.synced("drift@c0")

    world.clusters[0].call(
        "PATCH",
        config("drift", "web") + "?fieldManager=kubectl-edit",
        {"data": {"color": "green", "own": "kept"}},
        kind="merge-patch+json",
    )

    def back() -> bool:
        live = world.live(0, config("drift", "web"))
        return live is not None and live["data"] == {"color": "red", "own": "kept"}

    until(back, within=60, what="the field is put back")
    history = until(
        lambda: [
            e for e in world.get("targets/drift@c0/history")["items"] if e["trigger"] == "drift"
        ],
        within=PATIENCE,  # the object is back before its run has reported
        what="the run is in the history",
    )
    assert [change["drift"] for change in history[0]["changes"]] == [True]


def test_a_namespace_that_somebody_deletes_is_made_again(world: World) -> None:
    world.push({"gone/web.yaml": configmap("web", color="red")})
    policy = {"interval": "10s"}
    world.apply(application("gone", path="gone", namespace="gone", syncPolicy=policy))
    world.synced("gone@c0")

    # No controller runs here that would empty the namespace: both are taken away by hand.
    world.clusters[0].call("DELETE", config("gone", "web"))
    _remove_namespace(world, "gone")

    def back() -> bool:
        return world.live(0, config("gone", "web")) is not None

    until(back, within=60, what="namespace and object are made again")


def test_without_self_heal_drift_is_only_shown(world: World) -> None:
    world.push({"report/web.yaml": configmap("web", color="red")})
    policy = {"interval": "10s", "selfHeal": False}
    world.apply(application("report", path="report", namespace="report", syncPolicy=policy))
    world.synced("report@c0")

    world.clusters[0].call("DELETE", config("report", "web"))
    world.becomes("report@c0", sync="OutOfSync")

    assert world.live(0, config("report", "web")) is None


def test_deleting_an_application_removes_its_objects(world: World) -> None:
    world.push({"bye/web.yaml": configmap("web", v="1")})
    world.apply(application("bye", path="bye", namespace="bye"))
    world.synced("bye@c0")

    done = world.cli("delete", "application", "bye", "--reason", "no longer needed")
    assert done.returncode == 0, done.stderr
    until(lambda: "bye@c0" not in world.targets(), within=60, what="the target is gone")

    assert world.live(0, config("bye", "web")) is None


def test_a_second_application_cannot_take_an_object(world: World) -> None:
    world.push(
        {"own/1/web.yaml": configmap("web", v="1"), "own/2/web.yaml": configmap("web", v="2")}
    )
    world.apply(application("own-1", path="own/1", namespace="own"))
    world.synced("own-1@c0")

    world.apply(application("own-2", path="own/2", namespace="own"))
    target = world.becomes("own-2@c0", reason="OwnedByAnother")

    assert "own-1@c0" in target["message"]
    live = world.live(0, config("own", "web"))
    assert live is not None
    assert live["data"] == {"v": "1"}


def test_helm_and_kustomize_sources_are_rendered(world: World) -> None:
    world.push(
        {
            "chart/Chart.yaml": "apiVersion: v2\nname: chart\nversion: 1.0.0\n",
            "chart/values.yaml": "color: red\n",
            "chart/templates/c.yaml": configmap("helm", color="{{ .Values.color }}"),
            "base/kustomization.yaml": "resources: [c.yaml]\n",
            "base/c.yaml": configmap("kustomize", color="red"),
            "overlay/kustomization.yaml": "namePrefix: my-\nresources: [../base]\n",
        }
    )
    world.apply(
        application("chart", path="chart", namespace="render", parameters={"color": "blue"}),
        application("overlay", path="overlay", namespace="render"),
    )
    world.synced("chart@c0", "overlay@c0")

    helm = world.live(0, config("render", "helm"))
    kustomize = world.live(0, config("render", "my-kustomize"))
    assert helm is not None
    assert helm["data"] == {"color": "blue"}
    assert kustomize is not None
    assert kustomize["data"] == {"color": "red"}


def test_a_base_outside_the_path_is_an_input_too(world: World) -> None:
    world.push(
        {
            "shared/base/kustomization.yaml": "resources: [c.yaml]\n",
            "shared/base/c.yaml": configmap("based", v="1"),
            "shared/over/kustomization.yaml": "resources: [../base]\n",
        }
    )
    world.apply(application("based", path="shared/over", namespace="based"))
    world.synced("based@c0")

    commit = world.push({"shared/base/c.yaml": configmap("based", v="2")})
    world.synced("based@c0", revision=commit)


def _remove_namespace(world: World, name: str) -> None:
    server = world.clusters[0]
    server.call("DELETE", f"/api/v1/namespaces/{name}")
    live = world.live(0, f"/api/v1/namespaces/{name}")
    if live is not None:
        live["spec"]["finalizers"] = []
        server.call("PUT", f"/api/v1/namespaces/{name}/finalize", live)
