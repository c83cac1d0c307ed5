"""The way to one API server: who asks, at most how many at once, what a failure is called.

There is no retry here but two: over a kept connection that was gone, and with a credential that
was renewed because the old one was refused.
"""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable
from datetime import timedelta
from http import HTTPStatus

from urllib3.exceptions import HTTPError

from syncline.settings import ClusterSettings
from syncline_workers.cluster import failures
from syncline_workers.cluster.access import Access
from syncline_workers.cluster.answer import Answer
from syncline_workers.cluster.login import Login
from syncline_workers.cluster.plugin import Credential
from syncline_workers.cluster.rate import Rate
from syncline_workers.cluster.session import Question, Session
from syncline_workers.cluster.streams import Streams

JSON = "application/json"


class Pool:
    """Connections to one API server. Safe to use from several threads, not across a fork."""

    def __init__(
        self,
        access: Access,
        login: Login,
        *,
        size: int,
        settings: ClusterSettings,
        rate: Rate | None = None,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        """Keep ``size`` connections at most; ask at this ``rate`` (None: as fast as it answers)."""
        self._rate = rate
        self.subject = access.subject
        self._access = access
        self._login = login
        self._size = size
        self._settings = settings
        self._now = now
        self._slots = threading.BoundedSemaphore(size)
        self._lock = threading.Lock()
        self._session: Session | None = None
        self._answers, self._seconds = 0, 0.0
        self.heard_at = -math.inf  # by our clock: when the last answer came
        self.connected = 0  # connections made so far

    def request(
        self,
        method: str,
        path: str,
        *,
        body: bytes = b"",
        kind: str = JSON,
        accept: str = JSON,
        tag: str = "",
        within: timedelta | None = None,
    ) -> Answer:
        """Ask once; any status is an answer.

        Args:
            method: GET, PATCH or DELETE.
            path: from the API server's root, with its query.
            body: what to send, of the media type ``kind``.
            kind: the body's media type.
            accept: the answer's media type.
            tag: the ETag of what is already known: 304 says that it is still so.
            within: for the answer, where that is less than the settings say.

        Raises:
            ClusterUnreachable: no answer, or none in time.
            CredentialRefused: there is no usable credential to ask with.
        """
        headers = {"Accept": accept}
        if body:
            headers |= {"Content-Type": kind, "Content-Length": str(len(body))}
        if tag:
            headers["If-None-Match"] = tag
        longest = self._settings.read_timeout
        seconds = min(within or longest, longest).total_seconds()
        question = Question(method, path, body, headers, seconds)
        if self._rate:
            self._rate.wait()
        with self._slots:
            credential = self._login.current()
            answer = self._ask(credential, question)
            if answer.status == HTTPStatus.UNAUTHORIZED and self._login.is_renewable:
                answer = self._ask(self._login.renew(credential), question)
            return answer

    def allow(self, burst: float) -> None:
        """Begin a run, which may ask at once what the cluster's rate allows in so many seconds."""
        if self._rate:
            self._rate.allow(burst)

    @property
    def answered(self) -> tuple[int, float]:
        """How many answers came so far, and the seconds that they all took."""
        with self._lock:
            return self._answers, self._seconds

    @property
    def idle(self) -> int:
        """How many connections are kept and not in use."""
        session = self._session
        return session.idle if session else 0

    def streams(self) -> Streams:
        """Watches of the same server by the same credential, over connections of their own."""
        return Streams(self._access, self._login, settings=self._settings)

    def close(self) -> None:
        """Close what is idle; what is in use is closed when its answer has come."""
        with self._lock:
            self._drop()

    def _ask(self, credential: Credential, question: Question) -> Answer:
        session = self._session_of(credential)
        begun = self._now()
        try:
            answer = session.send(question)
        except HTTPError as exc:
            path = self._access.prefix + question.path.partition("?")[0]
            raise failures.unreachable(
                exc,
                self._access,
                asked=f"{question.method} {path}",
                settings=self._settings,
                within=question.within,
            ) from exc
        with self._lock:
            self.heard_at = self._now()
            self._answers, self._seconds = self._answers + 1, self._seconds + self.heard_at - begun
        return answer

    def _count(self) -> None:
        with self._lock:
            self.connected += 1

    def _session_of(self, credential: Credential) -> Session:
        """A client certificate belongs to the connection: another credential opens others."""
        with self._lock:
            if self._session is None or self._session.credential is not credential:
                self._drop()
                self._session = Session(
                    self._access,
                    credential,
                    size=self._size,
                    settings=self._settings,
                    now=self._now,
                    on_connect=self._count,
                )
            return self._session

    def _drop(self) -> None:
        if self._session is not None:
            self._session.close()
            self._session = None
