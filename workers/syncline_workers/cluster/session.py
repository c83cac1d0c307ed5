"""The kept connections that one credential opened to an API server.

A kept connection that the server closed meanwhile is replaced and the request sent again, once:
no byte of an answer had come, and everything that we ask for may be asked for twice.
"""

from __future__ import annotations

import math
import threading
from collections.abc import Callable
from dataclasses import dataclass

from urllib3 import BaseHTTPResponse, HTTPConnectionPool, HTTPHeaderDict, Timeout
from urllib3.exceptions import ClosedPoolError, HTTPError, ProtocolError, ReadTimeoutError

from syncline.settings import ClusterSettings
from syncline_workers.cluster import failures, transport
from syncline_workers.cluster import login as who
from syncline_workers.cluster.access import Access
from syncline_workers.cluster.answer import Answer
from syncline_workers.cluster.doubt import Doubt
from syncline_workers.cluster.plugin import Credential

MAX_IDLE = 60.0
"""Seconds without an answer after which no kept connection is trusted: API servers close them
after 90, and what lies between may have gone without a word."""

MAX_BODY = 256_000_000
"""Bytes of an answer: a page of 500 objects of at most 1.5 MB is below this in practice."""

_PART = 65_536


@dataclass(frozen=True, slots=True)
class Question:
    """One request: its path has the query in it and lacks the kubeconfig's own prefix."""

    method: str
    path: str
    body: bytes
    headers: dict[str, str]
    within: float  # seconds for the answer


class Session:
    """Connections to one API server by one credential. Safe to use from several threads."""

    def __init__(
        self,
        access: Access,
        credential: Credential,
        *,
        size: int,
        settings: ClusterSettings,
        now: Callable[[], float],
        on_connect: Callable[[], None] = lambda: None,
    ) -> None:
        self.credential = credential
        self._access = access
        self._now = now
        self._first_within = settings.first_answer_timeout.total_seconds()
        self._doubt = Doubt(self._ask_version, now)
        self._listener = transport.Listener(on_connect, self._wonder, self._first_within)
        self._connect_within = settings.connect_timeout.total_seconds()
        self._headers = HTTPHeaderDict(
            [("User-Agent", "syncline"), *who.headers(access.user, credential)]
        )
        self._manager = transport.made_for(access, credential, size=size)
        self._lock = threading.Lock()
        self._answered: float | None = None  # when; None: not one of these connections has
        self._connections = self._open()

    def send(self, question: Question) -> Answer:
        """Ask once; any status is an answer.

        Raises:
            HTTPError: urllib3's; no answer, or none in time.
        """
        response = self._ask(question)
        try:
            body = self._read(response, until=self._now() + question.within)
        except BaseException:
            response.close()  # what is left of it must not be taken for the next answer
            raise
        self._answered = self._now()
        return Answer(response.status, response.headers, body)

    @property
    def idle(self) -> int:
        """How many connections are kept and not in use."""
        queue = self._connections.pool
        kept = list(queue.queue) if queue else []
        return sum(1 for connection in kept if connection and not connection.is_closed)

    def close(self) -> None:
        """Close what is idle; what is in use is closed when its answer has come."""
        with self._lock:
            self._connections.close()
            self._manager.clear()

    def _ask(self, question: Question) -> BaseHTTPResponse:
        connections = self._trusted()
        may_be_stale = self._answered is not None
        try:
            return self._urlopen(connections, question)
        except HTTPError as exc:
            is_unsent = isinstance(exc, ClosedPoolError)  # another thread closed them just now
            if not is_unsent and not (may_be_stale and failures.is_hang_up(exc)):
                raise
        return self._urlopen(self._replaced(connections), question)

    def _urlopen(self, connections: HTTPConnectionPool, question: Question) -> BaseHTTPResponse:
        return connections.urlopen(
            question.method,
            self._access.prefix + question.path,
            body=_parts(question.body) or None,
            headers=self._headers | question.headers,
            timeout=Timeout(connect=self._connect_within, read=question.within),
            redirect=False,
            preload_content=False,
            decode_content=False,
        )

    def _read(self, response: BaseHTTPResponse, *, until: float) -> bytes:
        """The whole body. urllib3's time limit begins anew with each part, ours does not."""
        parts: list[bytes] = []
        size = 0
        while size <= MAX_BODY and (response.length_remaining or 0) <= MAX_BODY:
            part = response.read1(_PART)
            if not part:
                return b"".join(parts)
            parts.append(part)
            size += len(part)
            if self._now() > until:
                raise ReadTimeoutError(self._connections, None, "the answer drips")
        raise ProtocolError(f"the answer is larger than {MAX_BODY} bytes")

    def _trusted(self) -> HTTPConnectionPool:
        with self._lock:
            connections, answered = self._connections, self._answered
        if answered is None or self._now() - answered < MAX_IDLE:
            return connections
        return self._replaced(connections)

    def _replaced(self, gone: HTTPConnectionPool) -> HTTPConnectionPool:
        with self._lock:
            if self._connections is gone:
                gone.close()
                self._manager.clear()
                self._answered = None
                self._connections = self._open()
            return self._connections

    def _open(self) -> HTTPConnectionPool:
        return transport.opened(self._manager, self._access.url, self._listener)

    def _wonder(self) -> None:
        self._doubt.settle(lambda: -math.inf if self._answered is None else self._answered)

    def _ask_version(self) -> None:
        self.send(Question("GET", "/version", b"", {}, self._first_within))


def _parts(body: bytes) -> list[bytes]:
    """The connect timeout is urllib3's limit for sending, too: for each part, not for all."""
    return [body[start : start + _PART] for start in range(0, len(body), _PART)]
