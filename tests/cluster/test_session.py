"""Which answers are taken, how large and how late they may be."""

from __future__ import annotations

import socket
import threading
from datetime import timedelta

import pytest

from syncline.errors import ClusterUnreachable
from syncline.settings import ClusterSettings
from syncline_workers.cluster import session
from tests.cluster.conftest import kubeconfig_for, pool_for
from tests.cluster.scripted import Scripted, Talk, answer, read_request

QUICK = ClusterSettings(connect_timeout=timedelta(seconds=5), read_timeout=timedelta(seconds=0.3))
OK = answer(b"{}")


def saying(said: bytes) -> Talk:
    """Say this to one request, then close the connection."""

    def talk(sock: socket.socket) -> None:
        read_request(sock)
        sock.sendall(said)

    return talk


@pytest.mark.parametrize(
    ("said", "status", "body"),
    [
        (answer(b"hello"), 200, b"hello"),
        (
            (
                b"HTTP/1.1 201 Created\r\nTransfer-Encoding: chunked\r\n\r\n"
                b"3;name=value\r\nabc\r\nA\r\n0123456789\r\n0\r\nTrailer: x\r\n\r\n"
            ),
            201,
            b"abc0123456789",
        ),
        (b"HTTP/1.1 304 Not Modified\r\n\r\n", 304, b""),
        (answer(b"page", "302 Found", "Location: http://127.0.0.1:1/"), 302, b"page"),
        (answer(b"zip", "200 OK", "Content-Encoding: gzip"), 200, b"zip"),
        (answer(b"later", "429 Too Many Requests", "Retry-After: 60"), 429, b"later"),
    ],
    ids=["length", "chunks", "empty", "redirect", "encoded", "retry"],
)
def test_an_answer_is_taken_as_it_comes_and_its_connection_kept(
    said: bytes, status: int, body: bytes
) -> None:
    with Scripted(said) as server:
        kept = pool_for(kubeconfig_for(server.url))
        found = [kept.request("GET", "/") for _ in range(2)]
        idle = kept.idle
        kept.close()

    assert [(one.status, one.body) for one in found] == [(status, body)] * 2
    assert (server.connections, idle) == (1, 1)


def test_a_body_may_end_with_the_connection() -> None:
    with Scripted(saying(b"HTTP/1.0 200 OK\r\n\r\nall of it")) as server:
        kept = pool_for(kubeconfig_for(server.url))
        found = kept.request("GET", "/")

    assert (found.body, kept.idle) == (b"all of it", 0)


def test_headers_are_found_by_their_lower_case_names() -> None:
    with Scripted(answer(b"{}", "200 OK", "ETag: x")) as server:
        kept = pool_for(kubeconfig_for(server.url))
        found = kept.request("GET", "/")
        kept.close()

    assert found.headers.get("etag") == "x"


def test_a_large_body_arrives_whole() -> None:
    body = bytes(range(256)) * 8000
    with Scripted(answer(body)) as server:
        kept = pool_for(kubeconfig_for(server.url))
        found = kept.request("GET", "/")
        kept.close()

    assert found.body == body


@pytest.mark.parametrize(
    ("said", "words"),
    [
        (b"SSH-2.0-OpenSSH_9.2\r\n\r\n\r\n", "BadStatusLine('SSH-2.0-OpenSSH_9.2"),
        (b"HTTP/1.1 abc\r\n\r\n", "BadStatusLine('HTTP/1.1 abc"),
        (b"HTTP/1.1 200 OK\r\nX: " + b"y" * 70_000, "LineTooLong"),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", "IncompleteRead"),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nA\r\nhalf", "IncompleteRead"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf", "IncompleteRead"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 999999999999\r\n\r\n", "larger than 256000000"),
    ],
    ids=["ssh", "status", "endless head", "no chunk", "half a chunk", "half a body", "huge"],
)
def test_what_is_no_whole_answer_is_not_taken_for_one(said: bytes, words: str) -> None:
    with Scripted(saying(said)) as server:
        kept = pool_for(kubeconfig_for(server.url))
        with pytest.raises(ClusterUnreachable) as caught:
            kept.request("GET", "/version")

    told = f"cluster eu: 127.0.0.1:{server.port} took GET /version and broke the connection: "
    assert str(caught.value).startswith(told)
    assert words in str(caught.value)
    assert (server.connections, kept.idle) == (1, 0)


@pytest.mark.parametrize(
    "said",
    [
        answer(b"x" * 11),
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nB\r\n%b\r\n0\r\n\r\n" % (b"x" * 11),
    ],
    ids=["length", "chunks"],
)
def test_a_body_beyond_the_limit_is_refused_and_its_connection_closed(
    said: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(session, "MAX_BODY", 10)
    with Scripted(said, OK) as server:
        kept = pool_for(kubeconfig_for(server.url))
        with pytest.raises(ClusterUnreachable, match="the answer is larger than 10 bytes"):
            kept.request("GET", "/")
        after = kept.request("GET", "/")
        kept.close()

    assert (after.body, server.connections) == (b"{}", 2)


def test_a_drip_of_bytes_is_given_up_and_not_taken_for_the_next_answer() -> None:
    stop = threading.Event()

    def drip(sock: socket.socket) -> None:
        read_request(sock)
        sock.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")
        while not stop.wait(0.02):
            sock.sendall(b"x")

    with Scripted(drip, OK) as server:
        kept = pool_for(kubeconfig_for(server.url), QUICK)
        with pytest.raises(ClusterUnreachable, match=r"did not answer within 0\.3 s"):
            kept.request("GET", "/")
        stop.set()
        after = kept.request("GET", "/")
        kept.close()

    assert after.body == b"{}"


def test_an_answer_may_take_longer_than_a_connection() -> None:
    never = threading.Event()

    def slow(sock: socket.socket) -> None:
        read_request(sock)
        never.wait(0.5)
        sock.sendall(OK)

    patient = ClusterSettings(
        connect_timeout=timedelta(seconds=0.1), read_timeout=timedelta(seconds=20)
    )
    with Scripted(slow) as server:
        kept = pool_for(kubeconfig_for(server.url), patient)

        assert kept.request("GET", "/").status == 200
        kept.close()


def test_a_large_request_may_take_longer_than_a_connection() -> None:
    never = threading.Event()
    taken: list[int] = []

    def slow(sock: socket.socket) -> None:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 65_536)
        while sum(taken) < 10_000_000:
            taken.append(len(sock.recv(200_000)))
            never.wait(0.005)
        sock.sendall(OK)

    patient = ClusterSettings(
        connect_timeout=timedelta(seconds=0.2), read_timeout=timedelta(seconds=20)
    )
    with Scripted(slow) as server:
        kept = pool_for(kubeconfig_for(server.url), patient)

        assert kept.request("PATCH", "/x", body=b"x" * 10_000_000).status == 200
        kept.close()


def test_a_server_that_takes_no_more_of_a_request_is_given_up() -> None:
    gone = threading.Event()

    def deaf(sock: socket.socket) -> None:
        gone.wait(20)

    hasty = ClusterSettings(
        connect_timeout=timedelta(seconds=0.3), read_timeout=timedelta(seconds=20)
    )
    with Scripted(deaf) as server:
        kept = pool_for(kubeconfig_for(server.url), hasty)
        with pytest.raises(ClusterUnreachable) as caught:
            kept.request("PATCH", "/x", body=b"x" * 20_000_000)
        gone.set()

    assert str(caught.value) == (
        f"cluster eu: 127.0.0.1:{server.port} took no more of PATCH /x within 0.3 s"
    )
