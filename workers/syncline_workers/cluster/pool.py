"""The kept connections of one process to one API server: at most so many requests at once.

A kept connection that the server closed meanwhile is replaced and the request sent again: no
byte of an answer had come, and everything that we ask for may be asked for twice. There is no
other retry here; the store knows when to try a run again.
"""

from __future__ import annotations

import ssl
import threading
import time
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from http import HTTPStatus

from syncline.errors import ClusterUnreachable
from syncline.settings import ClusterSettings
from syncline_workers.cluster import login as who
from syncline_workers.cluster.access import Access
from syncline_workers.cluster.dial import context, dial
from syncline_workers.cluster.login import Login
from syncline_workers.cluster.plugin import Credential
from syncline_workers.cluster.wire import Answer, Closed, Wire

JSON = "application/json"
MAX_IDLE = 60.0
"""Seconds after which a kept connection is not trusted: load balancers forget idle ones without
a word, the fastest after 4 minutes, and API servers close them after 90 s."""


class Pool:
    """Connections to one API server. Safe to use from several threads, not across a fork."""

    def __init__(
        self,
        access: Access,
        login: Login,
        *,
        size: int,
        settings: ClusterSettings,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self.subject = access.subject
        self._access = access
        self._login = login
        self._connect_within = settings.connect_timeout.total_seconds()
        self._answer_within = settings.read_timeout.total_seconds()
        self._now = now
        self._slots = threading.BoundedSemaphore(size)
        self._lock = threading.Lock()
        self._idle: deque[tuple[Wire, float]] = deque()  # the last used are at the right
        self._credential: Credential | None = None
        self._tls: ssl.SSLContext | None = None
        self._fixed = ""

    def request(
        self,
        method: str,
        path: str,
        *,
        body: bytes = b"",
        kind: str = JSON,
        accept: str = JSON,
        tag: str = "",
    ) -> Answer:
        """Ask once; any status is an answer.

        Args:
            method: GET, PATCH or DELETE.
            path: from the API server's root, with its query.
            body: what to send, of the media type ``kind``.
            kind: the body's media type.
            accept: the answer's media type.
            tag: the ETag of what is already known: 304 says that it is still so.

        Raises:
            ClusterUnreachable: no answer, or none in time.
            CredentialRefused: there is no usable credential to ask with.
        """
        with self._slots:
            credential = self._prepare(self._login.current())
            lines = [f"{method} {self._access.prefix}{path} HTTP/1.1\r\n", f"Accept: {accept}\r\n"]
            if body:
                lines.append(f"Content-Type: {kind}\r\nContent-Length: {len(body)}\r\n")
            if tag:
                lines.append(f"If-None-Match: {tag}\r\n")
            head = "".join(lines)
            answer = self._ask(head, body)
            if answer.status == HTTPStatus.UNAUTHORIZED and self._login.is_renewable:
                self._prepare(self._login.renew(credential))
                answer = self._ask(head, body)
            return answer

    @property
    def idle(self) -> int:
        """How many connections are kept and not in use."""
        return len(self._idle)

    def close(self) -> None:
        """Close what is idle; what is in use is closed when its answer has come."""
        with self._lock:
            self._credential = None
            self._drop()

    def _prepare(self, credential: Credential) -> Credential:
        if credential is self._credential:
            return credential
        tls = context(self._access, credential)
        lines = f"Host: {self._access.address}\r\nUser-Agent: syncline\r\n"
        with self._lock:
            self._credential = credential
            self._tls = tls
            self._fixed = lines + who.headers(self._access.user, credential)
            self._drop()  # a client certificate belongs to the connection
        return credential

    def _ask(self, head: str, body: bytes) -> Answer:
        try:
            return self._send(f"{head}{self._fixed}\r\n".encode() + body)
        except OSError as exc:
            raise self._broken(head, exc) from exc

    def _send(self, request: bytes) -> Answer:
        while wire := self._kept():
            with suppress(Closed):
                return self._exchange(wire, request)
        wire = dial(self._access, self._tls, within=self._connect_within)
        return self._exchange(wire, request)

    def _exchange(self, wire: Wire, request: bytes) -> Answer:
        credential = self._credential
        answer = wire.exchange(request, within=self._answer_within)
        with self._lock:
            if wire.is_open and credential is self._credential:
                self._idle.append((wire, self._now()))
            else:
                wire.close()
        return answer

    def _kept(self) -> Wire | None:
        with self._lock:
            if not self._idle:
                return None
            wire, since = self._idle.pop()
            if self._now() - since < MAX_IDLE:
                return wire
            wire.close()
            self._drop()  # it was the youngest
            return None

    def _drop(self) -> None:
        while self._idle:
            self._idle.pop()[0].close()

    def _broken(self, head: str, exc: OSError) -> ClusterUnreachable:
        asked = head.partition(" HTTP/")[0].partition("?")[0]
        if isinstance(exc, TimeoutError):
            fact = f"did not answer within {self._answer_within:g} s"
        else:
            fact = f"broke the connection: {exc.strerror or exc}"
        return ClusterUnreachable(self.subject, f"{self._access.address} took {asked} and {fact}")
