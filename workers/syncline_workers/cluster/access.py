"""How one API server is reached and who we are to it: a kubeconfig, read and found harmless."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit


@dataclass(frozen=True, slots=True, kw_only=True)
class Plugin:
    """A command that prints a credential (client.authentication.k8s.io)."""

    command: str
    arguments: tuple[str, ...]
    environment: dict[str, str]
    api_version: str
    cluster: dict[str, Any] | None  # told to the plugin where its kubeconfig says so


@dataclass(frozen=True, slots=True, kw_only=True)
class User:
    """Who we are: a token, a file of one, a client certificate, a password or a plugin."""

    token: str = field(default="", repr=False)
    token_file: Path | None = None
    password: str = field(default="", repr=False)  # user:password
    certificate: str = ""  # PEM
    key: str = field(default="", repr=False)  # PEM
    plugin: Plugin | None = None
    impersonate: tuple[tuple[str, str], ...] = ()  # header, value


@dataclass(frozen=True, slots=True, kw_only=True)
class Access:
    """Where the API server is, and how its certificate is judged."""

    subject: str  # for errors: ``cluster prod-eu``
    is_tls: bool
    host: str
    port: int
    prefix: str  # of every path; "" or "/…" without a slash at the end
    server_name: str  # what the certificate must name
    authority: str  # PEM; "" = the system's authorities
    verify: bool
    proxy: str  # http://[user:password@]host:port, "" = none
    user: User

    @property
    def address(self) -> str:
        """``host:port``, for messages."""
        return _joined(self.host, self.port)

    @property
    def url(self) -> str:
        """Where connections go, without the prefix."""
        return f"{'https' if self.is_tls else 'http'}://{self.address}"

    @property
    def proxy_address(self) -> str:
        """``host:port`` of the proxy, without its password."""
        url = urlsplit(self.proxy)
        return _joined(url.hostname or "", url.port or 80)


def _joined(host: str, port: int) -> str:
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
