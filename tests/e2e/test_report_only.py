"""A namespace that was in use before: reported on, and taken on when a person says so."""

from __future__ import annotations

import json

import pytest

from tests.e2e.world import World, application, configmap

pytestmark = pytest.mark.cluster

MAPS = "/api/v1/namespaces/reported/configmaps"


def test_what_is_reported_alone_is_looked_at_and_not_written_to(world: World) -> None:
    server = world.clusters[0]
    server.call("POST", "/api/v1/namespaces", {"metadata": {"name": "reported"}})
    for name in ("web", "stray"):
        server.call("POST", MAPS, {"metadata": {"name": name}, "data": {"v": "0"}})
    endless = {"kind": "deny", "starts": "2020-01-01T00:00", "manualSync": True}
    window = {
        "apiVersion": "syncline.dev/v1alpha1",
        "kind": "SyncWindow",
        "metadata": {"name": "report-only"},
        "spec": {**endless, "applications": ["reported"]},
    }
    world.push({"reported/web.yaml": configmap("web", v="1")})
    world.apply(window)
    world.apply(application("reported", path="reported", namespace="reported"))

    world.becomes("reported@c0", reason="WindowClosed", sync="OutOfSync")
    diff = world.cli("diff", "reported", "-o", "json")
    orphans = world.cli("orphans", "reported", "-o", "json")

    [group] = json.loads(diff.stdout)["groups"]
    assert [each["subject"] for each in group["differences"]] == ["ConfigMap/reported/web"]
    [found] = json.loads(orphans.stdout)["items"]
    assert [each["subject"] for each in found["orphans"]] == ["ConfigMap/reported/stray"]
    assert (diff.returncode, orphans.returncode, found["unseen"]) == (1, 1, [])
    live = world.live(0, f"{MAPS}/web")
    assert live is not None
    assert live["data"] == {"v": "0"}

    world.cli("sync", "reported", "--reason", "taken on")
    world.synced("reported@c0")

    taken = world.live(0, f"{MAPS}/web")
    assert taken is not None
    assert taken["data"] == {"v": "1"}
