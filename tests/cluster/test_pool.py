"""Kept connections, credentials that are renewed, and servers that do not answer."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import timedelta
from pathlib import Path

import pytest

from syncline.errors import ClusterUnreachable, CredentialRefused
from syncline.settings import ClusterSettings
from syncline_workers.cluster import kubeconfig, session
from syncline_workers.cluster.login import Login
from syncline_workers.cluster.pool import Pool
from tests.cluster.conftest import SETTINGS, Connect, kubeconfig_for, pool_for
from tests.cluster.scripted import Scripted, answer, read_request
from tests.harness.apiserver import ApiServer

QUICK = ClusterSettings(connect_timeout=timedelta(seconds=0.3), read_timeout=timedelta(seconds=0.3))
OK = answer(b"{}")


class Clock:
    """Time that moves when it is told to."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def clocked(url: str, clock: Clock, **user: object) -> Pool:
    access = kubeconfig.read(
        kubeconfig_for(url, **user), context=None, settings=SETTINGS, subject="cluster eu"
    )
    login = Login(access.user, subject="cluster eu", environment={}, now=clock)
    return Pool(access, login, size=4, settings=SETTINGS, now=clock)


def test_a_request_is_what_an_api_server_expects() -> None:
    with Scripted(OK) as server:
        kept = pool_for(kubeconfig_for(f"{server.url}/clusters/3/", token="t0ken"))
        kept.request("PATCH", "/api/v1/x?a=b", body=b"{}", kind="application/apply-patch+yaml")
        kept.close()

    assert server.requests == [
        (
            "PATCH /clusters/3/api/v1/x?a=b HTTP/1.1\r\n"
            f"Host: 127.0.0.1:{server.port}\r\n"
            "Accept-Encoding: identity\r\n"
            "User-Agent: syncline\r\n"
            "Authorization: Bearer t0ken\r\n"
            "Accept: application/json\r\n"
            "Content-Type: application/apply-patch+yaml\r\n"
            "Content-Length: 2\r\n\r\n{}"
        ).encode()
    ]


@pytest.mark.parametrize(
    ("user", "lines"),
    [
        ({}, []),
        ({"username": "u", "password": "p"}, ["Authorization: Basic dTpw"]),
        (
            {"token": "t", "as": "bot", "as-uid": "7", "as-groups": ["a", "b"]},
            [
                "Impersonate-User: bot",
                "Impersonate-Uid: 7",
                "Impersonate-Group: a",
                "Impersonate-Group: b",
                "Authorization: Bearer t",
            ],
        ),
    ],
    ids=["anonymous", "password", "impersonation"],
)
def test_a_user_is_told_in_the_headers(user: dict[str, object], lines: list[str]) -> None:
    with Scripted(OK) as server:
        kept = pool_for(kubeconfig_for(server.url, **user))
        kept.request("GET", "/")
        kept.close()

    head = server.requests[0].decode().split("User-Agent: syncline\r\n")[1]
    assert head.split("\r\n")[:-2] == [*lines, "Accept: application/json"]


def test_one_connection_serves_many_requests() -> None:
    with Scripted(OK) as server:
        kept = pool_for(kubeconfig_for(server.url))
        for _ in range(5):
            kept.request("GET", "/")
        kept.close()

    assert (server.connections, kept.connected, len(server.requests)) == (1, 1, 5)


def once(sock: socket.socket) -> None:
    """Answer one request, then close the connection without a word."""
    read_request(sock)
    sock.sendall(OK)


def test_a_kept_connection_that_was_closed_is_replaced() -> None:
    with Scripted(once, OK) as server:
        kept = pool_for(kubeconfig_for(server.url))
        answers = [kept.request("GET", "/").status for _ in range(3)]
        kept.close()

    assert answers == [200, 200, 200]
    assert (server.connections, kept.connected) == (2, 2)


def test_a_kept_connection_that_breaks_is_replaced_and_the_request_sent_again() -> None:
    with Scripted(once_then_hang_up, OK) as server:
        kept = pool_for(kubeconfig_for(server.url))
        answers = [kept.request("GET", "/").status for _ in range(3)]
        kept.close()

    assert answers == [200, 200, 200]
    assert (server.connections, kept.connected) == (2, 2)


