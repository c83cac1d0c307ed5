"""Where archives and indexes are on this host's disk: members of Git's shelf, one budget for all.

The name of a place tells the repository's address, the credential, and what is in it, so that
nobody reads without a credential what somebody else's has fetched.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from syncline.errors import RepositoryUnreachable
from syncline.model import giturl
from syncline_workers.archives.access import Access
from syncline_workers.git import lock, shelf


@dataclass(frozen=True, slots=True)
class Places:
    """A directory, shared by all worker processes of this host."""

    directory: Path

    def of(self, access: Access, what: str) -> Path:
        """Where this of a repository is."""
        identity = f"archive\n{access.identity}\n{what}"
        return self.directory / hashlib.sha256(identity.encode()).hexdigest()[:32]

    @contextmanager
    def using(self, access: Access, what: str) -> Iterator[Path]:
        """Keep a place from being removed.

        Raises:
            RepositoryUnreachable: the directory cannot be used.
        """
        path, shown = self.of(access, what), giturl.shown(access.url.address)
        with ExitStack() as stack:
            with _explained(access):
                using = shelf.using(path, shown=f"{shown} {what}", within=access.timeout)
                stack.enter_context(using)
            yield path

    @contextmanager
    def writing(self, access: Access, path: Path) -> Iterator[None]:
        """Be the only one of this host that writes a place.

        Raises:
            RepositoryUnreachable: another did not end in time.
        """
        with ExitStack() as stack:
            with _explained(access):
                held = lock.exclusive(path.with_suffix(".lock"), within=access.timeout)
                stack.enter_context(held)
            yield


@contextmanager
def _explained(access: Access) -> Iterator[None]:
    try:
        yield
    except lock.LockedTooLong as exc:
        raise RepositoryUnreachable(
            access.about,
            f"another worker of this host did not finish its download in {access.timeout:g} s",
        ) from exc
    except OSError as exc:
        raise RepositoryUnreachable(
            access.about, f"archives cannot be kept: {exc}; check SYNCLINE_GIT_CACHE and its disk"
        ) from exc
