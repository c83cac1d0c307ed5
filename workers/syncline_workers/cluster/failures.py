"""What a request that got no answer came to: which step failed, and how long it was tried."""

from __future__ import annotations

import ssl
from http.client import HTTPException

from urllib3.exceptions import (
    ConnectTimeoutError,
    HTTPError,
    NameResolutionError,
    NewConnectionError,
    ProtocolError,
    ProxyError,
    ReadTimeoutError,
    SSLError,
)

from syncline.errors import ClusterUnreachable
from syncline.settings import ClusterSettings
from syncline_workers.cluster.access import Access
from syncline_workers.cluster.doubt import Silent

_MAX_WORDS = 200  # characters of what the other side, or the system, says


def is_hang_up(exc: HTTPError) -> bool:
    """Whether the other side closed the connection before any of its answer came.

    Only for what was raised before the answer's head was read.
    """
    inner = exc.args[-1] if exc.args else None
    if isinstance(exc, SSLError):
        return isinstance(inner, (ssl.SSLEOFError, ssl.SSLZeroReturnError))
    return isinstance(exc, ProtocolError) and isinstance(inner, ConnectionError)


def unreachable(
    exc: HTTPError, access: Access, *, asked: str, settings: ClusterSettings, within: float
) -> ClusterUnreachable:
    """The error that urllib3's becomes.

    Args:
        exc: what urllib3 raised, without retries.
        access: where the API server was looked for.
        asked: method and path without its query.
        settings: how long a connection may take.
        within: seconds that the answer was given.
    """
    before = ""
    if isinstance(exc, Silent):
        before = f"{access.address} took {asked} and is silent; asked once more, "
        exc, asked = exc.cause, "GET /version"
        within = settings.first_answer_timeout.total_seconds()
    late = f"took {asked} and did not answer within {within:g} s"
    fact = _fact(exc, access, asked, settings, late=late)
    return ClusterUnreachable(access.subject, before + fact)


def _fact(
    exc: HTTPError, access: Access, asked: str, settings: ClusterSettings, *, late: str
) -> str:
    within = f"within {settings.connect_timeout.total_seconds():g} s"
    match exc:
        case ProxyError():
            return _of_proxy(exc.original_error, access, within)
        case ConnectTimeoutError():
            return _of_connecting(exc, access.host, access.address, within)
        case SSLError():
            return _of_tls(exc.args[0], access)
        case ReadTimeoutError():
            return _of_silence(exc, access, within) or f"{access.address} {late}"
    inner = exc.args[-1] if exc.args else exc
    if isinstance(inner, TimeoutError):
        return f"{access.address} took no more of {asked} {within}"
    return f"{access.address} took {asked} and broke the connection: {_words(inner)}"


def _of_proxy(error: Exception, access: Access, within: str) -> str:
    name = f"proxy {access.proxy_address}"
    if isinstance(error, ConnectTimeoutError):
        return _of_connecting(error, access.proxy_address.rpartition(":")[0], name, within)
    return f"{name} did not connect us to {access.address}: {_words(error)}"


def _of_connecting(exc: ConnectTimeoutError, host: str, name: str, within: str) -> str:
    if isinstance(exc, NameResolutionError):
        return f"the name {host} cannot be resolved: {_words(exc.__cause__)}"
    if isinstance(exc, NewConnectionError):
        return f"{name} took no connection: {_words(exc.__cause__)}"
    return f"{name} took no connection {within}"


def _of_silence(exc: ReadTimeoutError, access: Access, within: str) -> str:
    """Where it was a step before the request: which; urllib3 has one error for all."""
    if "handshake" in str(exc.__cause__):
        return f"{access.address} took the connection and began no TLS {within}"
    if access.proxy and not (exc.url or "/").startswith("/"):  # the proxy's, no path of ours
        return f"proxy {access.proxy_address} did not answer {within}"
    return ""


def _of_tls(error: object, access: Access) -> str:
    if isinstance(error, ssl.SSLCertVerificationError):
        return (
            f"{access.address} shows a certificate that is not trusted: {error.verify_message}. "
            "Is certificate-authority-data that of this cluster?"
        )
    return f"{access.address} speaks no TLS with us: {_words(error)}"


def _words(error: object) -> str:
    if isinstance(error, OSError):
        return str(error.strerror or error)[:_MAX_WORDS]
    # A foreign line may be in it, with its end.
    return (repr(error) if isinstance(error, HTTPException) else str(error))[:_MAX_WORDS]
