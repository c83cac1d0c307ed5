"""A repository of a registry, and what is read of its answers."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from syncline.errors import RepositoryUnreachable
from syncline_workers.archives.access import Access

_HUB: Final = {"docker.io": "registry-1.docker.io", "index.docker.io": "registry-1.docker.io"}


@dataclass(frozen=True, slots=True)
class Site:
    """A repository of a registry: ``org/charts/podinfo``."""

    access: Access
    name: str

    @property
    def origin(self) -> str:
        """The registry's address."""
        url = self.access.url
        port = f":{url.port}" if url.port else ""
        return f"{url.scheme}://{_HUB.get(url.host, url.host)}{port}"

    def url(self, rest: str) -> str:
        """What is asked about the repository."""
        return f"{self.origin}/v2/{self.name}/{rest}"

    def holds(self, url: str) -> bool:
        """Whether a URL is of the registry's own."""
        return url.startswith(f"{self.origin}/v2/")

    def __str__(self) -> str:
        return f"{self.origin.partition('://')[2]}/{self.name}"


def read(site: Site, body: bytes) -> Mapping[str, Any]:
    """Read an object in JSON.

    Raises:
        RepositoryUnreachable: it is none.
    """
    try:
        value = json.loads(body)
    except (ValueError, RecursionError) as exc:
        raise RepositoryUnreachable(site.access.about, f"{site} gave no JSON") from exc
    if not isinstance(value, dict):
        raise RepositoryUnreachable(site.access.about, f"{site} gave no JSON object")
    return value
