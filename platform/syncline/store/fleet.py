"""The fleet repository that Syncline follows, and what its last commit declared."""

from __future__ import annotations

from dataclasses import dataclass

from syncline.contract.reports import FollowReport
from syncline.model.names import Uid
from syncline.store.connection import Store


@dataclass(frozen=True, slots=True, kw_only=True)
class Followed:
    """Which repository, and how far it is."""

    repository: Uid
    revision: str  # as written
    path: str  # a directory of documents
    commit: str = ""  # adopted or refused last, "" = none
    error: str = ""  # "Reason: message": why the newest commit is not adopted
    checked_at: float = 0.0  # seconds since the epoch


def declare(store: Store, repository: Uid, revision: str, path: str) -> bool:
    """Follow a repository, in place of any other; False where nothing changes."""
    raise NotImplementedError


def followed(store: Store) -> Followed | None:
    """Return what is followed, None where nothing is."""
    raise NotImplementedError


def stop(store: Store) -> None:
    """Follow nothing any more; what was declared stays."""
    raise NotImplementedError


def fold_follow(store: Store, report: FollowReport) -> None:
    """Keep a report until it is adopted (due ``fleet:adopt``); an error is only noted."""
    raise NotImplementedError


def pending(store: Store) -> FollowReport | None:
    """Return the report that waits to be adopted."""
    raise NotImplementedError


def adopted(store: Store, commit: str, *, error: str = "") -> None:
    """Note that the pending report was adopted, or refused for a reason; it is forgotten."""
    raise NotImplementedError
