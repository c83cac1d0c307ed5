"""What of a repository is meant: ``podinfo@>=6 <7``, ``podinfo@<digest>``.

Where the repository itself is the artifact, ``>=6 <7`` alone. Also digests as they are written.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable
from typing import Final, NamedTuple

from syncline_workers.git import ranges
from syncline_workers.git.refs import COMPARED

NEWEST: Final = "HEAD"
"""The revision of a source that writes none: the newest version that is no pre-release."""

_DIGEST: Final = re.compile(r"(?:sha256:)?([0-9a-f]{64})")


class Wanted(NamedTuple):
    """A chart ("" = the repository is the artifact), and a version, range, tag or digest."""

    chart: str
    revision: str

    @property
    def digest(self) -> str:
        """The 64 digits, "" where it is no digest."""
        found = _DIGEST.fullmatch(self.revision)
        return found[1] if found else ""


def parse(named: str) -> Wanted:
    """Read what a source follows, or a chart at its digest."""
    chart, at, revision = named.partition("@")
    return Wanted(chart, revision) if at else Wanted("", named)


def is_digest(text: str) -> bool:
    """Whether it is a sha256, with or without its name."""
    return bool(_DIGEST.fullmatch(text))


def near(name: str, names: Iterable[str]) -> str:
    """Give the name that was perhaps meant, "" where none is like it."""
    alike = sorted(names, key=lambda one: (abs(len(one) - len(name)), one))[:COMPARED]
    return next(iter(difflib.get_close_matches(name, alike, n=1)), "")


def best(revision: str, versions: Iterable[str]) -> str | None:
    """Give the version that is meant: the one of that name, else the highest in the range."""
    known = list(versions)
    if revision in known:
        return revision
    return ranges.best("*" if revision == NEWEST else revision, known)


def absent(revision: str, versions: Iterable[str], what: str) -> str:
    """Say why a version or range means nothing, and what there is."""
    known = list(versions)
    newest = ranges.best("*", known) or ranges.best(">=0.0.0-0", known)
    hint = f"the newest is {newest}" if newest else f"it has no version but {known[:3]}"
    return f"{what} has no version {revision}: {hint if known else 'it has none at all'}"
