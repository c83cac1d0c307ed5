"""Who made a commit, and what they said of it: told beside its id, for people."""

from __future__ import annotations

from syncline.model.signature import Signature
from syncline.model.values import Stored


class Commit(Stored):
    """A commit as history tells of it. Texts are cut, and hold no control characters."""

    id: str
    author: str = ""  # name <address>, as Git has it
    message: str = ""  # the first line of it
    at: float = 0.0  # when it was committed: seconds since the epoch, by the committer's clock
    signatures: tuple[Signature, ...] = ()  # where the repository asks for them
