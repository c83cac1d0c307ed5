"""What this process rendered lately, in its memory: the clusters of a fleet get the same.

A commit never changes, so what was made of one holds for as long as the repository's document is
the same. The disk's cache is behind it, sealed and larger. Manifests are shared by all runs that
ask: nobody changes one in place.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

from syncline.model.commit import Commit as Told
from syncline.model.explained import Place
from syncline.model.records import RepositoryRecord
from syncline.model.source import Source
from syncline.model.values import Manifest
from syncline_workers.git.bounded import Bounded

Commit: TypeAlias = tuple[str, int, str]
"""A repository by uid and generation of its document, and a full commit id."""

_BYTES = 1_000_000  # of results as the disk keeps them: about ten times as much in memory
_SOURCES = 4_096  # of which the renderer is known
_PINS = 256  # revisions of operations
_COMPARED = 4_096  # pairs of renders
_TOLD = 256  # commits of which the author is known
_SLOW = 256  # renders that took longer than a moment


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """Manifests, what they were made from, and the render key."""

    key: str
    inputs: Mapping[str, str]
    manifests: tuple[Manifest, ...]
    place: Place = Place.PROCESS
    packed: int = 0  # bytes as the disk keeps it; 0 = nothing keeps it


@dataclass(frozen=True, slots=True)
class Remembered:
    """Results by commit and plan, the last used ones. Safe to use from several threads."""

    _results: Bounded[tuple[Commit, str], Result] = field(default_factory=lambda: Bounded(_BYTES))
    _settled: Bounded[tuple[Commit, str], Source] = field(default_factory=lambda: Bounded(_SOURCES))
    _pins: Bounded[tuple[str, Commit], str] = field(default_factory=lambda: Bounded(_PINS))
    _told: Bounded[Commit, Told] = field(default_factory=lambda: Bounded(_TOLD))
    _compared: Bounded[tuple[str, str], str] = field(default_factory=lambda: Bounded(_COMPARED))
    _texts: Bounded[str, bool] = field(default_factory=lambda: Bounded(_COMPARED))
    _slow: Bounded[str, bool] = field(default_factory=lambda: Bounded(_SLOW))

    def compared(self, pair: tuple[str, str]) -> str | None:
        """How two renders, by their keys, differ: the name of a text; "" = in nothing."""
        return self._compared.get(pair)

    def compare(self, pair: tuple[str, str], digest: str) -> str:
        """Note how they do."""
        return self._compared.put(pair, digest)

    def is_new(self, digest: str) -> bool:
        """Whether this process has not told of this text before; it has from now on."""
        if self._texts.get(digest):
            return False
        return self._texts.put(digest, value=True)

    def is_slow(self, work: str) -> bool:
        """Whether a run of this process has waited in vain for this render."""
        return bool(self._slow.get(work))

    def slow(self, work: str) -> None:
        """Note that one has: others need not try."""
        self._slow.put(work, value=True)

    def told(self, commit: Commit) -> Told | None:
        """Who made a commit."""
        return self._told.get(commit)

    def tell(self, commit: Commit, told: Told) -> Told:
        """Note who did."""
        return self._told.put(commit, told)

    def pin(self, operation: str, revision: Commit) -> str | None:
        """What a revision as written meant when an operation asked for it first."""
        return self._pins.get((operation, revision))

    def pinned(self, operation: str, revision: Commit, commit: str) -> str:
        """Note what it meant; gives what was noted first."""
        return self._pins.put((operation, revision), commit)

    def result(self, commit: Commit, plan: str) -> Result | None:
        """What came of the plan of this key."""
        return self._results.get((commit, plan))

    def keep(self, commit: Commit, plan: str, result: Result, *, size: int) -> None:
        """Keep a result of so many bytes on the disk; what is large is left to the disk alone."""
        if size <= _BYTES // 4:
            self._results.put((commit, plan), result, size)

    def settled(self, commit: Commit, source: str) -> Source | None:
        """The source of this text, with the renderer named that its path asks for."""
        return self._settled.get((commit, source))

    def settle(self, commit: Commit, source: str, settled: Source) -> Source:
        """Note which one it was."""
        return self._settled.put((commit, source), settled)


def commit_of(repository: RepositoryRecord, revision: str) -> Commit:
    """Name a commit so that nothing else is ever meant by it."""
    return repository.uid, repository.generation, revision