def test_a_request_is_not_sent_a_third_time() -> None:
    def hang_up(sock: socket.socket) -> None:
        read_request(sock)

    with Scripted(once_then_hang_up, hang_up) as server:
        kept = pool_for(kubeconfig_for(server.url))
        kept.request("GET", "/")
        with pytest.raises(ClusterUnreachable, match="broke the connection"):
            kept.request("GET", "/")

    assert server.connections == 2


def once_then_hang_up(sock: socket.socket) -> None:
    """Answer one request; take another, and close the connection in place of an answer."""
    once(sock)
    read_request(sock)


def test_no_more_requests_than_its_size_are_in_flight_and_all_connections_are_kept() -> None:
    gate = threading.Barrier(3)  # passed only by three requests at once

    def in_step(sock: socket.socket) -> None:
        while read_request(sock):
            gate.wait(10)
            sock.sendall(OK)

    with Scripted(in_step) as server, ThreadPoolExecutor(9) as threads:
        kept = pool_for(kubeconfig_for(server.url), size=3)
        asked = [threads.submit(kept.request, "GET", "/") for _ in range(9)]
        statuses = [each.result().status for each in asked]
        idle = kept.idle
        kept.close()

    assert statuses == [200] * 9
    assert (server.connections, idle, kept.idle) == (3, 3, 0)


def test_a_closed_pool_opens_new_connections_when_it_is_used_again() -> None:
    with Scripted(OK) as server:
        kept = pool_for(kubeconfig_for(server.url))
        kept.request("GET", "/")
        kept.close()
        kept.request("GET", "/")
        kept.close()

    assert (server.connections, kept.connected) == (2, 2)


def test_a_connection_that_was_idle_for_long_is_not_trusted() -> None:
    clock = Clock()
    with Scripted(OK) as server:
        kept = clocked(server.url, clock)
        kept.request("GET", "/")
        clock.now += session.MAX_IDLE - 1
        kept.request("GET", "/")
        clock.now += session.MAX_IDLE + 1
        kept.request("GET", "/")
        kept.close()

    assert (server.connections, kept.connected) == (2, 2)


def test_a_fresh_connection_that_breaks_is_not_tried_again() -> None:
    def hang_up(sock: socket.socket) -> None:
        read_request(sock)

    with Scripted(hang_up) as server:
        kept = pool_for(kubeconfig_for(server.url))
        with pytest.raises(ClusterUnreachable) as caught:
            kept.request("GET", "/version?x")

    assert server.connections == 1
    assert str(caught.value) == (
        f"cluster eu: 127.0.0.1:{server.port} took GET /version and broke the connection: "
        "Remote end closed connection without response"
    )


def test_a_token_file_is_read_again_when_it_is_old(tmp_path: Path) -> None:
    clock, file = Clock(), tmp_path / "token"
    allowed = ClusterSettings(allow_files=True)
    file.write_text("one\n")
    with Scripted(OK) as server:
        text = kubeconfig_for(server.url, tokenFile=str(file))
        access = kubeconfig.read(text, context=None, settings=allowed, subject="cluster eu")
        login = Login(access.user, subject="cluster eu", environment={}, now=clock)
        kept = Pool(access, login, size=4, settings=allowed, now=clock)
        kept.request("GET", "/")
        file.write_text("two\n")
        kept.request("GET", "/")
        clock.now += 61
        kept.request("GET", "/")
        kept.close()

    assert [b"Bearer one" in request for request in server.requests] == [True, True, False]
    assert b"Bearer two" in server.requests[2]


def test_a_token_file_that_holds_no_token_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "token"
    file.write_text("two\nlines")
    settings = ClusterSettings(allow_files=True)

    with pytest.raises(CredentialRefused, match="holds no token"):
        pool_for(kubeconfig_for("http://localhost", tokenFile=str(file)), settings).request(
            "GET", "/"
        )


def test_a_closed_port_is_told(unused: int) -> None:
    with pytest.raises(ClusterUnreachable) as caught:
        pool_for(kubeconfig_for(f"https://127.0.0.1:{unused}")).request("GET", "/")

    assert str(caught.value) == (
        f"cluster eu: 127.0.0.1:{unused} took no connection: Connection refused"
    )


