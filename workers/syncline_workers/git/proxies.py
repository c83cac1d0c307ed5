"""The proxy of one repository, for git and for what Python asks itself."""

from __future__ import annotations

import base64
from collections.abc import Callable, Mapping, Sequence
from ipaddress import ip_address, ip_network
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, unquote, urlsplit

from syncline.errors import CredentialRefused, InvalidDocument
from syncline.model.proxy import Proxy
from syncline_workers.git.need import Means, Need

if TYPE_CHECKING:
    import urllib3


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


def pair(about: str, ref: str, read: Callable[[str], str]) -> tuple[str, str]:
    """Read a proxy's user and password.

    Raises:
        CredentialRefused: it cannot be read, or is no ``user:password``.
    """
    user, colon, password = read(ref).strip().partition(":")
    if not colon or any(char < " " for char in user + password):
        raise CredentialRefused(about, f"{ref} is not user:password")
    return user, password


def pool(proxy: Proxy, given: tuple[str, str] | None, **options: Any) -> urllib3.PoolManager:
    """Give connections through a proxy, with its user and password; options are urllib3's."""
    return _pool(proxy.url, given, **options)


def _pool(url: str, given: tuple[str, str] | None, **options: Any) -> urllib3.PoolManager:
    import urllib3  # noqa: PLC0415 -- few need it
    from urllib3.contrib.socks import SOCKSProxyManager  # noqa: PLC0415

    if url.startswith("socks"):
        user, password = given or (None, None)
        return SOCKSProxyManager(url, username=user, password=password, **options)
    headers = urllib3.make_headers(proxy_basic_auth=":".join(given)) if given else None
    return urllib3.ProxyManager(url, proxy_headers=headers, **options)


def pool_at(address: str, **options: Any) -> urllib3.PoolManager:
    """Give connections through a proxy as the environment names it: its password in its URL."""
    parts = urlsplit(address)
    given = (unquote(parts.username), unquote(parts.password or "")) if parts.username else None
    place = f"{parts.scheme or 'http'}://{parts.netloc.rpartition('@')[2] or parts.path}"
    return _pool(place, given, **options)


def inherited(url: str, environment: Mapping[str, str]) -> str:
    """Give the proxy that a worker's environment names for a URL, "" = none; as git reads it."""
    parts = urlsplit(url)
    without = environment.get("no_proxy") or environment.get("NO_PROXY") or ""
    if is_passed_by(parts.hostname or "", [each for each in without.split(",") if each.strip()]):
        return ""
    names = [f"{parts.scheme}_proxy", "HTTPS_PROXY" * (parts.scheme == "https")]
    names += ["all_proxy", "ALL_PROXY"]
    return next((found for name in names if (found := environment.get(name))), "")


def is_passed_by(host: str, without: Sequence[str]) -> bool:
    """Whether a host is reached without the proxy, as curl reads ``no_proxy``."""
    bare = host.strip("[]").lower().rstrip(".")
    return any(_is_meant(bare, each.strip().lower()) for each in without)


def _is_meant(host: str, by: str) -> bool:
    if by == "*":
        return True
    try:
        return ip_address(host) in ip_network(by.strip("[]"), strict=False)
    except ValueError:
        name = by.lstrip(".")
        return host == name or host.endswith(f".{name}")


def _with_password(need: Need, url: str, ref: str) -> tuple[str, tuple[str, ...]]:
    """The URL travels in a variable of git's own process, and git masks what it prints of it."""
    user, password = pair(need.about, ref, need.read)
    scheme, _, place = url.partition("://")
    written = f"{quote(user, safe='')}:{quote(password, safe='')}"
    encoded = base64.b64encode(f"{user}:{password}".encode()).decode()
    return f"{scheme}://{written}@{place}", (written, encoded, *([password] if password else []))
