"""Charts that other charts depend on, from Helm repositories and registries.

A tree that reaches them has names beside its paths (``renderers.remote``): the id of such a name is
the digest that it means now. So they are inputs of a render like any file. What a version means is
noted on the disk: an exact one for a day, a range for as long as its repository's interval.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from semver import Version

from syncline.errors import Permanent, RevisionNotFound
from syncline.model.records import RepositoryRecord
from syncline_workers.archives import naming
from syncline_workers.archives import registered as registry
from syncline_workers.archives.registered import Registered
from syncline_workers.archives.repositories import ArchiveRepositories
from syncline_workers.renderers import remote
from syncline_workers.renderers.tree import Paths

_DAY: Final = 86_400.0  # seconds


@dataclass(frozen=True, slots=True)
class Dependencies:
    """All that charts may depend on."""

    archives: ArchiveRepositories
    registered: Registered

    def digest(self, name: str, *, about: str) -> str:
        """Say what a name means now.

        Raises:
            NotFound, InvalidDocument: its URL is covered by no registered repository.
            RevisionNotFound: there is no such version.
            RepositoryUnreachable, CredentialRefused, …: nobody can tell.
        """
        return self._meant(remote.parse(name), about)[1]

    @contextmanager
    def chart(self, name: str, *, about: str) -> Iterator[Paths]:
        """Open the chart that a name means now.

        Raises:
            As `digest`.
        """
        wanted = remote.parse(name)
        record, digest = self._meant(wanted, about)
        with self.archives.tree(record, f"{wanted.chart}@{digest}") as tree:
            yield tree

    def _meant(self, wanted: remote.Remote, about: str) -> tuple[RepositoryRecord, str]:
        record = registry.found(self.registered, wanted.url, about=about)
        followed = f"{wanted.chart}@{wanted.version}"
        lasts = _DAY if _is_exact(wanted.version) else record.spec.interval.total_seconds()
        with self.archives.noting(record, followed) as note:
            known = _noted(note, lasts)
            if known:
                return record, known
            resolved = self.archives.resolve(record, [followed])
            if followed in resolved.missing:
                raise RevisionNotFound(about, resolved.missing[followed].detail)
            note.write_text(resolved.commits[followed])
        return record, resolved.commits[followed]


@dataclass(frozen=True, slots=True)
class ReachingTree:
    """A tree that has charts of elsewhere beside its own paths."""

    tree: Paths
    charts: Dependencies

    @property
    def revision(self) -> str:
        """See the port."""
        return self.tree.revision

    def ids(self, paths: Iterable[str]) -> dict[str, str]:
        """See the port; "" where a chart is nowhere to be had."""
        all_ = list(paths)
        outside = [path for path in all_ if remote.is_remote(path)]
        if not outside:
            return self.tree.ids(all_)
        found = self.tree.ids(path for path in all_ if not remote.is_remote(path))
        return found | {name: self._digest(name) for name in outside}

    def files(self, path: str) -> Mapping[str, str]:
        """See the port."""
        return self.tree.files(path)

    def links(self, path: str) -> Iterable[str]:
        """See the port."""
        return self.tree.links(path)

    def read(self, path: str) -> bytes:
        """See the port."""
        return self.tree.read(path)

    def materialise(self, paths: Iterable[str]) -> AbstractContextManager[Path]:
        """See the port."""
        return self.tree.materialise(paths)

    def chart(self, name: str, *, about: str) -> AbstractContextManager[Paths]:
        """See the port."""
        return self.charts.chart(name, about=about)

    def _digest(self, name: str) -> str:
        try:
            return self.charts.digest(name, about=name)
        except Permanent:
            return ""  # opening it raises, and says why


def _is_exact(version: str) -> bool:
    return Version.is_valid(version.removeprefix("v")) or naming.is_digest(version)


def _noted(note: Path, lasts: float) -> str:
    try:
        if not 0 <= time.time() - note.stat().st_mtime < lasts:
            return ""
        text = note.read_text()
    except (OSError, ValueError):
        return ""
    return text if naming.is_digest(text) else ""
