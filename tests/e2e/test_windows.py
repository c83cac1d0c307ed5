"""Sync windows as an operator meets them, on a real cluster."""

import pytest

from tests.e2e.world import World, application, configmap
from tests.store.world import moment

pytestmark = pytest.mark.cluster


def window(name: str, **spec: object) -> dict[str, object]:
    return {
        "apiVersion": "syncline.dev/v1alpha1",
        "kind": "SyncWindow",
        "metadata": {"name": name},
        "spec": {"kind": "deny", "starts": moment(-60), "ends": moment(3600), **spec},
    }


def live(world: World, name: str) -> str:
    found = world.live(0, f"/api/v1/namespaces/{name}/configmaps/web")
    assert found is not None
    return str(found["data"]["v"])


def deployed(world: World, name: str) -> None:
    world.push({f"{name}/web.yaml": configmap("web", v="1")})
    world.apply(application(name, path=name, namespace=name))
    world.synced(f"{name}@c0")


def test_a_freeze_holds_a_commit_back_until_it_is_lifted(world: World) -> None:
    deployed(world, "frozen")
    world.apply(window("freeze", applications=["frozen"]))
    world.becomes("frozen@c0", sync="Synced")

    commit = world.push({"frozen/web.yaml": configmap("web", v="2")})
    waiting = world.becomes("frozen@c0", sync="OutOfSync", reason="WindowClosed")
    shown = world.cli("get", "windows")
    status = world.cli("status")
    described = world.cli("describe", "target", "frozen@c0")

    assert waiting["held"]
    assert waiting["heldUntil"]
    assert live(world, "frozen") == "1"
    assert "freeze" in shown.stdout
    assert "1 targets wait for a sync window" in status.stdout
    assert "SyncWindow/freeze" in described.stdout
    assert world.cli("delete", "window", "freeze").returncode == 0
    world.synced("frozen@c0", revision=commit)
    assert live(world, "frozen") == "2"


def test_a_window_that_opens_by_the_clock_lets_what_waits_run(world: World) -> None:
    deployed(world, "clock")
    world.apply(window("short", applications=["clock"]))
    commit = world.push({"clock/web.yaml": configmap("web", v="2")})
    world.becomes("clock@c0", reason="WindowClosed")

    world.apply(window("short", applications=["clock"], ends=moment(10)))

    world.synced("clock@c0", revision=commit)
    assert live(world, "clock") == "2"


def test_breaking_the_glass_syncs_in_spite_of_a_freeze(world: World) -> None:
    deployed(world, "urgent")
    own = {"kind": "deny", "starts": moment(-60), "ends": moment(3600)}
    world.apply(
        application("urgent", path="urgent", namespace="urgent", syncPolicy={"windows": [own]})
    )
    world.push({"urgent/web.yaml": configmap("web", v="2")})
    world.becomes("urgent@c0", reason="WindowClosed")

    waits = world.cli("sync", "urgent", "--wait", "--timeout", "2s", "--reason", "by hand")
    done = world.cli("sync", "urgent", "--break-glass", "--wait", "--reason", "the shop is down")

    assert waits.returncode != 0
    assert done.returncode == 0, done.stderr
    assert live(world, "urgent") == "2"
    told = world.get("audit", limit="20")["items"]
    assert "break-glass" in [each["detail"] for each in told if each["why"] == "the shop is down"]


def test_drift_waits_for_a_window_and_is_shown_meanwhile(world: World) -> None:
    deployed(world, "drifts")
    world.apply(
        application(
            "drifts",
            path="drifts",
            namespace="drifts",
            syncPolicy={
                "interval": "10s",
                "windows": [{"kind": "deny", "starts": moment(-60), "ends": moment(3600)}],
            },
        )
    )
    path = "/api/v1/namespaces/drifts/configmaps/web"
    world.clusters[0].call("DELETE", path)

    world.becomes("drifts@c0", sync="OutOfSync", reason="WindowClosed")

    assert world.live(0, path) is None
