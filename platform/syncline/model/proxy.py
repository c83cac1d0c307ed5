"""The proxy that one place is reached through.

A proxy that is itself spoken to by TLS is none that can be written: git hangs at it where libcurl
uses GnuTLS, as Debian 12's does (7.88; measured: 18 of 18 look-ups).
"""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, StringConstraints

from syncline.model.credential import Reference
from syncline.model.values import Written


class Proxy(Written):
    """A proxy in place of those that the workers have in their environment."""

    url: str = Field(
        max_length=2048,
        pattern=r"^(http|socks5h?)://(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9_.-]+):[0-9]{1,5}/?$",
        description="http://, socks5:// or socks5h:// with host and port; with socks5h the proxy "
        "looks up names.",
    )
    ref: Reference | None = Field(
        default=None, description="The reference of user:password for it; None: it asks for none."
    )
    no_proxy: tuple[Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9.*:/\[\]_-]+$")], ...] = (
        Field(
            default=(),
            description="Hosts, domains (.example.com) and networks that are reached without it.",
        )
    )

    @property
    def place(self) -> str:
        """Host and port."""
        return self.url.partition("://")[2].rstrip("/")
