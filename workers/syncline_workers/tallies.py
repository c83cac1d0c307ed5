"""What this process did since it last told: counted anywhere, told with the next report.

The names are fields of ``syncline.store.tally``. A process that is killed takes what it did not
tell along: metrics bear that.
"""

from __future__ import annotations

from collections import Counter

FETCH = "git:fetch"
LS_REMOTE = "git:ls-remote"
INDEX = "git:index"
TAGS = "git:tags"
ARCHIVE = "git:archive"
RENDERED = "render:rendered"
CACHED = "render:cached"
DROPPED = "spans:dropped"

_counted: Counter[str] = Counter()


def count(name: str, number: int = 1) -> None:
    """Count one, or so many."""
    _counted[name] += number


def drain() -> dict[str, int]:
    """Return what was counted, and begin anew."""
    counted = dict(_counted)
    _counted.clear()
    return counted