def test_a_name_that_does_not_exist_is_told() -> None:
    with pytest.raises(ClusterUnreachable, match=r"the name nowhere\.invalid cannot be resolved"):
        pool_for(kubeconfig_for("https://nowhere.invalid")).request("GET", "/")


@pytest.fixture
def unused() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


@pytest.fixture
def silent() -> Iterator[int]:
    """A port that takes connections and never says a word."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield int(listener.getsockname()[1])


def test_a_server_that_begins_no_tls_is_given_up(silent: int) -> None:
    with pytest.raises(ClusterUnreachable) as caught:
        pool_for(kubeconfig_for(f"https://127.0.0.1:{silent}"), QUICK).request("GET", "/")

    assert str(caught.value) == (
        f"cluster eu: 127.0.0.1:{silent} took the connection and began no TLS within 0.3 s"
    )


def test_a_server_that_never_answers_is_given_up(silent: int) -> None:
    with pytest.raises(ClusterUnreachable) as caught:
        pool_for(kubeconfig_for(f"http://127.0.0.1:{silent}"), QUICK).request("GET", "/version")

    assert str(caught.value) == (
        f"cluster eu: 127.0.0.1:{silent} took GET /version and did not answer within 0.3 s"
    )


def test_a_server_that_speaks_no_tls_is_told() -> None:
    def plain(sock: socket.socket) -> None:
        sock.recv(10)
        sock.sendall(answer(b"", "400 Bad Request"))

    with (
        Scripted(plain) as server,
        pytest.raises(ClusterUnreachable, match="speaks no TLS with us"),
    ):
        pool_for(kubeconfig_for(f"https://127.0.0.1:{server.port}")).request("GET", "/")


def test_a_proxy_that_refuses_is_told() -> None:
    with Scripted(answer(b"", "407 Proxy Authentication Required")) as proxy:
        text = kubeconfig_for("https://10.1.2.3:6443").replace(
            '"server"', f'"proxy-url": "{proxy.url.replace("//", "//me:pw@")}", "server"'
        )
        with pytest.raises(ClusterUnreachable) as caught:
            pool_for(text).request("GET", "/")

    assert str(caught.value) == (
        f"cluster eu: proxy 127.0.0.1:{proxy.port} did not connect us to 10.1.2.3:6443: "
        "Tunnel connection failed: 407 Proxy Authentication Required"
    )
    line, *headers = b"".join(proxy.requests).decode().lower().split("\r\n")
    assert line.startswith("connect 10.1.2.3:6443 http/1.")
    assert "proxy-authorization: basic bwu6chc=" in headers


def through(proxy: str) -> Pool:
    text = kubeconfig_for("https://10.1.2.3:6443")
    return pool_for(text.replace('"server"', f'"proxy-url": "{proxy}", "server"'), QUICK)


def test_a_proxy_that_is_away_is_told(unused: int) -> None:
    with pytest.raises(ClusterUnreachable) as caught:
        through(f"http://127.0.0.1:{unused}").request("GET", "/")

    assert str(caught.value) == (
        f"cluster eu: proxy 127.0.0.1:{unused} took no connection: Connection refused"
    )


def test_a_proxy_that_does_not_exist_is_told() -> None:
    with pytest.raises(ClusterUnreachable, match=r"the name nowhere\.invalid cannot be resolved"):
        through("http://nowhere.invalid:3128").request("GET", "/")


def test_a_proxy_that_never_answers_is_given_up(silent: int) -> None:
    with pytest.raises(ClusterUnreachable) as caught:
        through(f"http://127.0.0.1:{silent}").request("GET", "/")

    assert str(caught.value) == (
        f"cluster eu: proxy 127.0.0.1:{silent} did not answer within 0.3 s"
    )


def test_a_proxy_that_begins_no_tls_for_us_is_given_up() -> None:
    gone = threading.Event()

    def tunnel_to_nowhere(sock: socket.socket) -> None:
        read_request(sock)
        sock.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
        gone.wait(10)

    with Scripted(tunnel_to_nowhere) as proxy:
        with pytest.raises(ClusterUnreachable) as caught:
            through(proxy.url).request("GET", "/")
        gone.set()

    assert str(caught.value) == (
        "cluster eu: 10.1.2.3:6443 took the connection and began no TLS within 0.3 s"
    )


def test_a_proxy_of_the_workers_environment_is_not_used(
    monkeypatch: pytest.MonkeyPatch, unused: int
) -> None:
    monkeypatch.setenv("HTTP_PROXY", f"http://127.0.0.1:{unused}")
    monkeypatch.setenv("http_proxy", f"http://127.0.0.1:{unused}")
    with Scripted(OK) as server:
        kept = pool_for(kubeconfig_for(server.url))

        assert kept.request("GET", "/").status == 200
        kept.close()


@pytest.mark.cluster
def test_a_real_api_server_is_reached_through_a_proxy(
    api_server: ApiServer, connect: Connect
) -> None:
    with Scripted(_tunnel) as proxy:
        text = api_server.kubeconfig.read_text()
        text = text.replace('"server"', f'"proxy-url": "{proxy.url}", "server"')

        assert connect(text).identity()[0] == api_server.uid


def _tunnel(sock: socket.socket) -> None:
    head = read_request(sock).split(b" ")[1].decode()
    host, _, port = head.partition(":")
    with socket.create_connection((host, int(port))) as onward:
        sock.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
        back = threading.Thread(target=_copy, args=(onward, sock), daemon=True)
        back.start()
        _copy(sock, onward)


def _copy(source: socket.socket, sink: socket.socket) -> None:
    with suppress(OSError):  # the other direction has ended
        while data := source.recv(65536):
            sink.sendall(data)


@pytest.mark.cluster
def test_another_authority_than_the_clusters_is_not_trusted(
    api_server: ApiServer, connect: Connect
) -> None:
    text = api_server.kubeconfig.read_text()
    start = text.index('"certificate-authority-data": "')
    end = text.index('"', start + 31)

    with pytest.raises(ClusterUnreachable) as caught:
        connect(text[:start] + text[end + 1 :].lstrip(",")).identity()

    assert str(caught.value) == (
        f"cluster eu: 127.0.0.1:{api_server.port} shows a certificate that is not trusted: "
        "self-signed certificate in certificate chain. Is certificate-authority-data that of "
        "this cluster?"
    )


@pytest.mark.cluster
def test_verification_can_be_switched_off_and_the_name_can_be_given(
    api_server: ApiServer, connect: Connect
) -> None:
    text = api_server.kubeconfig.read_text()
    blind = text.replace("certificate-authority-data", "other").replace(
        '"server"', '"insecure-skip-tls-verify": true, "server"'
    )
    named = text.replace('"server"', '"tls-server-name": "kubernetes.default.svc", "server"')
    wrong = text.replace('"server"', '"tls-server-name": "example.com", "server"')

    assert connect(blind).identity()[0] == api_server.uid
    assert connect(named).identity()[0] == api_server.uid
    with pytest.raises(ClusterUnreachable, match="Hostname mismatch"):
        connect(wrong).identity()


@pytest.mark.cluster
def test_an_api_server_that_restarts_is_found_again(
    api_server: ApiServer, connect: Connect
) -> None:
    api = connect(api_server.kubeconfig.read_text())
    before = api.identity()

    api_server.stop()
    with pytest.raises(ClusterUnreachable):
        api.identity()
    api_server.start()

    assert api.identity() == before


@pytest.mark.cluster
def test_an_api_server_that_hangs_is_given_up_and_found_again(
    api_server: ApiServer, connect: Connect
) -> None:
    settings = ClusterSettings(
        connect_timeout=timedelta(seconds=5), read_timeout=timedelta(seconds=0.5)
    )
    api = connect(api_server.kubeconfig.read_text(), settings)
    before = api.identity()

    api_server.pause()
    try:
        with pytest.raises(ClusterUnreachable, match=r"did not answer within 0\.5 s"):
            api.identity()
    finally:
        api_server.resume()

    assert connect(api_server.kubeconfig.read_text()).identity() == before
