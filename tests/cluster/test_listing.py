"""Lists that take longer than the server remembers them."""

from __future__ import annotations

import json
import socket

import pytest

from syncline.errors import ClusterBusy
from syncline.model.change import ObjectRef
from syncline_workers.cluster.listing import metadata
from syncline_workers.cluster.served import Kind
from tests.cluster.conftest import kubeconfig_for, pool_for
from tests.cluster.scripted import Scripted, Talk, answer, read_request

PODS = Kind("v1", "pods", is_namespaced=True)
REF = ObjectRef(group="", version="v1", kind="Pod", name="any")


def page(names: str, onward: str = "") -> bytes:
    items = [{"metadata": {"name": name, "uid": name}} for name in names]
    return answer(json.dumps({"metadata": {"continue": onward}, "items": items}).encode())


def expired(onward: str) -> bytes:
    body = {"kind": "Status", "code": 410, "metadata": {"continue": onward}}
    return answer(json.dumps(body).encode(), "410 Gone")


def book(*answers: bytes) -> tuple[Talk, list[str]]:
    """One answer after the other, and the paths that were asked for."""
    asked: list[str] = []

    def talk(sock: socket.socket) -> None:
        for reply in answers:
            asked.append(read_request(sock).split(b" ")[1].decode())
            sock.sendall(reply)

    return talk, asked


def listed(talk: Talk, labels: str = "") -> str:
    with Scripted(talk) as server:
        pool = pool_for(kubeconfig_for(server.url))
        try:
            found = [item["metadata"]["name"] for item in metadata(pool, PODS, REF, labels=labels)]
        finally:
            pool.close()
    return "".join(found)


def test_pages_follow_their_tokens() -> None:
    talk, asked = book(page("ab", "t/1"), page("c"))

    assert listed(talk, "a in (b,c)") == "abc"
    assert asked == [
        "/api/v1/pods?labelSelector=a%20in%20%28b%2Cc%29&limit=2000",
        "/api/v1/pods?labelSelector=a%20in%20%28b%2Cc%29&limit=2000&continue=t/1",
    ]


def test_a_list_that_expired_goes_on_where_the_server_offers_it() -> None:
    talk, asked = book(page("ab", "1"), expired("2"), page("cd"))

    assert listed(talk) == "abcd"
    assert asked[2].endswith("&continue=2")


def test_a_list_that_expired_begins_anew_where_it_does_not_and_names_nothing_twice() -> None:
    talk, asked = book(page("ab", "1"), expired(""), page("abc"))

    assert listed(talk) == "abc"
    assert asked[2] == asked[0]


def test_a_kind_that_has_just_gone_has_no_objects() -> None:
    assert listed(book(answer(b"404 page not found", "404 Not Found"))[0]) == ""


def test_a_server_that_is_busy_is_an_error_and_no_empty_list() -> None:
    with pytest.raises(ClusterBusy, match="cluster eu: the API server answers 503"):
        listed(book(answer(b"{}", "503 Service Unavailable"))[0])
