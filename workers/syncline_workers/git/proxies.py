"""The proxy of one repository, for git."""

from __future__ import annotations

import base64
from urllib.parse import quote

from syncline.errors import CredentialRefused, InvalidDocument
from syncline.model.proxy import Proxy
from syncline_workers.git.need import Means, Need


def given(need: Need, proxy: Proxy) -> Means:
    """Give git what ``spec.proxy`` says, in place of what the worker's environment does.

    Raises:
        InvalidDocument: the URL is none of HTTP.
        CredentialRefused: the reference cannot be read, or is no ``user:password``.
    """
    if need.url.scheme not in ("https", "http"):
        raise InvalidDocument(
            need.about,
            f"spec.proxy does nothing for a {need.url.scheme}:// URL: take it away, or reach the "
            "repository by https://",
        )
    address, secrets = proxy.url.rstrip("/"), tuple[str, ...]()
    if proxy.ref is not None:
        address, secrets = _with_password(need, address, proxy.ref)
    without = ",".join(proxy.no_proxy)
    return Means(
        config={"http.proxy": address},
        variables={"no_proxy": without, "NO_PROXY": without},
        secrets=secrets,
    )


def pair(need: Need, ref: str) -> tuple[str, str]:
    """Read a proxy's user and password."""
    user, colon, password = need.read(ref).strip().partition(":")
    if not colon or any(char < " " for char in user + password):
        raise CredentialRefused(need.about, f"{ref} is not user:password")
    return user, password


def _with_password(need: Need, url: str, ref: str) -> tuple[str, tuple[str, ...]]:
    """The URL travels in a variable of git's own process, and git masks what it prints of it."""
    user, password = pair(need, ref)
    scheme, _, place = url.partition("://")
    written = f"{quote(user, safe='')}:{quote(password, safe='')}"
    encoded = base64.b64encode(f"{user}:{password}".encode()).decode()
    return f"{scheme}://{written}@{place}", (written, encoded, *([password] if password else []))
