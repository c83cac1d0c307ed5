"""Opening a connection to an API server: TCP, where asked for through a proxy, and TLS.

Every failure becomes ``ClusterUnreachable`` here, with which of these steps failed and how long
it was tried.
"""

from __future__ import annotations

import socket
import ssl
import tempfile
from base64 import b64encode
from http import HTTPStatus
from pathlib import Path
from urllib.parse import unquote, urlsplit

from syncline.errors import ClusterUnreachable, CredentialRefused
from syncline_workers.cluster.access import Access
from syncline_workers.cluster.plugin import Credential
from syncline_workers.cluster.wire import Wire


def context(access: Access, credential: Credential) -> ssl.SSLContext | None:
    """What TLS connections trust and show; None: the server speaks plain HTTP.

    Raises:
        CredentialRefused: the authority, certificate or key is not usable PEM.
    """
    if not access.is_tls:
        return None
    try:
        made = ssl.create_default_context(cadata=access.authority or None)
        # Python 3.13 would refuse the authorities of many clusters, which lack key identifiers.
        made.verify_flags &= ~ssl.VERIFY_X509_STRICT
        if not access.verify:
            made.check_hostname = False
            made.verify_mode = ssl.CERT_NONE
        made.set_alpn_protocols(["http/1.1"])
        if credential.certificate:
            _show(made, credential)
    except (ssl.SSLError, ValueError) as exc:
        raise CredentialRefused(
            access.subject, f"its kubeconfig's certificates or key are no usable PEM: {exc}"
        ) from exc
    return made


def dial(access: Access, tls: ssl.SSLContext | None, *, within: float) -> Wire:
    """Connect; each of TCP, proxy and TLS may take ``within`` seconds.

    Raises:
        ClusterUnreachable: with the step that failed.
    """
    sock = _connect(access, within)
    try:
        if access.proxy:
            _tunnel(access, sock, within)
        return Wire(_secure(access, sock, tls, within=within) if tls else sock)
    except BaseException:
        sock.close()
        raise


def _show(made: ssl.SSLContext, credential: Credential) -> None:
    with tempfile.TemporaryDirectory(prefix="syncline-") as directory:  # 0700, gone at once
        file = Path(directory) / "pem"
        file.touch(mode=0o600)
        file.write_text(f"{credential.certificate}\n{credential.key}")
        made.load_cert_chain(file, password="")  # never ask a terminal for one


def _connect(access: Access, within: float) -> socket.socket:
    if access.proxy:
        url = urlsplit(access.proxy)
        host, port, name = url.hostname or "", url.port or 80, f"proxy {url.hostname}:{url.port}"
    else:
        host, port, name = access.host, access.port, access.address
    try:
        sock = socket.create_connection((host, port), within)
    except TimeoutError as exc:
        raise _away(access, f"{name} took no connection within {within:g} s") from exc
    except socket.gaierror as exc:
        raise _away(access, f"the name {host} cannot be resolved: {exc.strerror}") from exc
    except OSError as exc:
        raise _away(access, f"{name} took no connection: {exc.strerror or exc}") from exc
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return sock


def _secure(
    access: Access, sock: socket.socket, tls: ssl.SSLContext, *, within: float
) -> ssl.SSLSocket:
    try:
        sock.settimeout(within)
        return tls.wrap_socket(sock, server_hostname=access.server_name)
    except TimeoutError as exc:
        fact = f"took the connection and began no TLS within {within:g} s"
        raise _away(access, f"{access.address} {fact}") from exc
    except ssl.SSLCertVerificationError as exc:
        raise _away(
            access,
            f"{access.address} shows a certificate that is not trusted: "
            f"{exc.verify_message}. Is certificate-authority-data that of this cluster?",
        ) from exc
    except OSError as exc:
        raise _away(access, f"{access.address} speaks no TLS with us: {_words(exc)}") from exc


def _tunnel(access: Access, sock: socket.socket, within: float) -> None:
    url = urlsplit(access.proxy)
    login = ""
    if url.username:
        pair = f"{unquote(url.username)}:{unquote(url.password or '')}"
        login = f"Proxy-Authorization: Basic {b64encode(pair.encode()).decode()}\r\n"
    request = f"CONNECT {access.address} HTTP/1.1\r\nHost: {access.address}\r\n{login}\r\n"
    name = f"proxy {url.hostname}:{url.port}"
    try:
        status = Wire(sock).open_tunnel(request.encode(), within=within)
    except OSError as exc:
        raise _away(access, f"{name} did not answer: {_words(exc)}") from exc
    if status != HTTPStatus.OK:
        raise _away(access, f"{name} refused to connect to {access.address} with status {status}")


def _away(access: Access, fact: str) -> ClusterUnreachable:
    return ClusterUnreachable(access.subject, fact)


def _words(exc: OSError) -> str:
    return "no answer in time" if isinstance(exc, TimeoutError) else str(exc.strerror or exc)
