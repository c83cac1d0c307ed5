"""How kinds are found: with few requests, again where they are unknown, and on old servers."""

from __future__ import annotations

import hashlib
import json
import socket
from typing import Any

import pytest

from syncline.errors import ApplyRejected, ClusterBusy
from syncline.model.change import ObjectRef
from syncline_workers.cluster import discovery
from syncline_workers.cluster.alike import Alike
from syncline_workers.cluster.discovery import Discovery
from syncline_workers.cluster.served import Kind
from tests.cluster.conftest import kubeconfig_for, pool_for
from tests.cluster.scripted import Scripted, answer, read_request
from tests.harness.apiserver import ApiServer


def ref(group: str, version: str, kind: str) -> ObjectRef:
    return ObjectRef(group=group, version=version, kind=kind, name="x")


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


DIGEST = "of each document, as kube-apiserver makes it"


def compact(value: Any) -> bytes:
    return json.dumps(value, separators=(",", ":")).encode()


def digest(page: dict[str, Any]) -> str:
    content = {key: page[key] for key in ("metadata", "items")}
    return hashlib.sha512(compact(content)).hexdigest().upper()


class Serving:
    """A server that has these JSON documents, and 404 for the rest."""

    def __init__(self, pages: dict[str, Any], *, tag: str = "") -> None:
        self.asked: list[str] = []
        self.unchanged: list[str] = []
        self._pages = pages
        self._tag = tag

    def __call__(self, sock: socket.socket) -> None:
        while request := read_request(sock):
            path = request.split(b" ")[1].decode()
            self.asked.append(path)
            page = self._pages.get(path)
            tag = digest(page) if page and self._tag == DIGEST else self._tag
            if tag and f'If-None-Match: "{tag}"'.encode() in request:
                self.unchanged.append(path)
                sock.sendall(b"HTTP/1.1 304 Not Modified\r\n\r\n")
            elif page:
                headers = [f'ETag: "{tag}"'] if tag else []
                sock.sendall(answer(compact(page), "200 OK", *headers))
            else:
                sock.sendall(answer(b"404 page not found", "404 Not Found"))


def group(name: str, *versions: dict[str, Any]) -> dict[str, Any]:
    return {"metadata": {"name": name} if name else {}, "versions": list(versions)}


def version(name: str, *kinds: str, **more: str) -> dict[str, Any]:
    resources = [
        {
            "resource": f"{kind.lower()}s",
            "responseKind": {"group": "", "version": "", "kind": kind},
            "scope": "Cluster" if kind.startswith("Cluster") else "Namespaced",
        }
        for kind in kinds
    ]
    return {"version": name, "resources": resources, **more}


def aggregated(*groups: dict[str, Any]) -> dict[str, Any]:
    return {"kind": "APIGroupDiscoveryList", "metadata": {}, "items": list(groups)}


PAGES = {
    "/api": aggregated(group("", version("v1", "Pod"))),
    "/apis": aggregated(
        group("example.com", version("v2", "Widget"), version("v1", "Widget", "ClusterGadget"))
    ),
}


@pytest.mark.cluster
def test_a_real_api_server_knows_the_tag_that_another_connection_was_given(
    api_server: ApiServer,
) -> None:
    known, statuses = Alike(), []
    pool = pool_for(api_server.kubeconfig.read_text())
    Discovery(pool, known=known).refresh()
    for path in ("/api", "/apis"):
        tag, document = known.newest(path)
        assert document is not None
        accept = discovery.AGGREGATED
        statuses.append(pool.request("GET", path, accept=accept, tag=tag).status)
    pool.close()

    assert statuses == [304, 304]


@pytest.mark.cluster
def test_a_real_api_server_tells_it_all_in_two_requests(api_server: ApiServer) -> None:
    pool = pool_for(api_server.kubeconfig.read_text())
    found = Discovery(pool)

    kinds = [
        found.kind(ref("", "v1", "ConfigMap")),
        found.kind(ref("apps", "v1", "Deployment")),
        found.kind(ref("rbac.authorization.k8s.io", "v1", "ClusterRole")),
    ]
    pool.close()

    assert kinds == [
        Kind("v1", "configmaps", is_namespaced=True),
        Kind("apps/v1", "deployments", is_namespaced=True),
        Kind("rbac.authorization.k8s.io/v1", "clusterroles", is_namespaced=False),
    ]


def test_what_is_known_is_not_asked_again_for_ten_minutes() -> None:
    talk, clock = Serving(PAGES), Clock()
    with Scripted(talk) as server:
        pool = pool_for(kubeconfig_for(server.url))
        found = Discovery(pool, now=clock)
        for _ in range(5):
            found.kind(ref("", "v1", "Pod"))
        clock.now += discovery.MAX_AGE + 1
        found.kind(ref("", "v1", "Pod"))
        pool.close()

    assert talk.asked == ["/api", "/apis"] * 2


