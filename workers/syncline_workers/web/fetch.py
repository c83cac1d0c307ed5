"""One request, bounded in time and size; a redirect is an answer like any other."""

from __future__ import annotations

import http.client
import socket
import ssl
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from typing import NamedTuple

from syncline.model.weburl import WebUrl
from syncline.settings import CheckSettings
from syncline_workers.web.reach import CheckUnanswered, Reach

_HEADERS = {"User-Agent": "syncline", "Accept": "*/*", "Connection": "close"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What is asked, and how much of an answer is waited for and read."""

    url: WebUrl
    method: str = "GET"
    seconds: float
    most: int  # bytes of the body


class Answer(NamedTuple):
    """What came."""

    status: int
    body: bytes
    is_cut: bool  # there was more of it


class Web:
    """Asks from this process. Safe to use from several threads."""

    def __init__(self, settings: CheckSettings) -> None:
        self._reach = Reach(settings)
        self._tls: ssl.SSLContext | None = None

    def ask(self, question: Question) -> Answer:
        """Send one request.

        Raises:
            CheckForbidden: it may not be asked.
            CheckUnanswered: it did not answer in time, or not by HTTP.
        """
        url, until = question.url, time.monotonic() + question.seconds
        addresses = self._reach.addresses(url)
        try:
            with self._connected(url, addresses, until) as sock:
                answer = _exchange(sock, question)
        except (OSError, http.client.HTTPException, ValueError) as exc:
            raise CheckUnanswered(str(url), _why(exc, question, until)) from exc
        if time.monotonic() >= until:  # it was cut off, which may look like an end
            raise CheckUnanswered(str(url), _late(question))
        return answer

    @contextmanager
    def _connected(
        self, url: WebUrl, addresses: list[str], until: float
    ) -> Iterator[socket.socket]:
        sock = _connect(addresses, url.port, until)
        if url.scheme == "https":
            sock = self._secure(sock, url.host)
        # A time-out of a socket is for each wait: who sends a byte now and then has no end.
        timer = threading.Timer(max(until - time.monotonic(), 0), _cut_off, (sock,))
        timer.daemon = True
        timer.start()
        try:
            with closing(sock):
                if isinstance(sock, ssl.SSLSocket):
                    sock.do_handshake()
                yield sock
        finally:
            timer.cancel()

    def _secure(self, sock: socket.socket, host: str) -> ssl.SSLSocket:
        if self._tls is None:
            self._tls = ssl.create_default_context()
        try:
            return self._tls.wrap_socket(sock, server_hostname=host, do_handshake_on_connect=False)
        except BaseException:
            sock.close()
            raise


def _connect(addresses: list[str], port: int, until: float) -> socket.socket:
    """Connect to the first address that takes it."""
    failed: OSError = TimeoutError()
    for address in addresses:
        left = until - time.monotonic()
        if left <= 0:
            break
        try:
            return socket.create_connection((address, port), timeout=left)
        except OSError as exc:
            failed = exc
    raise failed


def _exchange(sock: socket.socket, question: Question) -> Answer:
    url = question.url
    connection = http.client.HTTPConnection(url.host, url.port)
    connection.sock = sock
    connection.request(question.method, url.target, headers={"Host": url.authority, **_HEADERS})
    with closing(connection.getresponse()) as response:
        body = response.read(question.most + 1)
    return Answer(response.status, body[: question.most], len(body) > question.most)


def _cut_off(sock: socket.socket) -> None:
    with suppress(OSError):  # it has ended by itself
        socket.socket.shutdown(sock, socket.SHUT_RDWR)  # TLS or not: who reads it is not asked


def _why(exc: Exception, question: Question, until: float) -> str:
    if isinstance(exc, TimeoutError) or time.monotonic() >= until:
        return _late(question)
    if isinstance(exc, ssl.SSLError):
        return f"its TLS is not to be trusted: {exc.reason or exc}"
    if isinstance(exc, OSError):
        return f"did not answer: {exc}"
    return "did not answer by HTTP"  # what it said is not ours to pass on


def _late(question: Question) -> str:
    return f"did not answer within {question.seconds:g} s"
