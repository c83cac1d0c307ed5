"""The names that a repository advertises, and what a revision as written means among them.

In this order: a full commit id means itself, even where somebody made a branch of that name, so
that a pin stays a pin; then ``HEAD`` and full names (``refs/pull/7/head``), a branch, a tag, a
semver range over tags. Shortened commit ids mean nothing: they become ambiguous as history grows.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from syncline.errors import RevisionNotFound, SynclineError
from syncline_workers.git import ranges

COMPARED: Final = 2000
"""Names that a missing one is compared with, those of a like length: 50,000 would take 2 s."""

_COMMIT = re.compile(r"[0-9a-f]{40}")
_SHORT = re.compile(r"[0-9a-f]{4,39}")
_LINE = re.compile(r"^([0-9a-f]{40})\t(\S+)$", re.MULTILINE)
_PEELED = "^{}"
_BRANCHES = "refs/heads/"
_TAGS = "refs/tags/"


def is_commit(revision: str) -> bool:
    """Whether it is a full commit id."""
    return bool(_COMMIT.fullmatch(revision))


class Candidate(NamedTuple):
    """A tag that may vouch for a commit, as the server lists it."""

    name: str
    oid: str  # of the tag itself, not of what it names; of a lightweight tag they are one


@dataclass(frozen=True, slots=True, kw_only=True)
class Resolved:
    """What revisions as written mean in a repository; each one is a key of either."""

    commits: Mapping[str, str]
    missing: Mapping[str, SynclineError]  # why it means nothing here, or may not; not raised yet


@dataclass(frozen=True, slots=True)
class Refs:
    """Full name → commit id; annotated tags give the commit that they point to."""

    ids: Mapping[str, str]
    tags: Mapping[str, str] = field(default_factory=dict)  # full name → id of an annotated tag

    @classmethod
    def parse(cls, listing: str) -> Refs:
        """Read what ``git ls-remote`` prints."""
        ids = {name: commit for commit, name in _LINE.findall(listing)}
        peeled = {name.removesuffix(_PEELED): ids.pop(name) for name in _annotated(ids)}
        return cls(ids | peeled, {name: ids[name] for name in peeled if name in ids})

    def find(self, revision: str) -> str | None:
        """Give the commit that a revision means; None where it means nothing here."""
        if is_commit(revision):
            return revision
        name = self._named(revision)
        return None if name is None else self.ids[name]

    def candidates(self, revision: str) -> tuple[Candidate, ...]:
        """Give the tags that may vouch for a revision as written.

        What names a tag, or chooses one by a range, is vouched for by that tag alone: else an old
        commit would pass under a newer name. Commits and branches may have any that names them.
        """
        name = None if is_commit(revision) else self._named(revision)
        if name is not None and name.startswith(_TAGS):
            return (self._candidate(name),)
        commit = revision if name is None else self.ids[name]
        return tuple(map(self._candidate, (tag for tag in self.tags if self.ids[tag] == commit)))

    def _candidate(self, tag: str) -> Candidate:
        return Candidate(tag.removeprefix(_TAGS), self.tags.get(tag, self.ids[tag]))

    def _named(self, revision: str) -> str | None:
        for name in (revision, _BRANCHES + revision, _TAGS + revision):
            known = name == "HEAD" or name.startswith("refs/")
            if known and name in self.ids:
                return name
        tag = ranges.best(revision, self._short(_TAGS))
        return None if tag is None else _TAGS + tag

    def resolved(self, revisions: Iterable[str], about: str) -> Resolved:
        """Look all of them up; ``about`` names the repository in errors."""
        found = {revision: self.find(revision) for revision in revisions}
        return Resolved(
            commits={name: commit for name, commit in found.items() if commit is not None},
            missing={
                name: RevisionNotFound(about, self.missing(name))
                for name, commit in found.items()
                if commit is None
            },
        )

    def missing(self, revision: str) -> str:
        """Say why a revision means nothing, and what was perhaps meant."""
        tags = self._short(_TAGS)
        if not self.ids:
            return f"there is no revision {revision}: the repository is empty"
        if ranges.parse(revision) is not None:
            newest = ranges.best("*", tags) or ranges.best(">=0.0.0-0", tags)
            versions = f"the newest is {newest}" if newest else "no tag is a version like v1.2.3"
            return f"no tag lies in the range {revision}: {versions}"
        near = ", ".join(self._near(revision, {*self._short(_BRANCHES), *tags}))
        hint = f"did you mean {near}?" if near else "push it, or correct the revision"
        if _SHORT.fullmatch(revision):
            hint = "a commit is written with all of its 40 digits"
        return f"there is no branch, tag or range {revision}: {hint}"

    def _near(self, revision: str, names: set[str]) -> list[str]:
        alike = sorted(names, key=lambda name: (abs(len(name) - len(revision)), name))
        return difflib.get_close_matches(revision, alike[:COMPARED], n=3)

    def _short(self, prefix: str) -> list[str]:
        return [name.removeprefix(prefix) for name in self.ids if name.startswith(prefix)]


def _annotated(ids: Mapping[str, str]) -> list[str]:
    return [name for name in ids if name.endswith(_PEELED)]
