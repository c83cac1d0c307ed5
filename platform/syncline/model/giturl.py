"""The address of a Git repository: read strictly, compared by meaning, rebuilt for git.

Git, curl, ssh and this module must agree on where a URL leads, or a credential goes astray; what
they could read differently (userinfo, dot segments, escapes, backslashes, transport helpers) is
refused. Whether an address may be used at all is decided where the administrator's settings are.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final
from urllib.parse import unquote

from syncline.errors import InvalidDocument

DEFAULT_PORTS: Final = {"https": 443, "http": 80, "ssh": 22, "oci": 443}

_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*)://(.*)", re.DOTALL)
_HELPER = re.compile(r"[A-Za-z0-9+.-]*::")
_SCP = re.compile(r"(?:([^@:/]+)@)?(\[[0-9A-Fa-f:.]+\]|[^:/@\[\]]+):(.+)", re.DOTALL)
_AUTHORITY = re.compile(r"(?:([^@]*)@)?(\[[0-9A-Fa-f:.]+\]|[^@:/\[\]]*)(?::([0-9]{1,5}))?")
_HOST = re.compile(r"[a-z0-9_]([a-z0-9._-]*[a-z0-9])?|\[[0-9a-f:.]+\]")
_USER = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._+-]*")
_PLAIN = re.compile(r"[!-~]+")  # printable ASCII, no space
_USERINFO = re.compile(r"(?<=://)[^/\s]*@")


@dataclass(frozen=True, slots=True, kw_only=True)
class GitUrl:
    """Where a repository is. ``path`` begins with a slash, unless ``scp``: then as written."""

    scheme: str  # https, http, ssh, oci or file
    host: str = ""  # lower case; "" for file
    path: str
    user: str = ""
    password: bool = False  # one was written; its value is not kept
    port: int | None = None  # None: the scheme's own
    scp: bool = False  # written host:path, where the path is relative to the account's home

    @property
    def address(self) -> str:
        """What git is given."""
        user = f"{self.user}@" if self.user else ""
        if self.scheme == "file":
            return self.path
        if self.scp:
            return f"{user}{self.host}:{self.path}"
        port = f":{self.port}" if self.port else ""
        return f"{self.scheme}://{user}{self.host}{port}{self.path}"

    @property
    def segments(self) -> tuple[str, ...]:
        """The path's parts, without a closing ``.git``."""
        parts = [part for part in self.path.split("/") if part]
        if parts:
            parts[-1] = parts[-1].removesuffix(".git") or parts[-1]
        return tuple(parts)

    @property
    def normal(self) -> str:
        """The one spelling of this place; the account that is used to reach it is left out."""
        port = f":{self.port}" if self.port else ""
        return f"{self.scheme}://{self.host}{port}/{'/'.join(self.segments)}"


def normalise(url: str) -> str:
    """Give the one spelling that all URLs of the same place and protocol share.

    ``git@Host:org/app.git/`` and ``ssh://host/org/app`` are one; userinfo, default ports and
    ``.git`` are left out. For comparing (web hooks, mirrors), not for reaching.

    Raises:
        InvalidDocument: it is no Git URL that this project reads.
    """
    return parse(url).normal


def parse(url: str) -> GitUrl:
    """Read a URL, ``user@host:path`` or an absolute local path.

    Raises:
        InvalidDocument: its form is unknown, or git and others could read it differently.
    """
    if not url.startswith(("/", "file:///")) and not _PLAIN.fullmatch(url):
        raise _refused(url, "holds spaces, control or non-ASCII characters: write them escaped")
    if any(ord(char) < ord(" ") for char in url):
        raise _refused(url, "holds control characters")
    if "\\" in url:
        raise _refused(url, "holds a backslash: write /")
    if _HELPER.match(url):
        raise _refused(url, "names a transport helper: use https://, ssh:// or user@host:path")
    return _parsed(url)


def covers(prefix: str, url: GitUrl) -> bool:
    """Whether a URL lies below a prefix: same protocol, host, port, user and leading segments.

    ``https://host/org`` covers ``https://host/org/app`` but neither ``https://host/organ`` nor
    ``https://host.example/org``. A prefix without a user covers any.

    Raises:
        InvalidDocument: the prefix is no Git URL.
    """
    return is_below(parse(prefix), url)


def is_below(own: GitUrl, url: GitUrl) -> bool:
    """Whether a URL lies below a prefix that is read already; see `covers`."""
    same = (own.scheme, own.host, own.port) == (url.scheme, url.host, url.port)
    user = not own.user or own.user == url.user
    return same and user and url.segments[: len(own.segments)] == own.segments


def shown(url: str) -> str:
    """Write a URL for people: whatever stands for userinfo is left out."""
    return _USERINFO.sub("", url)


def _parsed(url: str) -> GitUrl:
    if url.startswith("/"):
        return GitUrl(scheme="file", path=_path(url, url))
    if match := _SCHEME.fullmatch(url):
        return _with_scheme(url, match[1].lower(), match[2])
    if match := _SCP.fullmatch(url):
        user, host, path = match.groups(default="")
        return GitUrl(
            scheme="ssh",
            user=_user(url, user),
            host=_host(url, host),
            path=_path(url, path),
            scp=True,
        )
    raise _refused(url, "is no Git URL: use https://, ssh://, user@host:path or an absolute path")


def _with_scheme(url: str, scheme: str, rest: str) -> GitUrl:
    authority, slash, path = rest.partition("/")
    if scheme == "file":
        if authority:
            raise _refused(url, "names a host in a file:// URL: write file:///path")
        return GitUrl(scheme="file", path=_path(url, slash + path))
    if scheme not in DEFAULT_PORTS:
        raise _refused(url, f"has the unknown protocol {scheme}: use https:// or ssh://")
    match = _AUTHORITY.fullmatch(authority)
    if not match:
        raise _refused(url, "has no readable host")
    userinfo, host, port = match.groups(default="")
    user, colon, _ = userinfo.partition(":")
    number = int(port) if port else None
    return GitUrl(
        scheme=scheme,
        user=_user(url, user),
        password=bool(colon),
        host=_host(url, host),
        port=None if number == DEFAULT_PORTS[scheme] else number,
        path=_path(url, slash + path),
    )


def _user(url: str, user: str) -> str:
    if user and not _USER.fullmatch(user):
        raise _refused(url, "has a user name with unusual characters")
    return user


def _host(url: str, host: str) -> str:
    lower = host.lower()
    if not _HOST.fullmatch(lower):
        raise _refused(url, "has no readable host")
    return lower


def _path(url: str, path: str) -> str:
    """Refuse what a server or curl would rewrite before it looks."""
    if "?" in path or "#" in path:
        raise _refused(url, "has a query or a fragment: write the repository's URL alone")
    plain = unquote(path)
    if plain.count("/") != path.count("/") or {".", ".."} & set(plain.split("/")):
        raise _refused(url, "has . or .. or an escaped / in its path: write the path out")
    return path


def _refused(url: str, why: str) -> InvalidDocument:
    return InvalidDocument(repr(shown(url))[1:-1], why)
