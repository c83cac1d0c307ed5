"""One connection and the answers it understands, byte by byte."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from syncline_workers.cluster import wire
from syncline_workers.cluster.wire import Answer, Closed, Garbled, Wire

REQUEST = b"GET / HTTP/1.1\r\n\r\n"


@pytest.fixture
def pair() -> Iterator[tuple[Wire, socket.socket]]:
    """Our end of a connection, and the server's."""
    ours, theirs = socket.socketpair()
    with ExitStack() as stack:
        stack.enter_context(ours)
        stack.enter_context(theirs)
        yield Wire(ours), theirs


Pair = tuple[Wire, socket.socket]


def exchange(pair: Pair, answer: bytes, *, within: float = 5) -> Answer:
    """Ask, where the answer is already on its way."""
    pair[1].sendall(answer)
    return pair[0].exchange(REQUEST, within=within)


def test_a_body_of_known_length(pair: Pair) -> None:
    found = exchange(pair, b'HTTP/1.1 200 OK\r\nContent-Length: 5\r\nETag: "x"\r\n\r\nhello')

    assert found == Answer(200, {"content-length": "5", "etag": '"x"'}, b"hello")
    assert pair[0].is_open


def test_a_body_in_chunks_with_trailers(pair: Pair) -> None:
    found = exchange(
        pair,
        b"HTTP/1.1 201 Created\r\nTransfer-Encoding: chunked\r\n\r\n"
        b"3;name=value\r\nabc\r\nA\r\n0123456789\r\n0\r\nTrailer: x\r\n\r\n",
    )

    assert found == Answer(201, {"transfer-encoding": "chunked"}, b"abc0123456789")
    assert pair[0].is_open


def test_a_body_up_to_the_end_of_the_connection(pair: Pair) -> None:
    pair[1].sendall(b"HTTP/1.0 200 OK\r\n\r\nall of it")
    pair[1].shutdown(socket.SHUT_WR)

    found = pair[0].exchange(REQUEST, within=5)

    assert found == Answer(200, {"connection": "close"}, b"all of it")
    assert not pair[0].is_open


def test_an_answer_without_a_body(pair: Pair) -> None:
    assert exchange(pair, b"HTTP/1.1 304 Not Modified\r\n\r\n") == Answer(304, {}, b"")
    assert pair[0].is_open


def test_what_comes_before_the_answer_is_passed_over(pair: Pair) -> None:
    early = b"HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n"

    found = exchange(pair, early + b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")

    assert found == Answer(200, {"content-length": "0"}, b"")


def test_several_exchanges_follow_each_other(pair: Pair) -> None:
    one = b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n%d"

    assert [exchange(pair, one % n).body for n in range(3)] == [b"0", b"1", b"2"]


def test_a_large_body_arrives_whole(pair: Pair) -> None:
    body = bytes(range(256)) * 8000
    head = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(body)
    thread = threading.Thread(target=pair[1].sendall, args=(head + body,))
    thread.start()

    assert pair[0].exchange(REQUEST, within=30).body == body
    thread.join()


def test_a_server_that_closes_is_done_with(pair: Pair) -> None:
    exchange(pair, b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 0\r\n\r\n")

    assert not pair[0].is_open


def test_a_connection_that_was_closed_before_the_answer_may_be_asked_again(pair: Pair) -> None:
    pair[1].close()

    with pytest.raises(Closed):
        pair[0].exchange(REQUEST, within=5)


def test_a_refusal_of_a_body_that_was_not_read_is_understood(pair: Pair) -> None:
    wire_end, server = pair
    server.sendall(b"HTTP/1.1 413 Too Large\r\nContent-Length: 2\r\n\r\nno")
    server.close()

    assert wire_end.exchange(b"x" * 10_000_000, within=5).body == b"no"


@pytest.mark.parametrize(
    "answer",
    [
        b"SSH-2.0-OpenSSH_9.2\r\n\r\n\r\n",
        b"HTTP/1.1 abc\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: many\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 999999999999\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nFFFFFFFFFF\r\n",
        b"HTTP/1.1 200 OK\r\nX: " + b"y" * 70_000,
    ],
    ids=["ssh", "status", "negative", "word", "huge", "chunk", "huge chunk", "endless head"],
)
def test_what_is_no_answer_is_garbled(pair: Pair, answer: bytes) -> None:
    with pytest.raises(Garbled):
        exchange(pair, answer)

    assert not pair[0].is_open


@pytest.mark.parametrize(
    "answer",
    [
        b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nA\r\nhalf",
        b"HTTP/1.1 200",
    ],
    ids=["body", "chunk", "head"],
)
def test_an_answer_that_is_cut_off_is_not_taken_for_one(pair: Pair, answer: bytes) -> None:
    pair[1].sendall(answer)
    pair[1].shutdown(socket.SHUT_WR)

    with pytest.raises(Garbled):
        pair[0].exchange(REQUEST, within=5)


def test_a_body_beyond_the_limit_is_not_read(pair: Pair, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wire, "MAX_BODY", 10)

    with pytest.raises(Garbled):
        exchange(pair, b"HTTP/1.1 200 OK\r\nContent-Length: 11\r\n\r\n")


def test_silence_times_out(pair: Pair) -> None:
    with pytest.raises(TimeoutError):
        pair[0].exchange(REQUEST, within=0.05)

    assert not pair[0].is_open


def test_a_drip_of_bytes_does_not_prolong_the_deadline(pair: Pair) -> None:
    wire_end, server = pair
    stop = threading.Event()

    def drip() -> None:
        server.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")
        while not stop.wait(0.02):
            server.sendall(b"x")

    thread = threading.Thread(target=drip)
    thread.start()
    begun = time.monotonic()
    with pytest.raises(TimeoutError):
        wire_end.exchange(REQUEST, within=0.3)
    took = time.monotonic() - begun
    stop.set()
    thread.join()

    assert 0.25 < took < 2
