"""Connections to where charts and artifacts come from: proxies, TLS, and which addresses.

A host that the repository's document does not name is left alone where its address is one that only
the worker's own machine or cloud is to reach; that is seen after the connection and before anything
is said, so that no name can lead elsewhere the second time. A proxy decides for itself.
"""

from __future__ import annotations

import socket
import ssl
from collections.abc import Mapping
from ipaddress import ip_address
from typing import Final, NamedTuple
from urllib.parse import urlsplit

import urllib3
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import NewConnectionError

from syncline.model.giturl import DEFAULT_PORTS
from syncline.model.proxy import Proxy
from syncline_workers.archives.access import Access
from syncline_workers.archives.clock import Kept, Timed
from syncline_workers.git import proxies
from syncline_workers.web import reach

_POOLS: Final = 32


class Through(NamedTuple):
    """The proxy of a repository (``spec.proxy``), or that of the workers, or none."""

    address: str = ""  # that of the workers
    own: Proxy | None = None
    given: tuple[str, str] | None = None  # its user and password


class Connections:
    """Those of this process. Safe to use from several threads."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        """``environment``: the worker's, whose proxies hold where a repository has none."""
        self._environment = environment
        self._pools: dict[tuple[bool, Through, str], urllib3.PoolManager] = {}

    def close(self) -> None:
        """Close what is open; it may be used again."""
        for pool in self._pools.values():
            pool.clear()
        self._pools.clear()

    def pool(self, access: Access, url: str) -> urllib3.PoolManager:
        """Give the connections that a URL is asked over.

        Raises:
            CredentialRefused, InvalidDocument: of ``spec.tls``.
        """
        is_named, through, trust = _is_named(access, url), self._through(access, url), access.trust
        key = (is_named, through, trust.name if trust else "")
        if key not in self._pools and len(self._pools) >= _POOLS:
            self.close()
        if key not in self._pools:
            context = None if trust is None else trust.own if is_named else trust.others
            self._pools[key] = _pool(through, context, wary=not is_named)
        return self._pools[key]

    def _through(self, access: Access, url: str) -> Through:
        proxy = access.spec.proxy
        if proxy is None:
            return Through(address=proxies.inherited(url, self._environment))
        if proxies.is_passed_by(urlsplit(url).hostname or "", proxy.no_proxy):
            return Through()
        return Through(own=proxy, given=access.proxy_pair)


def _is_named(access: Access, url: str) -> bool:
    """Whether the repository's document names this host and port."""
    if not access.is_named:
        return False
    parts = urlsplit(url)
    port = access.url.port or DEFAULT_PORTS[access.url.scheme]
    bare = access.url.host.strip("[]")
    return (parts.hostname, parts.port or DEFAULT_PORTS.get(parts.scheme)) == (bare, port)


def _pool(through: Through, context: ssl.SSLContext | None, *, wary: bool) -> urllib3.PoolManager:
    if through.own:
        pool = proxies.pool(through.own, through.given, num_pools=8, maxsize=2, ssl_context=context)
    elif through.address:
        pool = proxies.pool_at(through.address, num_pools=8, maxsize=2, ssl_context=context)
    else:
        pool = urllib3.PoolManager(num_pools=8, maxsize=2, ssl_context=context)
        pool.pool_classes_by_scheme = _WARY if wary else _PLAIN
    if isinstance(pool, urllib3.ProxyManager):
        pool.pool_classes_by_scheme = _PLAIN
    return pool


class _Plain(Kept, HTTPConnection):
    """A connection."""


class _PlainSecure(Kept, HTTPSConnection):
    """The same, by TLS."""


class _Wary(_Plain):
    """Looks at the address that it came to before it says anything."""

    def _new_conn(self) -> object:  # type: ignore[override]
        return _looked_at(self, super()._new_conn())


class _WarySecure(_PlainSecure):
    """The same, by TLS."""

    def _new_conn(self) -> object:  # type: ignore[override]
        return _looked_at(self, super()._new_conn())


def _looked_at(connection: HTTPConnection, sock: socket.socket) -> socket.socket:
    if reach.is_refused(ip_address(sock.getpeername()[0].partition("%")[0])):
        sock.close()
        why = f"{connection.host} has an address of the machine's own"
        raise NewConnectionError(connection, why)
    return sock


class _PlainPool(Timed, urllib3.HTTPConnectionPool):  # type: ignore[misc]
    ConnectionCls = _Plain


class _PlainSecurePool(Timed, urllib3.HTTPSConnectionPool):  # type: ignore[misc]
    ConnectionCls = _PlainSecure


class _WaryPool(Timed, urllib3.HTTPConnectionPool):  # type: ignore[misc]
    ConnectionCls = _Wary


class _WarySecurePool(Timed, urllib3.HTTPSConnectionPool):  # type: ignore[misc]
    ConnectionCls = _WarySecure


_PLAIN: Final[dict[str, type[urllib3.HTTPConnectionPool]]] = {
    "http": _PlainPool,
    "https": _PlainSecurePool,
}
_WARY: Final[dict[str, type[urllib3.HTTPConnectionPool]]] = {
    "http": _WaryPool,
    "https": _WarySecurePool,
}
