"""Names of charts that are not in the repository: ``chart://https://charts.example#redis@^18``.

They stand among the inputs of a render, where their ids are digests. No path in its one form holds
two slashes, so none is taken for such a name.
"""

from __future__ import annotations

from typing import Final, NamedTuple

_PREFIX: Final = "chart:"
_SCHEMES: Final = ("https://", "http://", "oci://", "alias:", "@")


class Remote(NamedTuple):
    """A chart, where it is, and which version or range of it."""

    url: str
    chart: str
    version: str


def is_elsewhere(repository: str) -> bool:
    """Whether a dependency's repository is a Helm repository or a registry."""
    return repository.startswith(_SCHEMES)


def is_remote(path: str) -> bool:
    """Whether an input is such a name."""
    return path.startswith(_PREFIX) and "//" in path


def write(remote: Remote) -> str:
    """Name it."""
    return f"{_PREFIX}//{remote.url}#{remote.chart}@{remote.version}"


def parse(name: str) -> Remote:
    """Read a name that `write` gave."""
    url, _, rest = name.removeprefix(f"{_PREFIX}//").rpartition("#")
    chart, _, version = rest.partition("@")
    return Remote(url, chart, version)
