"""The connections of one API server's watches, as one asyncio loop opens them by httpx.

Who we are and what we trust is the same code as for requests; what may block (a plugin that prints
a credential, certificates) is done in a thread. Each answer that goes on has a connection of its
own, kept for the next one where it ended well.
"""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from http import HTTPStatus

import httpx

from syncline.errors import ClusterUnreachable
from syncline.settings import ClusterSettings
from syncline_workers.cluster import login as who
from syncline_workers.cluster import transport
from syncline_workers.cluster.access import Access
from syncline_workers.cluster.login import Login
from syncline_workers.cluster.plugin import Credential

_KEPT = 60.0  # seconds that an idle connection is kept
_KEEP_ALIVE = (
    (socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1),
    (socket.IPPROTO_TCP, socket.TCP_KEEPIDLE, 30),
    (socket.IPPROTO_TCP, socket.TCP_KEEPINTVL, 10),
    (socket.IPPROTO_TCP, socket.TCP_KEEPCNT, 3),
)


@dataclass(slots=True)
class _Line:
    """The connections of one credential; closed when nobody uses them and another took over."""

    credential: Credential
    client: httpx.AsyncClient
    users: int = 0


class Carrier:
    """Asks one API server, for the asyncio loop that it is used in."""

    def __init__(self, access: Access, login: Login, *, settings: ClusterSettings) -> None:
        self.subject = access.subject
        self._access = access
        self._login = login
        self._settings = settings
        self._lock = asyncio.Lock()
        self._line: _Line | None = None

    @asynccontextmanager
    async def asked(self, path: str, accept: str) -> AsyncIterator[httpx.Response]:
        """An answer's head; its body is read inside. A refused credential is renewed once.

        Raises:
            ClusterUnreachable: there is none, or it broke.
            CredentialRefused: there is no usable credential to ask with.
        """
        line = await self._current()
        async with self._sent(line, path, accept) as response:
            renewed = None
            if response.status_code == HTTPStatus.UNAUTHORIZED and self._login.is_renewable:
                await asyncio.to_thread(self._login.renew, line.credential)
                renewed = await self._current()
            if renewed is None:
                yield response
                return
        async with self._sent(renewed, path, accept) as response:
            yield response

    @asynccontextmanager
    async def _sent(self, line: _Line, path: str, accept: str) -> AsyncIterator[httpx.Response]:
        within = self._settings.read_timeout.total_seconds()
        request = line.client.build_request(
            "GET",
            f"{self._access.url}{self._access.prefix}{path}",
            headers={"Accept": accept, "Accept-Encoding": "identity"},
            extensions={"sni_hostname": self._access.server_name},
        )
        line.users += 1
        try:
            async with asyncio.timeout(within):  # a stream is silent, its head is not
                response = await line.client.send(request, stream=True)
            try:
                yield response
            finally:
                await response.aclose()
        except (httpx.HTTPError, OSError) as exc:  # TimeoutError is one
            raise self._unreachable(exc, path) from exc
        finally:
            line.users -= 1
            if line is not self._line and not line.users:
                await line.client.aclose()

    async def close(self) -> None:
        """Close the connections; answers that go on end as if the server had gone."""
        if self._line is not None:
            await self._line.client.aclose()
            self._line = None

    async def _current(self) -> _Line:
        """A client certificate belongs to the connection: another credential opens others."""
        async with self._lock:
            if self._login.is_renewable or self._line is None:
                credential = await asyncio.to_thread(self._login.current)
                if self._line is not None and _proves_alike(self._line.credential, credential):
                    self._line.credential = credential
                else:
                    before, self._line = self._line, await self._opened(credential)
                    if before and not before.users:
                        await before.client.aclose()
            return self._line

    async def _opened(self, credential: Credential) -> _Line:
        access = self._access
        trust = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        if access.is_tls:
            trust = await asyncio.to_thread(transport.context, access, credential)
        carrier = httpx.AsyncHTTPTransport(
            verify=trust,
            trust_env=False,
            limits=httpx.Limits(
                max_connections=None, max_keepalive_connections=None, keepalive_expiry=_KEPT
            ),
            proxy=access.proxy or None,
            socket_options=_KEEP_ALIVE,
        )
        headers = [("User-Agent", "syncline"), *who.headers(access.user, credential)]
        connect = self._settings.connect_timeout.total_seconds()
        timeout = httpx.Timeout(None, connect=connect)
        client = httpx.AsyncClient(
            transport=carrier, headers=headers, timeout=timeout, trust_env=False
        )
        return _Line(credential, client)

    def _unreachable(self, exc: Exception, path: str) -> ClusterUnreachable:
        asked = f"a watch of {self._access.prefix}{path.partition('?')[0]}"
        what = type(exc).__name__ + (f": {exc}" if str(exc) else "")
        where = self._access.address + (
            f" by proxy {self._access.proxy_address}" if self._access.proxy else ""
        )
        return ClusterUnreachable(self._access.subject, f"{where} broke {asked}: {what[:200]}")


def _proves_alike(one: Credential, other: Credential) -> bool:
    """Whether it only ends later: a token file that is read again mostly holds the same."""
    return (one.token, one.certificate, one.key) == (other.token, other.certificate, other.key)
