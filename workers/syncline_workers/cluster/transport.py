"""The official client's transport to one API server, as one credential opens it.

Only its connections are used: no typed models, which cost start-up time and do not know custom
resources. It reads certificates from files, for each new connection again; so the SSL context is
made here, once, and no key stays on disk. A proxy is the kubeconfig's own, never the worker's
environment's.
"""

from __future__ import annotations

import ssl
import time
from collections.abc import Callable
from typing import Any, NamedTuple
from urllib.parse import unquote, urlsplit

from kubernetes.client import ApiClient, Configuration
from urllib3 import HTTPConnectionPool, HTTPSConnectionPool, PoolManager, disable_warnings
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import InsecureRequestWarning
from urllib3.util import make_headers
from urllib3.util.wait import wait_for_read

from syncline.errors import CredentialRefused
from syncline_workers import scratch
from syncline_workers.cluster.access import Access
from syncline_workers.cluster.doubt import SILENCE
from syncline_workers.cluster.plugin import Credential


def made_for(access: Access, credential: Credential, *, size: int) -> PoolManager:
    """What keeps at most ``size`` connections and opens them when asked; none is yet.

    Raises:
        CredentialRefused: the authority, certificate or key is not usable PEM.
    """
    configuration = Configuration(
        host=access.url,
        verify_ssl=access.verify,
        tls_server_name=access.server_name,
        connection_pool_maxsize=size,
        retries=False,  # the store knows when to try a run again
        proxy=f"http://{access.proxy_address}" if access.proxy else "",
        no_proxy="",
        proxy_headers=_proxy_headers(access.proxy),
    )
    # What lies between forgets idle connections without a word; also, this is how urllib3 does not
    # hold back small writes where there is a proxy.
    configuration.keep_alive = True
    manager = ApiClient(configuration).rest_client.pool_manager
    if access.is_tls:
        manager.connection_pool_kw["ssl_context"] = context(access, credential)
    if not access.verify:
        disable_warnings(InsecureRequestWarning)  # it would warn with every request
    return manager


class Listener(NamedTuple):
    """Who is told what becomes of connections."""

    connected: Callable[[], None]
    """One was made, also anew after it was dropped."""
    silent: Callable[[], None]
    """An answer is still waited for; raises where that is in vain."""
    patience: float
    """Seconds: waits that are no longer are not told of."""


def opened(manager: PoolManager, url: str, listener: Listener) -> HTTPConnectionPool:
    """The connections of a manager to a server, which tell of themselves."""
    found = manager.connection_from_url(url)
    found.ConnectionCls = _Secure if isinstance(found, HTTPSConnectionPool) else _Plain
    found.conn_kw["listener"] = listener
    return found


class _Telling:
    """A connection that tells of itself. It is one of urllib3's, which are its other base."""

    timeout: float | None
    sock: Any

    def __init__(self, *args: Any, listener: Listener, **options: Any) -> None:
        super().__init__(*args, **options)
        self._listener = listener

    def connect(self) -> None:
        super().connect()  # type: ignore[misc]
        self._listener.connected()

    def getresponse(self) -> Any:
        if self.timeout is not None and self.timeout > self._listener.patience:
            self._wait(time.monotonic() + self.timeout)
        return super().getresponse()  # type: ignore[misc]

    def _wait(self, until: float) -> None:
        while not wait_for_read(self.sock, SILENCE) and time.monotonic() + SILENCE < until:
            self._listener.silent()
        self.timeout = max(until - time.monotonic(), SILENCE)


class _Plain(_Telling, HTTPConnection):
    """Without TLS."""


class _Secure(_Telling, HTTPSConnection):
    """With TLS."""


def _proxy_headers(proxy: str) -> dict[str, str]:
    url = urlsplit(proxy)
    if not url.username:
        return {}
    pair = f"{unquote(url.username)}:{unquote(url.password or '')}"
    return make_headers(proxy_basic_auth=pair, proxy_basic_auth_encoding="utf-8")


def context(access: Access, credential: Credential) -> ssl.SSLContext:
    """What connections trust and show.

    Raises:
        CredentialRefused: the authority, certificate or key is not usable PEM.
    """
    try:
        made = ssl.create_default_context(cadata=access.authority or None)
        # Python 3.13 would refuse the authorities of many clusters, which lack key identifiers.
        made.verify_flags &= ~ssl.VERIFY_X509_STRICT
        if not access.verify:
            made.check_hostname = False
            made.verify_mode = ssl.CERT_NONE
        if credential.certificate:
            _show(made, credential)
    except (ssl.SSLError, ValueError) as exc:
        raise CredentialRefused(
            access.subject, f"its kubeconfig's certificates or key are no usable PEM: {exc}"
        ) from exc
    return made


def _show(made: ssl.SSLContext, credential: Credential) -> None:
    with scratch.directory("tls") as directory:
        file = directory / "pem"
        file.touch(mode=0o600)
        file.write_text(f"{credential.certificate}\n{credential.key}")
        made.load_cert_chain(file, password="")  # never ask a terminal for one
