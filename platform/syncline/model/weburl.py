"""The address of something that is asked by HTTP: read strictly, shown without its query.

What clients could read differently (userinfo, backslashes, control characters) is refused, so that
whoever judges where a URL leads and whoever goes there agree. Whether it may be asked is decided
where the administrator's settings are.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from syncline.errors import InvalidDocument

LONGEST: Final = 2048
"""Characters of a URL."""

PORTS: Final = {"https": 443, "http": 80}

_PLAIN: Final = re.compile(r"[!-~]+")  # printable ASCII, no space
_URL: Final = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*)://([^/?#]*)(/[^?#]*)?(\?[^#]*)?(#.*)?")
_AUTHORITY: Final = re.compile(r"(\[[0-9A-Fa-f:.]+\]|[^@:\[\]]+)(?::([0-9]{1,5}))?")
_HOST: Final = re.compile(r"[a-z0-9_]([a-z0-9._-]*[a-z0-9])?|\[[0-9a-f:.]+\]")


@dataclass(frozen=True, slots=True, kw_only=True)
class WebUrl:
    """Where something is. ``path`` begins with a slash, ``query`` with a question mark."""

    scheme: str  # https or http
    host: str  # lower case; an IPv6 address without its brackets
    port: int
    path: str = "/"
    query: str = ""  # there may be none

    @property
    def authority(self) -> str:
        """Host and port, as the header ``Host`` has them."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == PORTS[self.scheme] else f"{host}:{self.port}"

    @property
    def target(self) -> str:
        """What is asked for there."""
        return f"{self.path}{self.query}"

    def __str__(self) -> str:
        """For people and logs: a query may hold what only its reader is to know."""
        return f"{self.scheme}://{self.authority}{self.path}"


def parse(url: str) -> WebUrl:
    """Read a URL.

    Raises:
        InvalidDocument: it is none, or one that could be read differently.
    """
    if len(url) > LONGEST or not _PLAIN.fullmatch(url) or "\\" in url:
        raise _refused(url, f"must be at most {LONGEST} printable ASCII characters, without \\")
    found = _URL.fullmatch(url)
    scheme = found[1].lower() if found else ""
    if not found or scheme not in PORTS:
        raise _refused(url, "must be an http:// or https:// URL")
    if "@" in found[2]:
        raise _refused(url, "holds a user or a password: leave them out")
    if found[5]:
        raise _refused(url, "holds a fragment: leave out what begins with #")
    authority = _AUTHORITY.fullmatch(found[2])
    if not authority or not _HOST.fullmatch(authority[1].lower()):
        raise _refused(url, "has no readable host")
    port = int(authority[2] or PORTS[scheme])
    if not 0 < port < 1 << 16:
        raise _refused(url, f"has no such port as {port}")
    host = authority[1].lower().strip("[]")
    return WebUrl(scheme=scheme, host=host, port=port, path=found[3] or "/", query=found[4] or "")


def shown(url: str) -> str:
    """Write what may be a URL for people: without userinfo, query and fragment."""
    return re.sub(r"(?<=://)[^/\s]*@", "", re.split(r"[?#]", url)[0])[:200]


def _refused(url: str, why: str) -> InvalidDocument:
    return InvalidDocument(repr(shown(url))[1:-1], why)
