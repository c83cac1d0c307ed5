"""One commit, read without a checkout: what `pipeline.ports.Tree` asks for.

Names the repository, the path and the next step in every error; how objects are found, and what
happens where the mirror is damaged, is the mirror's business.
"""

from __future__ import annotations

import difflib
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Final, NoReturn, Protocol, TypeVar

from syncline.errors import LimitExceeded, PathNotFound, UnsafePath
from syncline_workers.git import bulk, layout, listing, walk, whole
from syncline_workers.git.entries import Directory, Entry, Kind, Malformed
from syncline_workers.git.kept import Kept
from syncline_workers.git.large import LargeFiles
from syncline_workers.git.listing import Dangling, Endless, Lister, Listing
from syncline_workers.git.objects import TooLarge
from syncline_workers.git.walk import Found, Nothing, Parts, Unsafe, Walk
from syncline_workers.git.whole import Whole

R = TypeVar("R")
FEW: Final = 16
"""Paths that are looked up one by one: more are looked up together."""

_LONGEST_TARGET = 4096  # bytes of a link's target: PATH_MAX


class Objects(Protocol):
    """Where trees and blobs come from."""

    def directory(self, oid: str) -> Directory:
        """A tree's names."""

    def load(self, trees: Collection[str]) -> None:
        """Read trees ahead, many in one turn."""

    def blob(self, oid: str, limit: int, near: Callable[[], Iterable[str]]) -> bytes:
        """A blob's bytes; ``near``: the blobs that are fetched with it, where it has to be.

        Raises:
            TooLarge: it has more than ``limit`` of them.
        """

    def link(self, oid: str, limit: int) -> bytes:
        """A link's target; as `blob`."""


class Modules(Protocol):
    """Submodules that are followed."""

    def entry(self, place: Parts, commit: str) -> Entry:
        """Give the root of what one holds."""

    def is_inside(self, place: Parts) -> bool:
        """Whether a place lies in one."""

    def is_theirs(self, oid: str) -> bool:
        """Whether an id was seen in one."""


