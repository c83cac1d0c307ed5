"""A credential on its way to git: by environment or private file, and to one repository only.

Never an argument (every user of the host reads those) and never part of a URL (git prints it).
What each type of credential comes to is in a module of its own.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from syncline.credentials import CredentialSource
from syncline.errors import CredentialRefused
from syncline.model import giturl
from syncline.model.credential import Credential
from syncline.model.giturl import GitUrl
from syncline.model.proxy import Proxy
from syncline.model.records import RepositoryRecord
from syncline.model.repository import RepositorySpec
from syncline_workers import scratch
from syncline_workers.git import certificates, command, githubapp, header, policy, proxies, ssh
from syncline_workers.git.apptokens import Tokens
from syncline_workers.git.need import Means, Need


class Way(NamedTuple):
    """What a type of credential fits, and what git is given of it."""

    protocols: tuple[str, ...]
    give: Callable[[Need, Credential], Means]


WAYS: Final[Mapping[str, Way]] = {
    "token": Way(("https", "http"), header.token),
    "basic": Way(("https", "http"), header.basic),
    "ssh": Way(("ssh",), ssh.key),
    "github-app": Way(("https", "http"), githubapp.token),
}
"""Type of a credential → its way to git."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Access:
    """How one repository is reached, for as long as its context lasts."""

    about: str  # Repository/shop
    url: GitUrl
    timeout: float  # seconds
    credential: str = ""  # the reference and where it is from, for people; "" = anonymous
    authorities: str = ""  # where those that may sign the server's certificate are written
    certificate: str = ""  # the reference of the client certificate
    proxy: Proxy | None = None
    environment: Mapping[str, str] = field(repr=False)
    secrets: tuple[str, ...] = field(default=(), repr=False)


@contextmanager
def granted(
    repository: RepositoryRecord, url: GitUrl, credentials: CredentialSource, tokens: Tokens
) -> Iterator[Access]:
    """Give git what it needs to reach the repository; what is written to disk goes again.

    ``tokens``: those that hosts gave for a while.

    Raises:
        CredentialRefused: the credential may not be used for this URL, or cannot be read.
        InvalidDocument: what the document says does not fit its URL.
    """
    about, spec = policy.subject(repository), repository.spec
    with scratch.directory("ssh") as private:

        def read(ref: str) -> str:
            return credentials.read(ref, subject=about).get_secret_value()

        need = Need(
            about=about,
            url=url,
            private=private,
            read=read,
            proxy=spec.proxy,
            environment=credentials.environment,
            tokens=tokens,
        )
        means = _means(need, spec)
        access = Access(
            about=about,
            url=url,
            timeout=spec.timeout.total_seconds(),
            credential=named(repository),
            authorities=spec.tls.authorities if spec.tls else "",
            certificate=(spec.tls.certificate_ref or "") if spec.tls else "",
            proxy=spec.proxy,
            environment=command.environment(
                credentials.environment,
                protocol=url.scheme,
                config=means.config,
                extra=means.variables,
            ),
            secrets=means.secrets,
        )
        try:
            yield access
        except CredentialRefused:
            means.refused()
            raise


def identity(spec: RepositorySpec, url: GitUrl) -> str:
    """Tell apart what may have come by other ways: place, account, credential, whom is trusted.

    Else whoever names the place without a credential could read what somebody else's fetched.
    """
    parts = [url.normal, url.user, str(url.scp), spec.credential.ref if spec.credential else ""]
    if spec.credential is not None and spec.credential.github is not None:
        parts.append(spec.credential.github.model_dump_json(exclude_none=True))
    if spec.tls is not None:
        parts.append(spec.tls.model_dump_json(exclude_none=True))
    if spec.proxy is not None:
        parts.append(spec.proxy.model_dump_json(exclude_none=True))
    return "\n".join(parts)


def named(repository: RepositoryRecord) -> str:
    """Name the credential for people: its reference, and the template that it is from."""
    credential = repository.spec.credential
    if credential is None:
        return ""
    is_filled = "credential" in repository.filled
    return credential.ref + (f" (CredentialTemplate/{repository.template})" if is_filled else "")


def _means(need: Need, spec: RepositorySpec) -> Means:
    means = Means()
    if spec.tls is not None:
        means = means.and_(certificates.given(need, spec.tls))
    if spec.proxy is not None:
        means = means.and_(proxies.given(need, spec.proxy))
    if spec.credential is not None:
        _check(need, spec.credential)
        means = means.and_(WAYS[spec.credential.type].give(need, spec.credential))
    elif need.url.scheme == "ssh":
        raise CredentialRefused(need.about, "ssh needs a key: set spec.credential with type ssh")
    return means


def _check(need: Need, credential: Credential) -> None:
    """Bind the credential to its prefix: else a hostile URL would collect it."""
    if not giturl.covers(credential.url_prefix, need.url):
        raise CredentialRefused(
            need.about,
            f"{credential.ref} is for {giturl.shown(credential.url_prefix)} and is not sent to "
            f"{giturl.shown(need.url.address)}: correct spec.credential.urlPrefix or spec.url",
        )
    if need.url.scheme not in WAYS[credential.type].protocols:
        raise CredentialRefused(
            need.about,
            f"a credential of type {credential.type} does not fit a {need.url.scheme}:// URL",
        )
