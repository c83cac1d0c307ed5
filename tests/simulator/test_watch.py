"""Watches: the present state, changes as they come, and versions too old to go on from."""

import json
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlencode

import pytest

from syncline.simulator.api import watching as watching_api
from tests.conformance.backend import Backend


@contextmanager
def watching(cluster: Backend, path: str, **params: str) -> Iterator[Iterator[Any]]:
    query = urlencode({"watch": "true", "timeoutSeconds": "5", **params})
    request = urllib.request.Request(f"{cluster.url}{path}?{query}")
    request.add_header("Authorization", f"Bearer {cluster.token}")
    with urllib.request.urlopen(request, timeout=10) as stream:
        yield (json.loads(line) for line in stream)


def seen(event: dict[str, Any]) -> tuple[str, str]:
    return event["type"], event["object"]["metadata"]["name"]


def config_map(name: str, **labels: str) -> dict[str, Any]:
    metadata = {"name": name, "labels": labels}
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata}


def test_changes_follow_the_present_state(cluster: Backend, namespace: str) -> None:
    root = f"/api/v1/namespaces/{namespace}/configmaps"
    cluster.apply(f"{root}/a", config_map("a"))

    with watching(cluster, root) as events:
        first = next(events)
        cluster.apply(f"{root}/b", config_map("b"))
        cluster.apply(f"{root}/b", config_map("b", x="y"))
        cluster("DELETE", f"{root}/a")
        rest = [next(events) for _ in range(3)]

    assert [seen(event) for event in (first, *rest)] == [
        ("ADDED", "a"),
        ("ADDED", "b"),
        ("MODIFIED", "b"),
        ("DELETED", "a"),
    ]


def test_a_watch_goes_on_from_a_version(cluster: Backend, namespace: str) -> None:
    root = f"/api/v1/namespaces/{namespace}/configmaps"
    cluster.apply(f"{root}/a", config_map("a"))
    version = cluster("GET", root).body["metadata"]["resourceVersion"]
    cluster.apply(f"{root}/b", config_map("b"))

    with watching(cluster, root, resourceVersion=version) as events:
        assert seen(next(events)) == ("ADDED", "b")


def test_objects_come_and_go_as_they_match(cluster: Backend, namespace: str) -> None:
    root = f"/api/v1/namespaces/{namespace}/configmaps"

    with watching(cluster, root, labelSelector="on=yes") as events:
        cluster.apply(f"{root}/a", config_map("a", on="no"))
        cluster.apply(f"{root}/a", config_map("a", on="yes"))
        cluster.apply(f"{root}/a", config_map("a", on="no"))
        got = [next(events), next(events)]

    assert [seen(event) for event in got] == [("ADDED", "a"), ("DELETED", "a")]


def test_a_bookmark_ends_the_initial_events(cluster: Backend, namespace: str) -> None:
    root = f"/api/v1/namespaces/{namespace}/configmaps"
    cluster.apply(f"{root}/a", config_map("a"))

    with watching(cluster, root, sendInitialEvents="true", allowWatchBookmarks="true") as events:
        got = [next(events), next(events)]

    assert [event["type"] for event in got] == ["ADDED", "BOOKMARK"]
    assert got[1]["object"]["metadata"]["annotations"] == {"k8s.io/initial-events-end": "true"}


def test_bookmarks_tell_how_far_a_watch_has_come(
    cluster: Backend, namespace: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watching_api, "PULSE", 0.01)
    root = f"/api/v1/namespaces/{namespace}/configmaps"

    with watching(cluster, root, allowWatchBookmarks="true", labelSelector="on=yes") as events:
        version = cluster.apply(f"{root}/a", config_map("a")).body["metadata"]["resourceVersion"]
        told = (event["object"]["metadata"] for event in events if event["type"] == "BOOKMARK")
        assert next(found for found in told if found["resourceVersion"] == version)


def test_a_version_too_old_is_expired(cluster: Backend, namespace: str) -> None:
    root = f"/api/v1/namespaces/{namespace}/configmaps"
    for number in range(210):
        cluster.apply(f"{root}/a", config_map("a", n=str(number)))

    answer = cluster("GET", root, watch="true", resourceVersion="1")

    assert (answer.code, answer.body["reason"]) == (410, "Expired")