def test_an_unknown_kind_is_looked_for_once_more_and_a_crowd_of_them_too() -> None:
    talk, clock = Serving(PAGES), Clock()
    with Scripted(talk) as server:
        pool = pool_for(kubeconfig_for(server.url))
        found = Discovery(pool, now=clock)
        found.kind(ref("", "v1", "Pod"))
        clock.now += 30
        for name in ("Foo", "Bar", "Baz"):
            with pytest.raises(ApplyRejected):
                found.kind(ref("example.com", "v1", name))
        pool.close()

    assert talk.asked == ["/api", "/apis"] * 2


def test_an_unchanged_answer_is_not_sent_twice() -> None:
    talk = Serving(PAGES, tag="abc")
    with Scripted(talk) as server:
        pool = pool_for(kubeconfig_for(server.url))
        found = Discovery(pool)
        found.refresh()
        found.refresh()
        pool.close()

    assert talk.unchanged == ["/api", "/apis"]
    assert found.kind(ref("example.com", "v1", "ClusterGadget")).plural == "clustergadgets"


def test_what_one_cluster_serves_is_not_sent_by_another_that_serves_the_same() -> None:
    known = Alike()
    first, second = Serving(PAGES, tag=DIGEST), Serving(PAGES, tag=DIGEST)
    found = []
    for talk in (first, second):
        with Scripted(talk) as server:
            pool = pool_for(kubeconfig_for(server.url))
            found.append(Discovery(pool, known=known).kind(ref("example.com", "v1", "Widget")))
            pool.close()

    assert (first.unchanged, second.unchanged) == ([], ["/api", "/apis"])
    assert found[0] is found[1]


def test_a_cluster_that_serves_something_else_is_read() -> None:
    known = Alike()
    pages = {**PAGES, "/apis": aggregated(group("new.io", version("v1", "Thing")))}
    for talk in (Serving(PAGES, tag=DIGEST), other := Serving(pages, tag=DIGEST)):
        with Scripted(talk) as server:
            pool = pool_for(kubeconfig_for(server.url))
            discovered = Discovery(pool, known=known)
            discovered.refresh()
            pool.close()

    assert other.unchanged == ["/api"]
    assert discovered.knows(ref("new.io", "v1", "Thing"))
    assert not discovered.knows(ref("example.com", "v1", "Widget"))


def test_a_tag_that_is_no_digest_says_nothing_about_another_cluster() -> None:
    known = Alike()
    for talk in (Serving(PAGES, tag="1"), other := Serving(PAGES, tag="1")):
        with Scripted(talk) as server:
            pool = pool_for(kubeconfig_for(server.url))
            Discovery(pool, known=known).refresh()
            pool.close()

    assert (other.asked, other.unchanged) == (["/api", "/apis"], [])


def test_what_a_hostile_cluster_says_under_the_tag_of_another_is_not_believed_there() -> None:
    lie = {**PAGES, "/apis": aggregated(group("example.com", version("v2", "ClusterWidget")))}
    known, honest = Alike(), Serving(PAGES, tag=DIGEST)
    for talk in (Serving(lie, tag=digest(PAGES["/apis"])), honest):
        with Scripted(talk) as server:
            pool = pool_for(kubeconfig_for(server.url))
            found = Discovery(pool, known=known)
            found.refresh()
            pool.close()

    assert honest.unchanged == []
    assert found.knows(ref("example.com", "v1", "Widget"))


def test_a_version_that_is_not_served_falls_back_to_the_preferred_one_for_reading() -> None:
    with Scripted(Serving(PAGES)) as server:
        pool = pool_for(kubeconfig_for(server.url))
        found = Discovery(pool)

        assert found.any_version(ref("example.com", "v1beta1", "Widget")) == Kind(
            "example.com/v2", "widgets", is_namespaced=True
        )
        assert found.any_version(ref("example.com", "v1", "Nothing")) is None
        pool.close()


def test_a_group_whose_server_is_away_is_not_taken_for_gone() -> None:
    pages = {
        "/api": aggregated(),
        "/apis": aggregated(group("metrics.k8s.io", version("v1", freshness="Stale"))),
    }
    with Scripted(Serving(pages)) as server:
        pool = pool_for(kubeconfig_for(server.url))
        found = Discovery(pool)

        for ask in (found.kind, found.any_version):
            with pytest.raises(ClusterBusy) as caught:
                ask(ref("metrics.k8s.io", "v1", "PodMetrics"))
            assert str(caught.value) == (
                "PodMetrics/x: the API server of the group metrics.k8s.io is away"
            )
        pool.close()


SCALED = version("v1", "Deployment") | {
    "resources": [
        {
            "resource": "deployments",
            "responseKind": {"group": "", "version": "", "kind": "Deployment"},
            "scope": "Namespaced",
            "subresources": [
                {"subresource": "scale", "responseKind": {"group": "autoscaling", "kind": "Scale"}},
                {"subresource": "odd", "responseKind": None},
            ],
        },
        {"resource": "virtual", "responseKind": None, "scope": "Cluster"},
    ]
}


