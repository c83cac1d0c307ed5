"""Watches: what a real kube-apiserver tells, and what a scripted one can be made to."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import aclosing, asynccontextmanager
from itertools import count
from pathlib import Path

import pytest

from syncline.errors import ClusterBusy, ClusterUnreachable, CredentialRefused
from syncline.settings import ClusterSettings
from syncline_workers.cluster import login, streams
from syncline_workers.cluster.events import Event, Happened
from syncline_workers.cluster.served import Kind
from syncline_workers.cluster.streams import Streams
from tests.cluster.conftest import SETTINGS, kubeconfig_for, pool_for
from tests.cluster.scripted import Scripted, answer, read_request
from tests.harness import ports
from tests.harness.apiserver import ApiServer
from tests.harness.controlplane import ControlPlane

CONFIGMAPS = Kind("v1", "configmaps", is_namespaced=True)


@asynccontextmanager
async def streams_for(text: str, settings: ClusterSettings = SETTINGS) -> AsyncIterator[Streams]:
    made = pool_for(text, settings).streams()
    try:
        yield made
    finally:
        await made.close()


def followed(
    text: str, *, labels: str = "a", since: str = "", most: int = 100
) -> list[tuple[str, str]]:
    """What happened and to which object, until the stream ends or so many events came."""

    async def read() -> list[tuple[str, str]]:
        async with streams_for(text) as found:
            return await some(found, labels=labels, since=since, most=most)

    return asyncio.run(read())


async def some(
    found: Streams, *, labels: str = "a", since: str = "", most: int
) -> list[tuple[str, str]]:
    seen: list[tuple[str, str]] = []
    async with aclosing(found.follow(CONFIGMAPS, labels=labels, since=since)) as events:
        async for event in events:
            seen.append((event.happened, name_of(event)))
            if len(seen) == most:
                break
    return seen


def name_of(event: Event) -> str:
    return str((event.object.get("metadata") or {}).get("name", ""))


def made(api_server: ApiServer, namespace: str, name: str, label: str) -> int:
    """A labelled ConfigMap; returns its version."""
    body = {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": name, "labels": {label: "x"}},
        "data": {"secret": "never sent"},
    }
    found = api_server.call("POST", f"/api/v1/namespaces/{namespace}/configmaps", body)
    return int(found["metadata"]["resourceVersion"])


# A real kube-apiserver


def test_all_objects_are_told_of_and_then_each_change(
    api_server: ApiServer, namespace: str
) -> None:
    made(api_server, namespace, "one", namespace)
    path = f"/api/v1/namespaces/{namespace}/configmaps/one"

    async def read() -> list[Event]:
        seen = []
        async with streams_for(api_server.kubeconfig.read_text()) as found:
            following = found.follow(CONFIGMAPS, labels=namespace)
            async with aclosing(following) as events:
                async for event in events:
                    seen.append(event)
                    if event.happened is Happened.LISTED:
                        patch = {"data": {"a": "b"}}
                        api_server.call("PATCH", path, patch, kind="merge-patch+json")
                        api_server.call("DELETE", path)
                    if event.happened is Happened.DELETED:
                        break
        return seen

    seen = asyncio.run(read())

    assert [each.happened for each in seen] == ["OPENED", "ADDED", "LISTED", "MODIFIED", "DELETED"]
    assert all("data" not in each.object for each in seen)
    assert seen[3].object["metadata"]["managedFields"]


def test_a_stream_goes_on_where_it_stood(api_server: ApiServer, namespace: str) -> None:
    before = made(api_server, namespace, "one", namespace)
    made(api_server, namespace, "two", namespace)
    text = api_server.kubeconfig.read_text()

    seen = followed(text, labels=namespace, since=str(before), most=2)

    assert seen == [("OPENED", ""), ("ADDED", "two")]


def test_what_the_server_has_forgotten_is_told(control_plane: ControlPlane) -> None:
    server = control_plane.cluster(3)
    before = made(server, "default", "old", "forgotten")
    for number in range(3):
        made(server, "default", f"new-{number}", "forgotten")
    server.stop()
    control_plane.compact()
    server.start()

    seen = followed(server.kubeconfig.read_text(), labels="forgotten", since=str(before), most=9)

    assert seen[-1] == ("EXPIRED", "")
    assert ("ADDED", "new-2") not in seen


def test_who_may_not_watch_is_told_what_is_lacking(api_server: ApiServer) -> None:
    text = api_server.kubeconfig_for("limited").read_text()

    with pytest.raises(CredentialRefused, match=r"cannot (watch|list).*Grant it"):
        followed(text)


# A scripted one


def events(*found: object, after: str = "") -> bytes:
    """A whole stream, in two chunks that cut a line."""
    body = "".join(json.dumps(each) + "\n" for each in found).encode() + after.encode()
    half = len(body) // 2
    chunks = [part for part in (body[:half], body[half:]) if part]
    framed = b"".join(b"%x\r\n%s\r\n" % (len(part), part) for part in chunks)
    return b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + framed + b"0\r\n\r\n"


def event(kind: str, name: str, version: str = "7", **more: object) -> dict[str, object]:
    return {
        "type": kind,
        "object": {"metadata": {"name": name, "resourceVersion": version}, **more},
    }


def test_lines_end_at_line_feeds_alone() -> None:
    odd = "a\u0085b\u2028c"
    text = json.dumps(event("ADDED", odd), ensure_ascii=False)

    with Scripted(events(after=text + "\n")) as server:
        seen = followed(kubeconfig_for(server.url), since="1")

    assert seen == [("OPENED", ""), ("ADDED", odd)]


@pytest.mark.parametrize(
    "refusal",
    [
        answer(b'{"kind":"Status","code":410,"reason":"Expired"}', "410 Gone"),
        events({"type": "ERROR", "object": {"kind": "Status", "code": 410}}),
    ],
)
def test_both_ways_to_say_expired_are_heard(refusal: bytes) -> None:
    with Scripted(refusal) as server:
        seen = followed(kubeconfig_for(server.url), since="1")

    assert seen[-1] == ("EXPIRED", "")


def test_a_kind_that_is_gone_is_told() -> None:
    with Scripted(answer(b"{}", "404 Not Found")) as server:
        assert followed(kubeconfig_for(server.url)) == [("GONE", "")]


def test_a_server_without_initial_events_is_listed_in_pages() -> None:
    pages = [
        {
            "metadata": {"resourceVersion": "5", "continue": "on"},
            "items": [{"metadata": {"name": "a"}}],
        },
        {"metadata": {"resourceVersion": "6"}, "items": [{"metadata": {"name": "b"}}]},
    ]
    told = iter(
        [
            answer(b'{"kind":"Status","code":422,"message":"sendInitialEvents"}', "422 Invalid"),
            *(answer(json.dumps(page).encode()) for page in pages),
            events(event("BOOKMARK", "")),
        ]
    )
    asked: list[bytes] = []

    def talk(sock: object) -> None:
        while request := read_request(sock):  # type: ignore[arg-type]
            asked.append(request.split(b" ")[1])
            sock.sendall(next(told))  # type: ignore[attr-defined]

    with Scripted(talk) as server:
        seen = followed(kubeconfig_for(server.url))

    assert [each[0] for each in seen] == ["ADDED", "ADDED", "LISTED", "OPENED", "BOOKMARK"]
    assert b"continue=on" in asked[2]
    assert b"resourceVersion=5&watch=true" in asked[3]


def test_a_watch_that_ends_with_trouble_says_which() -> None:
    trouble = {
        "type": "ERROR",
        "object": {"kind": "Status", "code": 500, "message": "etcd is away"},
    }

    with Scripted(events(trouble)) as server, pytest.raises(ClusterBusy, match="etcd is away"):
        followed(kubeconfig_for(server.url), since="1")


def test_a_silent_stream_ends_and_a_silent_server_is_unreachable(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(streams, "QUIET", 0.2)
    head = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
    with Scripted(head) as server:
        assert followed(kubeconfig_for(server.url), since="1") == [("OPENED", "")]


def test_who_does_not_answer_is_named() -> None:
    port = ports.free()

    with pytest.raises(ClusterUnreachable, match=f"127.0.0.1:{port}.*/api/v1/configmaps"):
        followed(kubeconfig_for(f"http://127.0.0.1:{port}"))


def test_a_credential_that_is_refused_is_renewed_and_asked_with(tmp_path: Path) -> None:
    token = tmp_path / "token"
    token.write_text("old")
    number = count()

    def talk(sock: object) -> None:
        while request := read_request(sock):  # type: ignore[arg-type]
            if b"Bearer new" in request:
                sock.sendall(events(event("BOOKMARK", "")))  # type: ignore[attr-defined]
            else:
                next(number)
                token.write_text("new")
                sock.sendall(answer(b"{}", "401 Unauthorized"))  # type: ignore[attr-defined]

    settings = ClusterSettings(allow_files=True)

    async def read(url: str) -> list[tuple[str, str]]:
        async with streams_for(kubeconfig_for(url, tokenFile=str(token)), settings) as found:
            return await some(found, since="1", most=9)

    with Scripted(talk) as server:
        seen = asyncio.run(read(server.url))

    assert seen == [("OPENED", ""), ("BOOKMARK", "")]
    assert next(number) == 1


def test_a_token_file_that_is_read_again_and_holds_the_same_keeps_the_connection(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(login, "_REREAD", -1.0)  # it is stale at once
    token = tmp_path / "token"
    token.write_text("same")

    async def read(url: str) -> None:
        settings = ClusterSettings(allow_files=True)
        async with streams_for(kubeconfig_for(url, tokenFile=str(token)), settings) as found:
            for _ in range(3):
                await some(found, since="1", most=9)

    with Scripted(events(event("BOOKMARK", ""))) as server:
        asyncio.run(read(server.url))

        assert (server.connections, len(server.requests)) == (1, 3)
