"""Large files: what a commit holds in their place (Git LFS), and what fetches them.

A pointer is known by its text and not by ``.gitattributes``: no other file begins like that.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from typing import Final, NamedTuple, Protocol

from syncline.model.giturl import GitUrl
from syncline.model.records import RepositoryRecord
from syncline_workers.git.access import Access

LONGEST: Final = 1024
"""Bytes of a pointer are fewer."""

_BEGIN: Final = b"version https://git-lfs.github.com/spec/"
_POINTER: Final = re.compile(
    rb"version https://git-lfs\.github\.com/spec/v1\noid sha256:([0-9a-f]{64})\nsize (\d{1,15})\n?"
)


class Pointer(NamedTuple):
    """What stands for a large file."""

    oid: str  # SHA-256 of its bytes, 64 hex digits; "" = the pointer cannot be read
    size: int  # bytes


Reached = Callable[[], AbstractContextManager[Access]]
"""How git reaches the repository, and a turn at its host."""


class LargeFiles(Protocol):
    """Those of one repository, while a commit of it is open."""

    def read(self, path: str, pointer: Pointer) -> bytes:
        """The bytes of one.

        Raises:
            PathNotFound: its server does not have it.
            LimitExceeded: it is too large; it was not asked for.
            RepositoryUnreachable, CredentialRefused, NotFound: as its server is reached.
        """

    def bring(self, pointers: Mapping[str, Pointer]) -> None:
        """Fetch what is not here yet, by path, many by one request.

        Raises:
            As `read`.
        """


class Source(Protocol):
    """Where large files come from."""

    def opened(
        self, repository: RepositoryRecord, url: GitUrl, reached: Reached
    ) -> AbstractContextManager[LargeFiles]:
        """Open those of a repository; nothing is asked yet."""

    def close(self) -> None:
        """Close the connections; it may be used again."""


def pointer(content: bytes) -> Pointer | None:
    """Read a pointer; None where a file is what it is."""
    if not content.startswith(_BEGIN) or len(content) >= LONGEST:
        return None
    found = _POINTER.fullmatch(content)
    return Pointer("", 0) if found is None else Pointer(found[1].decode(), int(found[2]))
