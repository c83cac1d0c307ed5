"""The way to a repository, step by step: its name, its port, its certificate.

Git and HTTP clients say of a failure where it ended. Here each step is looked at by itself, from
where the repository is asked for anyhow; the server is told nothing but a TLS greeting.
"""

from __future__ import annotations

import socket
import ssl
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from syncline.credentials import CredentialSource
from syncline.errors import SynclineError
from syncline.model import giturl
from syncline.model.giturl import GitUrl
from syncline.model.reach import Step
from syncline.model.records import RepositoryRecord
from syncline_workers.archives.access import Access
from syncline_workers.git import access as ways
from syncline_workers.git import policy, proxies

if TYPE_CHECKING:
    from cryptography import x509

WITHIN: Final = 10.0
"""Seconds for a connection, and for a greeting."""

_NAMED = 3  # addresses and authorities that are named
_PROXY_PORT = 1080  # curl's, where a proxy's URL has none


def steps(repository: RepositoryRecord, credentials: CredentialSource) -> Iterator[Step]:
    """Look at one step after the other; the first that fails is the last."""
    try:
        url = giturl.parse(repository.spec.url)
    except SynclineError as exc:
        yield Step(name="access", ok=False, found=f"spec.url {exc}")
        return
    through = _proxy(repository, url, credentials)
    yield Step(name="access", ok=True, found=_how(repository, through))
    if url.scheme == "file":
        return
    place = through or (url.host.strip("[]"), url.port or giturl.DEFAULT_PORTS[url.scheme])
    what = "the proxy " if through else ""
    yield (found := _name(what, *place))
    if found.ok:
        yield (found := _connection(what, *place))
    if found.ok and not through and url.scheme in ("https", "oci"):
        yield _certificate(repository, url, credentials)


def _proxy(
    repository: RepositoryRecord, url: GitUrl, credentials: CredentialSource
) -> tuple[str, int] | None:
    if url.scheme not in ("https", "http", "oci"):
        return None
    own = repository.spec.proxy
    address = f"https://{url.host}/".replace("https", "http" if url.scheme == "http" else "https")
    named = own.url if own else proxies.inherited(address, credentials.environment)
    if not named or (own and proxies.is_passed_by(url.host, own.no_proxy)):
        return None
    parts = urlsplit(named if "://" in named else f"http://{named}")
    return parts.hostname or "", parts.port or _PROXY_PORT


def _how(repository: RepositoryRecord, through: tuple[str, int] | None) -> str:
    spec = repository.spec
    told = ["anonymous"]
    if spec.credential is not None:
        told = [f"{spec.credential.type} {ways.named(repository)}"]
    if spec.tls is not None and spec.tls.authorities:
        told.append(f"authorities of {spec.tls.authorities}")
    if spec.tls is not None and spec.tls.certificate_ref:
        told.append(f"certificate {spec.tls.certificate_ref}")
    if through:
        whose = "spec.proxy" if spec.proxy else "the worker's proxy"
        told.append(f"through {whose} {through[0]}:{through[1]}")
    return ", ".join(told)


def _name(what: str, host: str, port: int) -> Step:
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as exc:
        said = f"the worker's DNS knows no address of {what}{host}: {exc}"
        return Step(name="name", ok=False, found=said)
    addresses = list(dict.fromkeys(str(each[4][0]) for each in found))
    more = f" and {len(addresses) - _NAMED} more" if len(addresses) > _NAMED else ""
    said = f"{what}{host} is {', '.join(addresses[:_NAMED])}{more}"
    return Step(name="name", ok=True, found=said)


def _connection(what: str, host: str, port: int) -> Step:
    try:
        socket.create_connection((host, port), timeout=WITHIN).close()
    except OSError as exc:
        said = f"nobody answers at {what}{host}:{port}: {exc}"
        return Step(name="connection", ok=False, found=said)
    return Step(name="connection", ok=True, found=f"{what}{host}:{port} takes connections")


def _certificate(repository: RepositoryRecord, url: GitUrl, credentials: CredentialSource) -> Step:
    about = policy.subject(repository)
    secure = replace(url, scheme="https")
    to = Access(about=about, url=secure, spec=repository.spec, credentials=credentials)
    try:
        trust = to.trust
    except SynclineError as exc:
        return Step(name="certificate", ok=False, found=exc.detail)
    context = trust.own if trust else _usual(credentials)
    shown, ended = _shown(url)
    told = _told(shown) if shown else "it showed no certificate"
    if ended:
        return Step(name="certificate", ok=False, found=f"the TLS greeting failed: {ended}")
    try:
        with _greeted(url, context):
            return Step(name="certificate", ok=True, found=f"{told}; it is trusted")
    except ssl.SSLCertVerificationError as exc:
        said = f"{told}; it is not trusted: {exc.verify_message}; {_trusted(repository, context)}"
    except OSError as exc:
        said = f"{told}; the TLS greeting failed: {exc}"
    return Step(name="certificate", ok=False, found=said)


def _usual(credentials: CredentialSource) -> ssl.SSLContext:
    return ssl.create_default_context(cafile=credentials.environment.get("GIT_SSL_CAINFO"))


def _greeted(url: GitUrl, context: ssl.SSLContext) -> ssl.SSLSocket:
    host, port = url.host.strip("[]"), url.port or giturl.DEFAULT_PORTS[url.scheme]
    plain = socket.create_connection((host, port), timeout=WITHIN)
    try:
        return context.wrap_socket(plain, server_hostname=host)
    except BaseException:
        plain.close()
        raise


def _shown(url: GitUrl) -> tuple[x509.Certificate | None, str]:
    """The server's certificate, trusted or not: nothing is sent to whom it names."""
    from cryptography import x509  # noqa: PLC0415 -- few need it

    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    try:
        with _greeted(url, context) as sock:
            found = sock.getpeercert(binary_form=True)
    except OSError as exc:
        return None, str(exc)
    return (x509.load_der_x509_certificate(found) if found else None), ""


def _told(shown: x509.Certificate) -> str:
    until = shown.not_valid_after_utc.date().isoformat()
    return f"{_written(shown.subject)}, issued by {_written(shown.issuer)}, valid until {until}"


def _trusted(repository: RepositoryRecord, context: ssl.SSLContext) -> str:
    """Who may sign, of the repository's own; the system's are too many to name."""
    tls = repository.spec.tls
    if tls is None or not tls.authorities:
        return "give its authorities in spec.tls.ca"
    names = [_subject(each) for each in context.get_ca_certs()]
    more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
    return f"{tls.authorities} has {', '.join(names[:_NAMED])}{more}"


def _subject(authority: object) -> str:
    with suppress(TypeError, KeyError, ValueError):
        pairs = [pair for group in authority["subject"] for pair in group]  # type: ignore[index]
        return ", ".join(f"{name}={value}" for name, value in reversed(pairs))
    return "an authority without a name"


def _written(name: x509.Name) -> str:
    return name.rfc4514_string() or "nobody that is named"
