"""What an object can wish for itself: how it is applied, and how it may go."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from syncline.model.ownership import Conflicts


class Applies(StrEnum):
    """When an object is applied. Order means nothing."""

    ALWAYS = "always"
    IF_ABSENT = "if-absent"  # it is created, and left alone from then on
    NEVER = "never"


class Going(StrEnum):
    """Whether an object may be deleted. In order: the later ones are more careful."""

    YES = "true"
    CONFIRM = "confirm"  # only where a person confirms it
    NO = "false"  # it is left alone


@dataclass(slots=True, kw_only=True)
class Wishes:
    """What one object wishes; None: nothing, the policy decides."""

    applies: Applies | None = None
    conflicts: Conflicts | None = None
    shares: bool | None = None  # what other tools applied before stays theirs
    recreate: bool | None = None
    may_come_later: bool | None = None  # its kind may be made by what is applied before it
    prune: Going | None = None
    delete: Going | None = None
    unknown: list[str] = field(default_factory=list)  # "key: word" of others, not understood

    def stay(self) -> None:
        """It is never deleted."""
        self.prune = self.delete = Going.NO


NONE = Wishes()
"""Of an object that says nothing; shared, and never changed."""