class CommitTree:
    """One commit of a repository. Paths are relative to its root and ``/``-separated."""

    def __init__(
        self,
        revision: str,
        root: Entry,
        objects: Objects,
        *,
        kept: Kept,
        about: str,
        limit: int,
        modules: Modules | None = None,
        large: LargeFiles | None = None,
    ) -> None:
        self.revision = revision
        self._about = about
        self._objects = objects
        self._limit = limit
        self._kept = kept
        self._modules = modules
        self._whole = Whole(about, large, modules.is_theirs if modules else lambda _: False)
        follow = None if modules is None else modules.entry
        self._walk = Walk(root, objects.directory, self._target, follow)
        self._asked: set[str] = set()  # blobs whose ids were asked for: they are likely read next

    def ids(self, paths: Iterable[str]) -> dict[str, str]:
        """Path → tree or blob id; "" where nothing is there, or what is there may not be read.

        ``.`` is the root. Links are followed, so that the id of a link's path changes with what
        it leads to.

        Raises:
            UnsafePath: a path is absolute or climbs with ``..``.
        """
        wanted = list(paths)
        found = bulk.find(wanted, self._walk.root, self._objects) if len(wanted) > FEW else {}
        return {
            path: found[path] if path in found else self._id(self._guarded(walk.split, path))
            for path in wanted
        }

    def files(self, path: str) -> Mapping[str, str]:
        """Every regular file below a directory: path in the repository → blob id.

        A file's path gives that file alone. Links are followed, to files and to directories.

        Raises:
            PathNotFound: nothing is there, or a link below it leads to nothing.
            UnsafePath: a link leaves the repository or goes in circles, or there is a submodule.
            LimitExceeded: more than 100,000 files.
        """
        return self._listing(path).files

    def links(self, path: str) -> tuple[str, ...]:
        """The links that `files` followed below a path; each is an input of its own.

        A directory's tree id says nothing about what its links lead to, while `ids` of a link's
        path does.

        Raises:
            As `files`.
        """
        return self._listing(path).links

    def read(self, path: str) -> bytes:
        """The bytes of a file.

        Raises:
            PathNotFound: nothing is there, or a directory.
            UnsafePath: as for `files`.
            LimitExceeded: it is larger than the limit; it was not read.
            ManifestInvalid: it is a large file that is not fetched.
        """
        found = self._found(path)
        if found.entry.kind is Kind.BLOB:
            oid, near = found.entry.oid, lambda: self._beside(found)
            content = self._blob(path, oid, self._limit, near)
            return self._whole.of(path, oid, content, strict=True)
        if found.entry.kind is Kind.TREE:
            raise PathNotFound(self._about, f"{path} is a directory at {self.revision[:12]}")
        raise UnsafePath(
            self._about,
            f"{path} is a submodule, which is not fetched: set spec.submodules of the Repository",
        )

    @contextmanager
    def materialise(self, paths: Iterable[str]) -> Iterator[Path]:
        """Lay the files below these paths out in a private directory, for an external tool.

        Raises:
            PathNotFound, UnsafePath: as for `files`.
            LimitExceeded: a file is too large, or all together are.
            ManifestInvalid: one that a renderer would read is a large file that is not fetched.
        """
        files: dict[str, str] = {}
        for path in paths:
            files |= self.files(path)

        def stored(path: str, oid: str) -> bytes:
            return self._blob(path, oid, self._limit, files.values)

        named = self._whole.bring(files, stored)

        def blob(path: str, _name: str, _limit: int) -> bytes:
            content, strict = stored(path, files[path]), whole.is_manifest(path)
            return self._whole.of(path, files[path], content, strict=strict)

        with layout.laid_out(
            {**files, **named}, blob, self._kept.places, about=self._about, limit=self._limit
        ) as directory:
            yield directory

    def _id(self, parts: Parts) -> str:
        try:
            found = self._walk.find(parts)
        except (Unsafe, Malformed):
            return ""  # reading it raises, and says why
        if not isinstance(found, Found):
            return ""
        if found.entry.kind is Kind.BLOB:
            self._asked.add(found.entry.oid)
        return found.entry.oid

    def _beside(self, found: Found) -> Iterable[str]:
        """The blobs of a file's directory, and those that were asked about."""
        above = self._walk.find(found.place[:-1])
        if not isinstance(above, Found):
            return self._asked
        names = self._objects.directory(above.entry.oid)
        return (*self._asked, *(each.oid for each in names.values() if each.kind is Kind.BLOB))

    def _listing(self, path: str) -> Listing:
        found = self._found(path)
        parts = self._guarded(walk.split, path)
        if self._modules is not None and self._modules.is_inside(found.place):
            return self._guarded(Lister(self._walk).below, parts, found)
        key = (found.entry.oid, parts)
        known = self._kept.listings.get(key)
        if known is not None:
            return known
        fresh = self._guarded(Lister(self._walk).below, parts, found)
        if fresh.links or fresh.has_modules:
            return fresh  # it depends on more than its own tree
        return self._kept.listings.put(key, fresh, weight=len(fresh.files) + 1)

    def _found(self, path: str) -> Found:
        found = self._guarded(self._walk.find, self._guarded(walk.split, path))
        if isinstance(found, Nothing):
            self._missing(path, found)
        return found

    def _missing(self, path: str, nothing: Nothing) -> NoReturn:
        raise PathNotFound(
            self._about,
            f"{path} does not exist at {self.revision[:12]}: {self._hint(nothing)}",
        )

    def _hint(self, nothing: Nothing) -> str:
        where = "/".join(nothing.place) or "the root"
        at = self._walk.find(nothing.place)
        if not isinstance(at, Found) or at.entry.kind is not Kind.TREE:
            return f"{where} is no directory"
        names = self._objects.directory(at.entry.oid)
        near = difflib.get_close_matches(nothing.missed, names, n=1)
        if near:
            return f"did you mean {'/'.join((*nothing.place, near[0]))}?"
        return f"{where} has {len(names)} names, and none is like {nothing.missed}"

    def _blob(self, path: str, oid: str, limit: int, near: Callable[[], Iterable[str]]) -> bytes:
        try:
            return self._objects.blob(oid, limit, near)
        except Malformed as exc:
            raise UnsafePath(self._about, f"{path} is {exc}, which git refuses") from exc
        except TooLarge as exc:
            raise LimitExceeded(
                self._about,
                f"{path} has {exc.args[0]} bytes, which is more than {limit}: make it smaller, or "
                "have the administrator raise SYNCLINE_GIT_MAX_FILE",
            ) from exc

    def _target(self, oid: str) -> str:
        try:
            return self._objects.link(oid, _LONGEST_TARGET).decode(errors="surrogateescape")
        except TooLarge:
            return ""  # no path; `Walk` says so

    def _guarded(self, step: Callable[..., R], *given: object) -> R:
        """Give the errors of a step the repository's name."""
        try:
            return step(*given)
        except Unsafe as exc:
            raise UnsafePath(self._about, f"{exc} ({self.revision[:12]})") from exc
        except Malformed as exc:
            raise UnsafePath(
                self._about, f"a directory at {self.revision[:12]} holds {exc}, which git refuses"
            ) from exc
        except Dangling as exc:
            raise PathNotFound(self._about, f"{exc} at {self.revision[:12]}: remove it") from exc
        except Endless as exc:
            raise LimitExceeded(
                self._about,
                f"a directory holds more than {listing.MOST} names or {listing.DEEPEST} levels: "
                "point to a smaller one",
            ) from exc
