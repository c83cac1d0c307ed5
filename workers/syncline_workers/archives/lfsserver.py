"""Where a repository's large files are asked for, and what is sent there and nowhere else."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final
from urllib.parse import urlsplit

from syncline.errors import InvalidDocument
from syncline.model import giturl
from syncline.model.giturl import GitUrl
from syncline.model.values import Stored
from syncline.settings import GitSettings
from syncline_workers.archives.access import Access, Authorization
from syncline_workers.git import command, lfsgrant
from syncline_workers.git.large import Reached

_AUTHORIZATION: Final = "authorization"
# What an answer may have us send along; the rest says how a request is made, which is ours.
_OURS: Final = frozenset(
    {"host", "connection", "content-length", "transfer-encoding", "accept-encoding", "te"}
)


class Action(Stored):
    """An address, and what is sent there."""

    href: str
    header: Mapping[str, str] = {}

    @property
    def authorization(self) -> str:
        """Of these headers, the one that is kept from other hosts."""
        return next((v for k, v in self.header.items() if k.lower() == _AUTHORIZATION), "")

    @property
    def headers(self) -> dict[str, str]:
        """The others."""
        ours = _OURS | {_AUTHORIZATION}
        return {name: value for name, value in self.header.items() if name.lower() not in ours}


@dataclass(frozen=True, slots=True)
class Server:
    """A Git LFS server."""

    access: Access
    endpoint: Action
    authorization: Authorization  # URL → what goes there


def of(access: Access, settings: GitSettings, reached: Reached) -> Server:
    """Find the server of a repository: beside its own address, or as its ssh server says.

    Raises:
        InvalidDocument: there is none, or it may not be asked.
        RepositoryUnreachable, CredentialRefused, NotFound: as the ssh server answers.
    """
    url = access.url
    if url.scheme == "ssh":
        return _granted(access, settings, reached)
    if url.scheme not in ("https", "http"):
        raise InvalidDocument(
            access.about, "spec.lfs needs a server: a local repository has no large files"
        )
    address = url.address.rstrip("/")
    base = f"{address if address.endswith('.git') else f'{address}.git'}/info/lfs"
    own = _own(access, reached)

    def authorization(asked: str) -> str:
        # The repository's own address may be all that the prefix is, without what is below it.
        is_covered = asked.startswith(f"{base}/") or _covers(access, asked)
        return own if is_covered else ""

    return Server(access, Action(href=base), authorization)


def origin(url: str) -> tuple[str, str | None, int | None]:
    """Scheme, host and port."""
    parts = urlsplit(url)
    return parts.scheme, parts.hostname, parts.port or giturl.DEFAULT_PORTS.get(parts.scheme)


def _own(access: Access, reached: Reached) -> str:
    """What git itself sends to the repository, whatever the credential's type; "" = nothing."""
    if access.spec.credential is None:
        return ""
    with reached() as git:
        sent = command.settings(git.environment).get(f"http.{access.url.address}.extraHeader", "")
    return sent.removeprefix("Authorization: ")


def _covers(access: Access, asked: str) -> bool:
    credential = access.spec.credential
    try:
        url = giturl.parse(asked.partition("?")[0])
    except InvalidDocument:
        return False
    return credential is not None and giturl.covers(credential.url_prefix, url)


def _granted(access: Access, settings: GitSettings, reached: Reached) -> Server:
    """Ask by ssh. Only the ssh server's own host counts as one that the document names."""
    with reached() as git:
        grant = lfsgrant.ask(git)
    try:
        scheme, host, port = origin(grant.href)
    except ValueError:
        scheme, host, port = "", None, None
    if scheme == "http" and not settings.allow_http:
        raise InvalidDocument(
            access.about, "git-lfs-authenticate names a server that is not encrypted"
        )
    is_own = host == access.url.host.strip("[]")
    url = GitUrl(
        scheme="http" if scheme == "http" else "https",
        host=access.url.host,
        port=port if is_own else None,
        path="/",
    )
    spec = access.spec.model_copy(update={"credential": None})
    endpoint = Action(href=grant.href, header=grant.header)

    def authorization(asked: str) -> str:
        return endpoint.authorization if origin(asked) == origin(grant.href) else ""

    return Server(replace(access, url=url, spec=spec), endpoint, authorization)
