"""What is followed in repositories: heads, learned inputs, and the targets behind them.

An application follows the revision that it writes; its targets are grouped by the digest of the
inputs that their last render read. One look-up of a repository compares these digests once for
the whole fleet, and only the targets behind changed ones are triggered.
"""

from __future__ import annotations

from syncline.contract.reports import LookupReport
from syncline.model.names import Uid
from syncline.model.request import Trigger
from syncline.model.run import Inputs
from syncline.store.connection import Store


def follow(store: Store, repository: Uid, revision: str, *, who: str) -> None:
    """Have a revision (as written) looked up for somebody; applications do so when they are put."""
    raise NotImplementedError


def unfollow(store: Store, repository: Uid, revision: str, *, who: str) -> None:
    """Undo ``follow``; the revision is forgotten with the last of its followers."""
    raise NotImplementedError


def heads(store: Store, repository: Uid) -> dict[str, str]:
    """Return every followed revision as written → the commit folded last, "" = never."""
    raise NotImplementedError


def errors(store: Store, repository: Uid) -> dict[str, str]:
    """Return revision as written ("" = all) → why it could not be looked up last."""
    raise NotImplementedError


def inputs(store: Store, repository: Uid, revision: str) -> dict[str, Inputs]:
    """Return digest → learned inputs of the targets that follow this revision."""
    raise NotImplementedError


def fold_lookup(store: Store, report: LookupReport, *, trigger: Trigger | None = None) -> int:
    """Move heads, trigger what is touched, and let ``observed`` of the others move on.

    Targets with an automated policy and changed or unknown inputs are triggered (by default as
    POLL); those without become OutOfSync with the reason NewRevision. The head counts as seen only
    when all are done, so that a crash in between repeats the look-up and loses nothing.

    Returns:
        How many targets were triggered.
    """
    raise NotImplementedError
