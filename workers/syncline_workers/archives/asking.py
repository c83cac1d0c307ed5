"""HTTP, bounded in time and size: the one place that sends requests for charts and artifacts.

Redirects are followed here, hop by hop: a credential goes only to URLs that it is for, and nothing
goes from https to http. A host that the repository's document does not name (an index and a
redirect may lead anywhere) is not asked where its address is one that only the worker's own machine
or cloud is to reach. Who answers 429 or 503 is left alone by all workers for as long as it says.
"""

from __future__ import annotations

import ssl
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import BinaryIO, Final
from urllib.parse import urljoin, urlsplit

import urllib3
from urllib3.exceptions import HTTPError

from syncline.errors import (
    CredentialRefused,
    InvalidDocument,
    LimitExceeded,
    NotFound,
    RepositoryUnreachable,
    SynclineError,
)
from syncline_workers.archives import clock
from syncline_workers.archives.access import Access, Authorization, shown
from syncline_workers.archives.connections import Connections
from syncline_workers.git import patience, turns
from syncline_workers.git.turns import Hosts

HOPS: Final = 5
"""Redirects that one answer may take."""

_CONNECT = 10.0  # seconds
_SILENCE = 30.0  # seconds without a byte
_CHUNK = 65_536
_REDIRECTS = (301, 302, 303, 307, 308)
_BUSY = (429, 503)
_FAILED = 500
_AGENT = "syncline"


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What is asked, and how much of an answer is read."""

    url: str
    most: int  # bytes of the body
    method: str = "GET"
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""  # what is sent
    authorization: Authorization = lambda _: ""
    into: BinaryIO | None = None  # where the body of a 200 goes; None: to the answer
    unpack: bool = False  # the transport may compress; else what comes is what is there


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What came, after redirects."""

    url: str
    status: int
    headers: Mapping[str, str]  # names in lower case
    body: bytes = b""


class Asker:
    """Asks from this process. Safe to use from several threads."""

    def __init__(self, environment: Mapping[str, str], hosts: Hosts | None = None) -> None:
        """``environment``: the worker's, of which proxies are taken."""
        self._hosts = hosts
        self._connections = Connections(environment)

    def ask(self, access: Access, question: Question) -> Answer:
        """Send a request and follow where it is led; a status of 400 and more is an answer, too.

        Raises:
            RepositoryUnreachable: nobody answered in time, or the host asks for patience.
            InvalidDocument: it leads to where it may not.
            LimitExceeded: the answer is larger than ``most``.
        """
        url, until = question.url, time.monotonic() + access.timeout
        for _ in range(HOPS + 1):
            _check(access, url)
            with self._turn(access, url), clock.until(until):
                answer = self._exchanged(access, question, url, until)
                if _is_busy(answer):
                    raise self._busy(access, answer)
            if answer.status not in _REDIRECTS or "location" not in answer.headers:
                return answer
            url = urljoin(url, answer.headers["location"])
        raise RepositoryUnreachable(
            access.about, f"{shown(question.url)} leads on more than {HOPS} times"
        )

    def close(self) -> None:
        """Close what is open; it may be used again."""
        self._connections.close()

    @contextmanager
    def _turn(self, access: Access, url: str) -> Iterator[None]:
        host = urlsplit(url).hostname or ""
        if self._hosts is None:
            yield
            return
        with turns.turn(self._hosts, host, about=access.about, within=access.timeout):
            yield

    def _exchanged(self, access: Access, question: Question, url: str, until: float) -> Answer:
        headers = {"User-Agent": _AGENT, **question.headers}
        headers["Accept-Encoding"] = "gzip" if question.unpack else "identity"
        if authorization := question.authorization(url):
            headers["Authorization"] = authorization
        left = max(until - time.monotonic(), 0.1)
        wait = urllib3.Timeout(connect=min(_CONNECT, left), read=min(_SILENCE, left))
        try:
            response = self._connections.pool(access, url).request(
                question.method,
                url,
                headers=headers,
                body=question.body or None,
                timeout=wait,
                preload_content=False,
                redirect=False,
                retries=False,
            )
            try:
                return _read(access, question, url, response, until)
            finally:
                response.close()
        except (HTTPError, OSError, ValueError) as exc:
            late = f"no end within {access.timeout:g} s: raise spec.timeout"
            why = late if time.monotonic() >= until else _why(exc)
            raise RepositoryUnreachable(
                access.about, f"{shown(url)} did not answer: {why}"
            ) from exc

    def _busy(self, access: Access, answer: Answer) -> SynclineError:
        host = urlsplit(answer.url).hostname or ""
        asked = patience.seconds(answer.headers.get("retry-after", ""))
        paused = self._hosts.pause(host, asked) if self._hosts else asked
        return RepositoryUnreachable(
            access.about,
            f"{shown(answer.url)} answered {answer.status}: nobody asks {host} for {paused:.0f} s",
        )


def refused(access: Access, answer: Answer) -> SynclineError:
    """Make the error that an answer of 400 and more stands for."""
    said = f"{shown(answer.url)} answered {answer.status}"
    if answer.status in (401, 403):
        if access.credential:
            return CredentialRefused(
                access.about, f"{said}: {access.credential} is wrong, expired or too narrow"
            )
        return CredentialRefused(
            access.about, f"{said}: it asks for a credential: set spec.credential"
        )
    if answer.status in (404, 410):
        return NotFound(access.about, f"{said}: nothing is there; correct the URL or the name")
    return RepositoryUnreachable(access.about, said)


def _is_busy(answer: Answer) -> bool:
    """Whether it asks for patience."""
    return answer.status in _BUSY or (answer.status >= _FAILED and "retry-after" in answer.headers)


def _check(access: Access, url: str) -> None:
    parts = urlsplit(url)
    if parts.username or parts.password:
        raise InvalidDocument(access.about, f"{shown(url)} holds a user or a password")
    is_allowed = parts.scheme == "https" or (parts.scheme == "http" and access.url.scheme == "http")
    if not is_allowed or not parts.hostname:
        raise InvalidDocument(
            access.about, f"leads to {shown(url)[:200]}, which is not asked: it is not https"
        )


def _read(
    access: Access,
    question: Question,
    url: str,
    response: urllib3.BaseHTTPResponse,
    until: float,
) -> Answer:
    body, total = bytearray(), 0
    into = question.into if response.status == 200 else None  # noqa: PLR2004 -- HTTP's
    while chunk := response.read1(_CHUNK, decode_content=question.unpack):
        total += len(chunk)
        if total > question.most:
            raise LimitExceeded(
                access.about, f"{shown(url)} has more than {question.most} bytes, which is too much"
            )
        if into is None:
            body += chunk
        else:
            into.write(chunk)
    if time.monotonic() >= until:  # it was cut off, which may look like an end
        raise TimeoutError
    headers = {name.lower(): value for name, value in response.headers.items()}
    return Answer(url=url, status=response.status, headers=headers, body=bytes(body))


def _why(exc: Exception) -> str:
    cause: object = getattr(exc, "reason", None) or (exc.args[0] if exc.args else None)
    if isinstance(cause, ssl.SSLCertVerificationError):
        return (
            f"its certificate is not trusted ({cause.verify_message}): name the authorities that "
            "signed it in spec.tls.ca"
        )
    text = str(cause) if isinstance(cause, ssl.SSLError) else str(exc)
    return text.rpartition(": ")[2][:200] if isinstance(exc, HTTPError) else text[:200]
