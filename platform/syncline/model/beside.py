"""What an application's other sources are at, beside its first one.

Sources that follow the same of one repository are at the same commit: each pair is there once, and
the first source's own is not.
"""

from __future__ import annotations

from typing import TypeAlias

from syncline.model.signature import Signature
from syncline.model.values import Stored

Pair: TypeAlias = tuple[str, str]
"""A repository by name, and what is followed of it (``Source.followed``)."""


class Beside(Stored):
    """A pair that is followed beside the first source's."""

    repository: str  # by name
    revision: str  # what is followed of it
    commit: str = ""  # "" = not known
    signatures: tuple[Signature, ...] = ()  # of it, where its repository asks for them
    observed: str = ""  # of a target: the newest one known not to change it

    @property
    def pair(self) -> Pair:
        """What is followed."""
        return self.repository, self.revision
