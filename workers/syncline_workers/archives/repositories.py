"""Helm repositories and registries as the pipeline sees them: `pipeline.repositories.Repositories`.

A revision is the digest of what a version means. Its archive is downloaded and unpacked once for
all processes of a host; what is damaged on the disk is noticed and fetched again.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from syncline.credentials import CredentialSource
from syncline.errors import (
    LimitExceeded,
    Permanent,
    RepositoryUnreachable,
    RevisionNotFound,
    UnsafePath,
)
from syncline.model.commit import Commit
from syncline.model.records import RepositoryRecord
from syncline.model.repository import RepositoryType
from syncline.settings import GitSettings
from syncline_workers import tallies
from syncline_workers.archives import access, content, naming, objects, trust, unpacking
from syncline_workers.archives.access import Access
from syncline_workers.archives.asking import Asker
from syncline_workers.archives.content import Content
from syncline_workers.archives.helm import Helm
from syncline_workers.archives.naming import Wanted
from syncline_workers.archives.objects import Archive, Objects
from syncline_workers.archives.oci import Oci
from syncline_workers.archives.origin import Fetched, Origin
from syncline_workers.archives.places import Places
from syncline_workers.archives.trust import Sought, Trust
from syncline_workers.git import shelf
from syncline_workers.git.bounded import Bounded
from syncline_workers.git.entries import Entry, Kind
from syncline_workers.git.kept import Kept
from syncline_workers.git.refs import Resolved
from syncline_workers.git.tree import CommitTree
from syncline_workers.git.trust import Signatures
from syncline_workers.git.turns import Hosts

OPENED: Final = 100_000
"""Files of the archives whose tables a process remembers: about 20 MB."""


class ArchiveRepositories:
    """Helm repositories and registries. Safe to use from several threads."""

    def __init__(
        self, settings: GitSettings, credentials: CredentialSource, hosts: Hosts | None = None
    ) -> None:
        self._settings, self._credentials = settings, credentials
        self._asker = Asker(credentials.environment, hosts)
        self._places = Places(settings.cache)
        oci = Oci(self._asker)
        self._origins: dict[RepositoryType, Origin] = {
            RepositoryType.HELM: Helm(self._asker, self._places, oci),
            RepositoryType.OCI: oci,
        }
        self._trust = Trust(credentials)
        self._archives = Bounded[Path, Archive](OPENED)
        self._kept = Kept()

    def resolve(self, repository: RepositoryRecord, revisions: Iterable[str]) -> Resolved:
        """Look versions, ranges and tags up; digests mean themselves, unasked.

        Raises:
            RepositoryUnreachable, NotFound: the server did not answer, or has no such repository.
            CredentialRefused, InvalidDocument: it may not be reached like this.
        """
        wanted = {each: naming.parse(each) for each in revisions}
        pinned = {each: one.digest for each, one in wanted.items() if one.digest}
        open_ = wanted.keys() - pinned.keys()
        if not open_:
            access.admitted(repository, self._settings)
            return Resolved(commits=pinned, missing={})
        found = self._origin(repository).resolve(self._access(repository), open_)
        if repository.spec.verify is not None:
            found = self._passed(repository, found)
        return Resolved(commits={**found.commits, **pinned}, missing=found.missing)

    def signatures(self, repository: RepositoryRecord, revision: str) -> Signatures:
        """Say what the signature of an archive is worth; nothing where none is asked for.

        Raises:
            As `tree`, but for that signature.
        """
        return self._trust.judged(self._sought(repository, naming.parse(revision)))

    @contextmanager
    def tree(self, repository: RepositoryRecord, revision: str) -> Iterator[CommitTree]:
        """Open an archive by its digest (``podinfo@<digest>``), fetching it where it is not here.

        Raises:
            RevisionNotFound: it is no digest, or its repository does not have it.
            SignatureRefused: it is not signed as the repository asks.
            UnsafePath, LimitExceeded: the archive holds what is refused.
            As `resolve`.
        """
        wanted, granted = naming.parse(revision), self._access(repository)
        if not wanted.digest:
            raise RevisionNotFound(granted.about, f"{revision!r} is no digest: resolve it first")
        if repository.spec.verify is not None:
            sought = self._sought(repository, wanted)
            trust.insist(sought, self._trust.judged(sought))
        one = _One(repository, granted, wanted)
        with self._places.using(granted, _what(wanted)) as place:
            archive = self._opened(place) or self._fetched(one, place, None)
            yield CommitTree(
                wanted.digest,
                Entry(Kind.TREE, archive.root),
                Content(
                    archive,
                    self._kept.directories,
                    lambda damaged: self._fetched(one, place, damaged),
                    granted.about,
                ),
                kept=self._kept,
                about=granted.about,
                limit=self._settings.max_file,
            )

    def commit(self, repository: RepositoryRecord, revision: str) -> Commit | None:
        """Tell what an archive on the disk is; None where it is not there: nothing is fetched."""
        wanted = naming.parse(revision)
        archive = self._opened(self._places.of(self._access(repository), _what(wanted)))
        return archive.told if archive else None

    @contextmanager
    def noting(self, repository: RepositoryRecord, what: str) -> Iterator[Path]:
        """Give a small file that all processes of the host share, to note what was found out.

        Raises:
            RepositoryUnreachable: the disk cannot be used.
        """
        granted = self._access(repository)
        name = f"note {what}"
        with self._places.using(granted, name) as place, self._places.writing(granted, place):
            place.mkdir(exist_ok=True, mode=0o700)
            yield place / "note"

    def close(self) -> None:
        """Close connections, and remove what is laid out. It may be used again afterwards."""
        self._asker.close()
        self._archives.clear()
        self._kept.places.close()

    def _passed(self, repository: RepositoryRecord, found: Resolved) -> Resolved:
        """Leave out what is not signed as the repository asks."""
        commits: dict[str, str] = {}
        missing = dict(found.missing)
        for followed, digest in found.commits.items():
            chart = naming.parse(followed).chart
            sought = self._sought(repository, Wanted(chart, digest))
            try:
                trust.insist(sought, self._trust.judged(sought))
                commits[followed] = digest
            except Permanent as exc:
                missing[followed] = exc
        return Resolved(commits=commits, missing=missing)

    def _sought(self, repository: RepositoryRecord, wanted: Wanted) -> Sought:
        granted, origin = self._access(repository), self._origin(repository)
        return Sought(
            repository=repository,
            wanted=wanted,
            identity=granted.identity,
            note=lambda: self.noting(repository, f"proofs {_what(wanted)}"),
            fetch=lambda: origin.proofs(granted, wanted),
        )

    def _origin(self, repository: RepositoryRecord) -> Origin:
        return self._origins[repository.spec.serves]

    def _access(self, repository: RepositoryRecord) -> Access:
        return access.of(repository, self._settings, self._credentials)

    def _opened(self, place: Path) -> Archive | None:
        known = self._archives.get(place)
        if known is not None and place.exists():
            return known
        archive = objects.opened(place)
        return archive and self._archives.put(place, archive, weight=len(archive.places))

    def _fetched(self, one: _One, place: Path, damaged: Archive | None) -> Archive:
        """Download and unpack; what another process did meanwhile serves as well."""
        with self._places.writing(one.access, place):
            archive = objects.opened(place)
            if archive is not None and not (damaged and content.is_damaged(archive)):
                return archive
            try:
                self._make(one, place)
            except OSError as exc:
                raise RepositoryUnreachable(
                    one.access.about,
                    f"the archive cannot be written: {exc}; check SYNCLINE_GIT_CACHE and its disk",
                ) from exc
            archive = objects.opened(place)
        if archive is None:
            raise RepositoryUnreachable(one.access.about, f"{place} cannot be read: check its disk")
        return archive

    def _make(self, one: _One, place: Path) -> None:
        tallies.count(tallies.ARCHIVE)
        with shelf.built(place) as fresh:
            packed = fresh / "packed"
            fetched = self._origin(one.repository).fetch(one.access, one.wanted, packed)
            with (fresh / "content").open("wb") as file:
                taken = Objects(file)
                root = self._unpacked(one, packed, taken, fetched)
            objects.close(fresh, taken, root, content.told(one.wanted, fetched))
            packed.unlink()

    def _unpacked(self, one: _One, packed: Path, taken: Objects, fetched: Fetched) -> str:
        about = f"{one.wanted.chart or 'the artifact'} {one.wanted.digest[:12]}"
        try:
            return unpacking.unpack(
                packed,
                packed.with_suffix(".tar"),
                taken,
                limit=self._settings.max_file,
                strip=fetched.strip,
            )
        except unpacking.TooMuch as exc:
            raise LimitExceeded(one.access.about, f"{about} {exc}") from exc
        except unpacking.Refused as exc:
            raise UnsafePath(one.access.about, f"{about} {exc}") from exc


@dataclass(frozen=True, slots=True)
class _One:
    """An archive that is asked for."""

    repository: RepositoryRecord
    access: Access
    wanted: Wanted


def _what(wanted: Wanted) -> str:
    return f"{wanted.chart}@{wanted.digest}"
