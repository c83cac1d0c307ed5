"""May a repository be reached, and with which credential; where that credential may go."""

from __future__ import annotations

import base64
import hashlib
import ssl
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Final
from urllib.parse import urlsplit

from syncline.credentials import CredentialSource
from syncline.errors import CredentialRefused, InvalidDocument
from syncline.model import giturl
from syncline.model.giturl import GitUrl
from syncline.model.records import RepositoryRecord
from syncline.model.repository import RepositorySpec, RepositoryType
from syncline.settings import GitSettings
from syncline_workers import scratch
from syncline_workers.git import access, certificates, policy, proxies
from syncline_workers.git.header import TOKEN_USER
from syncline_workers.git.need import Need

Authorization = Callable[[str], str]
"""URL → the header that goes there, "" = none."""

_OCI: Final = "oci"


@dataclass(frozen=True, slots=True, kw_only=True)
class Trust:
    """Whom TLS trusts, and what is shown: to the repository's own host, and to others."""

    name: str  # tells apart what may not share connections
    own: ssl.SSLContext
    others: ssl.SSLContext  # which do not see the client certificate


@dataclass(frozen=True, kw_only=True)
class Access:
    """How one repository is reached. What is secret is read at the first request."""

    about: str  # Repository/shop
    url: GitUrl  # https, or http where the administrator allows it
    spec: RepositorySpec
    credentials: CredentialSource = field(repr=False)
    is_named: bool = True  # by the document, and not by what it led to

    @property
    def timeout(self) -> float:
        """Seconds for one answer."""
        return self.spec.timeout.total_seconds()

    @property
    def credential(self) -> str:
        """The reference, "" = anonymous."""
        return self.spec.credential.ref if self.spec.credential else ""

    @property
    def identity(self) -> str:
        """Tells apart what may have come by other ways."""
        return access.identity(self.spec, self.url)

    def authorization(self, url: str) -> str:
        """Give what a URL below the credential's prefix gets.

        Raises:
            CredentialRefused: the credential does not fit the repository, or cannot be read.
        """
        return self.basic if self.basic and _covers(self._prefix, url) else ""

    @cached_property
    def basic(self) -> str:
        """The header's value, "" = anonymous.

        Raises:
            CredentialRefused: the credential does not fit the repository, or cannot be read.
        """
        credential = self.spec.credential
        if credential is None:
            return ""
        if not giturl.covers(self._prefix, self.url):
            raise CredentialRefused(
                self.about,
                f"{credential.ref} is for {giturl.shown(credential.url_prefix)} and is not sent to "
                f"{giturl.shown(self.url.address)}: correct spec.credential.urlPrefix or spec.url",
            )
        if credential.type not in ("token", "basic"):
            raise CredentialRefused(
                self.about, f"a credential of type {credential.type} does not fit: token or basic"
            )
        value = self.read(credential.ref).strip()
        if any(char < " " for char in value):
            raise CredentialRefused(self.about, f"{credential.ref} holds more than one line")
        if credential.type == "basic" and ":" not in value:
            raise CredentialRefused(self.about, f"{credential.ref} is not user:password")
        pair = value if credential.type == "basic" else f"{TOKEN_USER}:{value}"
        return f"Basic {base64.b64encode(pair.encode()).decode()}"

    @cached_property
    def proxy_pair(self) -> tuple[str, str] | None:
        """User and password of ``spec.proxy``, None where it asks for none.

        Raises:
            CredentialRefused: they cannot be read.
        """
        proxy = self.spec.proxy
        if proxy is None or proxy.ref is None:
            return None
        return proxies.pair(self.about, proxy.ref, self.read)

    def read(self, ref: str) -> str:
        """Give the value of a reference.

        Raises:
            CredentialRefused: it cannot be read.
        """
        return self.credentials.read(ref, subject=self.about).get_secret_value()

    @cached_property
    def trust(self) -> Trust | None:
        """What ``spec.tls`` says; None: the worker's own authorities.

        Raises:
            CredentialRefused, InvalidDocument: it does not fit, or cannot be read.
        """
        return None if self.spec.tls is None else _trust(self)

    @property
    def _prefix(self) -> str:
        return _plain(self.spec.credential.url_prefix) if self.spec.credential else ""


def of(
    repository: RepositoryRecord, settings: GitSettings, credentials: CredentialSource
) -> Access:
    """Say how a repository is reached; nothing is read yet.

    Raises:
        InvalidDocument, CredentialRefused: as `admitted`.
    """
    return Access(
        about=policy.subject(repository),
        url=admitted(repository, settings),
        spec=repository.spec,
        credentials=credentials,
    )


def admitted(repository: RepositoryRecord, settings: GitSettings) -> GitUrl:
    """Read the repository's URL, as far as it may be used here; ``oci`` is ``https`` from here on.

    Raises:
        InvalidDocument: the URL's form or protocol is not allowed.
        CredentialRefused: a user or a secret is written into it.
    """
    about = policy.subject(repository)
    try:
        url = giturl.parse(repository.spec.url)
    except InvalidDocument as exc:
        raise InvalidDocument(about, f"spec.url {exc.subject!r} {exc.detail}") from exc
    if url.user or url.password:
        raise CredentialRefused(
            about, "spec.url holds a user or password: move it to spec.credential, by reference"
        )
    secure = ("https", _OCI) if repository.spec.serves is RepositoryType.OCI else ("https",)
    if url.scheme not in (*secure, "http"):
        raise InvalidDocument(
            about, f"spec.url has the protocol {url.scheme}, of which {' and '.join(secure)} fit"
        )
    if url.scheme == "http" and not settings.allow_http:
        raise InvalidDocument(
            about,
            f"{url.address} is not encrypted, so the network can alter what is deployed: use "
            f"{secure[-1]}://, or have the administrator set SYNCLINE_GIT_ALLOW_HTTP=true",
        )
    return replace(url, scheme="https") if url.scheme == _OCI else url


def shown(url: str) -> str:
    """Write a URL for people: queries hold signatures."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}"


def _trust(to: Access) -> Trust:
    """Git's own reading of ``spec.tls``, for Python: the files live as long as this takes."""
    tls = to.spec.tls
    assert tls is not None  # noqa: S101 -- for types
    with scratch.directory("tls") as private:
        need = Need(about=to.about, url=to.url, private=private, read=to.read)
        means = certificates.given(need, tls)
        authorities = means.variables.get("GIT_SSL_CAINFO")
        files = sorted(path for path in private.iterdir() if path.is_file())
        name = hashlib.sha256(b"\0".join(path.read_bytes() for path in files)).hexdigest()
        own = ssl.create_default_context(cafile=authorities)
        others = ssl.create_default_context(cafile=authorities)
        if tls.certificate_ref:
            own.load_cert_chain(private / "certificate", private / "certificate-key")
    return Trust(name=name, own=own, others=others)


def covers(to: Access, url: str) -> bool:
    """Whether the repository's credential is for a URL."""
    credential = to.spec.credential
    return credential is not None and _covers(_plain(credential.url_prefix), url)


def _covers(prefix: str, url: str) -> bool:
    try:
        return giturl.covers(prefix, giturl.parse(url.partition("?")[0]))
    except InvalidDocument:
        return False


def _plain(prefix: str) -> str:
    scheme, colon, rest = prefix.partition(":")
    return f"https:{rest}" if colon and scheme.lower() == _OCI else prefix
