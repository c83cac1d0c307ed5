"""One request: bounded in time and size, with nothing followed and nothing sent along."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest

from syncline.model import weburl
from syncline.settings import CheckSettings
from syncline_workers.web.fetch import Answer, Question, Web
from syncline_workers.web.reach import CheckForbidden, CheckUnanswered
from tests.harness import tls
from tests.harness.webserver import WebServer


def question(url: str, **more: Any) -> Question:
    return Question(url=weburl.parse(url), **{"seconds": 20.0, "most": 1000, **more})


@contextmanager
def raw(behave: Callable[[socket.socket], None]) -> Iterator[str]:
    """A server that does as it likes with one connection."""
    listener = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        with suppress(OSError):
            connection, _ = listener.accept()
            with connection:
                behave(connection)

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}/"
    finally:
        listener.close()
        thread.join(30)


def drip(connection: socket.socket, begin: bytes) -> None:
    """A byte now and then, for as long as anybody listens."""
    connection.recv(10_000)
    connection.sendall(begin)
    with suppress(OSError):
        while True:
            connection.sendall(b"x")
            time.sleep(0.05)


def test_an_answer_has_status_and_body(web: Web, server: WebServer) -> None:
    server.always(503, b"not yet")

    assert web.ask(question(f"{server.url}/a?b=c")) == Answer(503, b"not yet", is_cut=False)
    method, target, headers = server.asked[0]
    assert (method, target) == ("GET", "/a?b=c")
    assert headers["Host"] == f"127.0.0.1:{server.port}"


def test_a_name_is_asked_for_by_its_name(server: WebServer) -> None:
    web = Web(CheckSettings(networks=("127.0.0.0/8", "::1/128")))

    web.ask(question(f"http://localhost:{server.port}/"))

    assert server.asked[0][2]["Host"] == f"localhost:{server.port}"


def test_only_the_beginning_of_a_long_body_is_read(web: Web, server: WebServer) -> None:
    server.always(200, b"x" * 5_000_000)

    found = web.ask(question(server.url))

    assert (len(found.body), found.is_cut) == (1000, True)


def test_a_head_has_no_body(web: Web, server: WebServer) -> None:
    server.always(200, b"x" * 10)

    assert web.ask(question(server.url, method="HEAD")) == Answer(200, b"", is_cut=False)


def test_a_redirect_is_an_answer_and_is_not_followed(web: Web, server: WebServer) -> None:
    server.always(302, b"", Location=f"{server.url}/elsewhere")

    assert web.ask(question(server.url)).status == 302
    assert len(server.asked) == 1


@pytest.mark.parametrize(
    "behave",
    [
        lambda connection: connection.recv(10_000) and connection.recv(10_000),
        lambda connection: drip(connection, b"HTTP/1.1 200 OK\r\nX-A: "),
        lambda connection: drip(connection, b"HTTP/1.1 200 OK\r\nContent-Length: 900\r\n\r\n"),
        lambda connection: drip(connection, b"HTTP/1.1 200 OK\r\n\r\n"),
    ],
    ids=["silence", "a slow header", "a slow body", "a slow body without an end"],
)
def test_whoever_is_slow_is_given_up(web: Web, behave: Callable[[socket.socket], None]) -> None:
    with raw(behave) as url, pytest.raises(CheckUnanswered, match=r"did not answer within 0\.5 s"):
        web.ask(question(url, seconds=0.5, most=100_000))


@pytest.mark.parametrize(
    ("sent", "told"),
    [
        (b"", "did not answer: Remote end closed connection without response"),
        (b"SSH-2.0-hidden\r\n", "did not answer by HTTP"),
        (b"HTTP/1.1 hidden\r\n\r\n", "did not answer by HTTP"),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nhidden\r\n", "by HTTP"),
    ],
)
def test_what_is_no_http_is_no_answer(web: Web, sent: bytes, told: str) -> None:
    def behave(connection: socket.socket) -> None:
        connection.recv(10_000)
        connection.sendall(sent)

    with raw(behave) as url, pytest.raises(CheckUnanswered) as caught:
        web.ask(question(url))

    assert told in str(caught.value)
    assert "hidden" not in str(caught.value)


def test_nobody_there_is_no_answer_and_a_query_is_not_told(web: Web) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]

    with pytest.raises(CheckUnanswered) as caught:
        web.ask(question(f"http://127.0.0.1:{port}/live?token=hidden"))

    assert str(caught.value).startswith(f"http://127.0.0.1:{port}/live: did not answer: ")
    assert "refused" in str(caught.value)
    assert "hidden" not in str(caught.value)


def test_who_speaks_no_tls_is_not_trusted(web: Web, server: WebServer) -> None:
    with pytest.raises(CheckUnanswered, match="its TLS is not to be trusted"):
        web.ask(question(server.url.replace("http:", "https:")))


def test_loopback_is_not_asked_unless_the_settings_say_so(server: WebServer) -> None:
    for name in ("127.0.0.1", "localhost", "2130706433", "0x7f.1", "[::ffff:127.0.0.1]"):
        with pytest.raises(CheckForbidden):
            Web(CheckSettings()).ask(question(f"http://{name}:{server.port}/"))

    assert server.asked == []


def test_a_certificate_is_trusted_where_its_authority_is(
    server: WebServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    authority = tls.Authority(tmp_path, "authority")
    with tls.front(server.port, authority.issue("shop")) as port:
        asked = question(f"https://127.0.0.1:{port}/live")
        with pytest.raises(CheckUnanswered, match="its TLS is not to be trusted"):
            Web(CheckSettings(networks=("127.0.0.0/8",))).ask(asked)

        monkeypatch.setenv("SSL_CERT_FILE", str(authority.file))

        assert Web(CheckSettings(networks=("127.0.0.0/8",))).ask(asked).status == 200