def test_charts_are_told_versions_and_kinds_as_helm_names_them() -> None:
    pages = {
        "/api": aggregated(group("", version("v1", "Pod"))),
        "/apis": aggregated(group("apps", SCALED), group("a.io", version("v2"))),
    }
    with Scripted(Serving(pages)) as server:
        pool = pool_for(kubeconfig_for(server.url))
        names = Discovery(pool).api_versions(())
        pool.close()

    assert names == ("a.io/v2", "apps/v1", "apps/v1/Deployment", "apps/v1/Scale", "v1", "v1/Pod")


def test_what_charts_are_told_is_kept_for_a_minute() -> None:
    talk, clock = Serving(PAGES), Clock()
    with Scripted(talk) as server:
        pool = pool_for(kubeconfig_for(server.url))
        found = Discovery(pool, now=clock)
        found.kind(ref("", "v1", "Pod"))
        for _ in range(5):
            found.api_versions([ref("example.com", "v1", "Widget")])
        assert talk.asked == ["/api", "/apis"]
        clock.now += discovery.MAX_ABSENCE + 1
        found.api_versions(())
        pool.close()

    assert talk.asked == ["/api", "/apis"] * 2


def test_a_kind_that_was_applied_and_is_not_known_is_looked_for_before_a_chart_asks() -> None:
    pages = dict(PAGES)
    clock = Clock()
    with Scripted(Serving(pages)) as server:
        pool = pool_for(kubeconfig_for(server.url))
        found = Discovery(pool, now=clock)
        assert "new.io/v1" not in found.api_versions(())
        pages["/apis"] = aggregated(group("new.io", version("v1", "Thing")))
        clock.now += discovery.PAUSE

        names = found.api_versions([ref("new.io", "v1", "Thing")])
        pool.close()

    assert names == ("new.io/v1", "new.io/v1/Thing", "v1", "v1/Pod")


def test_charts_still_find_the_kinds_of_an_api_server_that_is_just_away() -> None:
    pages = {"/api": aggregated(), "/apis": aggregated(group("m.io", version("v1", "Metrics")))}
    with Scripted(Serving(pages)) as server:
        pool = pool_for(kubeconfig_for(server.url))
        found = Discovery(pool)
        before = found.api_versions(())
        pages["/apis"] = aggregated(group("m.io", version("v1", freshness="Stale")))
        found.refresh()

        assert found.api_versions(()) == before == ("m.io/v1", "m.io/v1/Metrics")
        pool.close()


OLD = {
    "/api": {"kind": "APIVersions", "versions": ["v1"]},
    "/api/v1": {
        "resources": [
            {"name": "pods", "kind": "Pod", "namespaced": True},
            {"name": "pods/status", "kind": "Pod", "namespaced": True},
            {"name": "namespaces", "kind": "Namespace", "namespaced": False},
        ]
    },
    "/apis": {
        "kind": "APIGroupList",
        "groups": [
            {
                "name": "example.com",
                "versions": [{"version": "v1"}, {"version": "v2"}],
                "preferredVersion": {"version": "v2"},
            },
            {"name": "away.com", "versions": [{"version": "v1"}]},
        ],
    },
    "/apis/example.com/v1": {
        "resources": [{"name": "widgets", "kind": "Widget", "namespaced": True}]
    },
    "/apis/example.com/v2": {
        "resources": [{"name": "widgets", "kind": "Widget", "namespaced": True}]
    },
}


def test_a_server_without_aggregated_discovery_is_asked_group_by_group() -> None:
    with Scripted(Serving(OLD)) as server:
        pool = pool_for(kubeconfig_for(server.url))
        found = Discovery(pool)

        assert found.kind(ref("", "v1", "Pod")) == Kind("v1", "pods", is_namespaced=True)
        assert not found.kind(ref("", "v1", "Namespace")).is_namespaced
        preferred = found.any_version(ref("example.com", "v0", "Widget"))
        assert preferred is not None
        assert preferred.api_version == "example.com/v2"
        with pytest.raises(ClusterBusy):
            found.kind(ref("away.com", "v1", "Thing"))
        assert found.api_versions(()) == (
            *("away.com/v1", "example.com/v1", "example.com/v1/Widget"),
            *("example.com/v2", "example.com/v2/Widget", "v1", "v1/Namespace", "v1/Pod"),
        )
        pool.close()


@pytest.mark.parametrize(
    ("kind", "namespace", "name", "path"),
    [
        (Kind("v1", "pods", is_namespaced=True), "shop", "web", "/api/v1/namespaces/shop/pods/web"),
        (Kind("v1", "pods", is_namespaced=True), "", "web", "/api/v1/namespaces/default/pods/web"),
        (Kind("v1", "pods", is_namespaced=True), "", "", "/api/v1/pods"),
        (Kind("v1", "namespaces", is_namespaced=False), "x", "y", "/api/v1/namespaces/y"),
        (
            Kind("a.io/v1", "roles", is_namespaced=False),
            "",
            "system:a/../b?c",
            "/apis/a.io/v1/roles/system:a%2F..%2Fb%3Fc",
        ),
    ],
)
def test_a_path_addresses_one_object_or_all(
    kind: Kind, namespace: str, name: str, path: str
) -> None:
    assert kind.path(namespace, name) == path
