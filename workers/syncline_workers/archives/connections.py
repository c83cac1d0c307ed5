"""Connections to where charts and artifacts come from: proxies, TLS, and which addresses.

A host that the repository's document does not name is left alone where its address is one that only
the worker's own machine or cloud is to reach; that is seen after the connection and before anything
is said, so that no name can lead elsewhere the second time. A proxy decides for itself.
"""

from __future__ import annotations

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
    parts = urlsplit(url)
    port = access.url.port or DEFAULT_PORTS[access.url.scheme]
    bare = access.url.host.strip("[]")
    return (parts.hostname, parts.port or DEFAULT_PORTS.get(parts.scheme)) == (bare, port)


def _pool(through: Through, context: ssl.SSLContext | None, *, wary: bool) -> urllib3.PoolManager:
    if through.own:
        return proxies.pool(through.own, through.given, num_pools=8, maxsize=2, ssl_context=context)
    if through.address:
        return proxies.pool_at(through.address, num_pools=8, maxsize=2, ssl_context=context)
    pool = urllib3.PoolManager(num_pools=8, maxsize=2, ssl_context=context)
    if wary:
        pool.pool_classes_by_scheme = {"http": _WaryPool, "https": _WarySecurePool}
    return pool


class _Wary(HTTPConnection):
    """Looks at the address that it came to before it says anything."""

    def _new_conn(self) -> object:  # type: ignore[override]
        sock = super()._new_conn()
        address = ip_address(sock.getpeername()[0].partition("%")[0])
        if reach.is_refused(address):
            sock.close()
            raise NewConnectionError(self, f"{self.host} has an address of the machine's own")
        return sock


class _WarySecure(_Wary, HTTPSConnection):
    """The same, by TLS."""


class _WaryPool(urllib3.HTTPConnectionPool):
    ConnectionCls = _Wary


class _WarySecurePool(urllib3.HTTPSConnectionPool):
    ConnectionCls = _WarySecure
