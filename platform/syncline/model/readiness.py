"""Whether a target that others depend on is ready for them, and what it lacks. Pure.

Ready is what did all that is asked of it: nothing waits or runs, what it was brought to is the
newest commit of what it follows, and that is Synced and Healthy. A commit that does not touch it
costs no run, so that a child of the same repository never waits for more than it must: until its
parent is known to be at the commit that it will run on.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Final

from syncline.model.beside import Beside, Pair
from syncline.model.expression import Expression, ExpressionFailed
from syncline.model.state import TargetLine
from syncline.model.status import HealthStatus, Phase, SyncStatus

VARIABLES: Final = (
    "sync",
    "health",
    "reason",
    "revision",
    "observed",
    "head",
    "current",
    "labels",
)
"""What ``readyWhen`` sees."""

WAITS: Final = "DependencyNotReady"
"""The reason of a target that waits."""

_SHORT = 12  # digits of a commit that people compare by eye
_LONGEST = 300  # characters of what a parent says of itself
_DRY = 3  # where flags say that a run changes nothing; see store.reports


class ParentLine(TargetLine):
    """A target that others depend on, as the store has it."""

    pending_generation: str = ""  # of a request that waits
    flags: str = ""  # of the one at hand
    beside: tuple[Beside, ...] = ()  # what its other sources are at
    parent: str = ""  # how often those that wait for it were told to look again


@dataclass(frozen=True, slots=True, kw_only=True)
class Parent:
    """The same with what it is to be compared with."""

    line: ParentLine
    head: str  # the newest commit of what it follows; "" = never looked up
    follows: str  # that, as the application writes it
    labels: Mapping[str, str]  # of the application
    others: Mapping[Pair, str] = field(default_factory=dict)  # heads of its other sources

    @property
    def is_busy(self) -> bool:
        """Whether a request waits, or runs; dry runs and other revisions that wait do not count."""
        if self.line.pending_generation:
            return True
        return self.line.phase is Phase.RUNNING and self.line.flags[_DRY : _DRY + 1] != "t"

    @property
    def is_at_head(self) -> bool:
        """Whether it was brought to the newest commit, or that is known not to change it."""
        is_first = self.head != "" and self.head in (self.line.revision, self.line.observed)
        return is_first and self.behind is None

    @property
    def behind(self) -> Beside | None:
        """Of its other sources one that is not at its newest commit."""
        known = {each.pair: each for each in self.line.beside}
        for pair, head in self.others.items():
            at = known.get(pair, Beside(repository=pair[0], revision=pair[1]))
            if head == "" or head not in (at.commit, at.observed):
                return at
        return None

    @property
    def is_current(self) -> bool:
        """Whether all was done that is asked of it."""
        return self.is_at_head and not self.is_busy and not self.line.deleting


def lacks(parent: Parent, ready_when: str | None) -> str:
    """Say what is missing until others may go on, as the end of a sentence; "": nothing."""
    if ready_when is None:
        return _default(parent)
    try:
        holds = compiled(ready_when).holds(_values(parent))
    except ExpressionFailed as exc:
        return f"has no value for readyWhen: {exc.detail}"
    told = f"{parent.line.sync}, {parent.line.health}{'' if parent.is_current else ', not current'}"
    return "" if holds else f"is not what readyWhen asks for ({told})"


@lru_cache(maxsize=512)
def compiled(ready_when: str, source: str = "readyWhen") -> Expression:
    """Compile what people wrote; ``source`` is its place, for errors.

    Raises:
        ExpressionInvalid: it cannot be compiled, or is never true or false.
    """
    return Expression(ready_when, source=source, variables=VARIABLES)


def _default(parent: Parent) -> str:
    line = parent.line
    if line.deleting:
        return "is being removed"
    if line.reason == WAITS:
        return "waits for what it depends on itself"
    if parent.is_busy:
        return "has work to do"
    if line.sync is not SyncStatus.SYNCED:
        return f"is {line.sync}{_told(line)}"
    if not parent.is_at_head:
        return _lag(parent)
    return "" if line.health is HealthStatus.HEALTHY else f"is {line.health}{_told(line)}"


def _lag(parent: Parent) -> str:
    """Say what it is at, and what that should be: of the first source that is behind."""
    line, other = parent.line, parent.behind
    if other is None or parent.head not in (line.revision, line.observed):
        at, head, followed = line.revision, parent.head, parent.follows
    else:
        at, head = other.commit, parent.others[other.pair]
        followed = f"{other.revision} of {other.repository}"
    return (
        f"is at {at[:_SHORT] or 'no commit'}, and {followed} is {head[:_SHORT] or 'not known yet'}"
    )


def _told(line: TargetLine) -> str:
    said = ": ".join(part for part in (line.reason, line.message) if part and part != line.health)
    return f" ({said[:_LONGEST]})" if said else ""


def _values(parent: Parent) -> dict[str, object]:
    line = parent.line
    return {
        "sync": line.sync.value,
        "health": line.health.value,
        "reason": line.reason,
        "revision": line.revision,
        "observed": line.observed,
        "head": parent.head,
        "current": parent.is_current,
        "labels": dict(parent.labels),
    }
