"""What a registry wants to see before it answers: a password, or a token from somewhere.

A credential goes where tokens are had only where that is the registry itself or another host of its
domain (``auth.docker.io`` for ``registry-1.docker.io``).
"""

from __future__ import annotations

import re
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from ipaddress import ip_address
from typing import Final
from urllib.parse import urlencode, urlsplit

from syncline.errors import CredentialRefused, RepositoryUnreachable
from syncline_workers.archives import site as sites
from syncline_workers.archives.access import shown
from syncline_workers.archives.asking import Answer, Asker, Question, refused
from syncline_workers.archives.site import Site

_MOST: Final = 100_000  # bytes of an answer
_KEPT: Final = 256
_SPARE: Final = 10.0  # seconds before its end from which on a token is not used
_LASTS: Final = 60.0  # seconds that a token lasts where nobody says
_PAIR: Final = re.compile(r'([a-z]+)="([^"]*)"', re.IGNORECASE)
_FAILED: Final = 400


@dataclass(frozen=True, slots=True)
class Grants:
    """Headers that registries took, for as long as they last."""

    asker: Asker
    _kept: dict[tuple[str, str], tuple[str, float]] = field(default_factory=dict)

    def known(self, site: Site) -> str:
        """Give the header that a repository took lately, "" = none."""
        header, until = self._kept.get((site.access.identity, site.name), ("", 0.0))
        return header if time.monotonic() < until else ""

    def wanted(self, site: Site, answer: Answer) -> str:
        """Give the header that a 401 asks for, "" where we have nothing to give.

        Raises:
            CredentialRefused: tokens are had where the credential does not go, or it is wrong.
            RepositoryUnreachable: no token came.
        """
        scheme, _, rest = answer.headers.get("www-authenticate", "").partition(" ")
        if scheme.lower() == "basic":
            return self._keep(site, site.access.basic, _LASTS)
        if scheme.lower() != "bearer":
            return ""
        told = {name.lower(): value for name, value in _PAIR.findall(rest)}
        token, lasts = self._token(site, told)
        return self._keep(site, f"Bearer {token}", lasts)

    def _keep(self, site: Site, header: str, lasts: float) -> str:
        if len(self._kept) > _KEPT:
            self._kept.clear()
        until = time.monotonic() + lasts - _SPARE
        self._kept[site.access.identity, site.name] = header, until
        return header

    def _token(self, site: Site, told: Mapping[str, str]) -> tuple[str, float]:
        realm, access = told.get("realm", ""), site.access
        asked = {"service": told.get("service", ""), "scope": f"repository:{site.name}:pull"}
        basic = access.basic
        if basic and not is_kin(urlsplit(realm).hostname, urlsplit(site.origin).hostname):
            raise CredentialRefused(
                access.about,
                f"{site} wants its tokens from {shown(realm)}, which is not of its domain: "
                f"{access.credential} is not sent there",
            )
        given = urlencode({name: value for name, value in asked.items() if value})
        url = f"{realm}{'&' if urlsplit(realm).query else '?'}{given}"
        question = Question(
            url=url, most=_MOST, authorization=lambda asked: basic if asked == url else ""
        )
        answer = self.asker.ask(access, question)
        if answer.status >= _FAILED:
            raise refused(access, answer)
        value = sites.read(site, answer.body)
        token = str(value.get("token") or value.get("access_token") or "")
        if not token.isascii() or not token.isprintable() or not token:
            raise RepositoryUnreachable(access.about, f"{shown(realm)} gave no token")
        lasts = value.get("expires_in")
        return token, float(lasts) if isinstance(lasts, int) and lasts > 0 else _LASTS


def is_kin(host: str | None, registry: str | None) -> bool:
    """Whether a host is the registry, or of the domain that it is in (of two labels at least)."""
    if not registry or not host or host == registry:
        return bool(host) and host == registry
    try:
        ip_address(registry)
    except ValueError:
        domain = registry.partition(".")[2]
        return "." in domain and (host == domain or host.endswith(f".{domain}"))
    return False
