"""The fleet repository that Syncline follows, and what its last commit declared."""

from __future__ import annotations

from dataclasses import dataclass

from syncline.contract.reports import FollowReport
from syncline.model.names import Uid
from syncline.store import due, keys
from syncline.store.connection import Store, now

ADOPT = "fleet:adopt"


@dataclass(frozen=True, slots=True, kw_only=True)
class Followed:
    """Which repository, and how far it is."""

    repository: Uid
    revision: str  # as written
    path: str  # a directory of documents
    commit: str = ""  # adopted or refused last, "" = none
    refused: str = ""  # "Reason: message": why that commit was not adopted
    unreached: str = ""  # likewise, why the repository could not be read last
    checked_at: float = 0.0  # seconds since the epoch

    @property
    def error(self) -> str:
        """Why the newest commit is not adopted, "" where it is."""
        return self.unreached or self.refused


def declare(store: Store, repository: Uid, revision: str, path: str) -> bool:
    """Follow a repository, in place of any other; False where nothing changes."""
    before = followed(store)
    if before and (before.repository, before.revision, before.path) == (repository, revision, path):
        due.add(store, f"follow:{repository}")
        return False
    at = now(store)
    with store.redis.pipeline(transaction=True) as pipe:
        pipe.delete(keys.FLEET(), keys.FLEET_PENDING())
        fields = {"repository": repository, "revision": revision, "path": path}
        fields["looked_at"] = repr(at)  # what is on its way answers for what was followed before
        pipe.hset(keys.FLEET(), mapping=fields)
        pipe.execute()
    if before:
        due.drop(store, f"follow:{before.repository}")
    due.add(store, f"follow:{repository}")
    return True


def followed(store: Store) -> Followed | None:
    """Return what is followed, None where nothing is."""
    row = store.redis.hgetall(keys.FLEET())
    if not row:
        return None
    return Followed(
        repository=Uid(row["repository"]),
        revision=row["revision"],
        path=row["path"],
        commit=row.get("commit", ""),
        refused=row.get("error", ""),
        unreached=row.get("unreached", ""),
        checked_at=float(row.get("checked_at", 0)),
    )


def stop(store: Store) -> None:
    """Follow nothing any more; what was declared stays."""
    before = followed(store)
    store.redis.delete(keys.FLEET(), keys.FLEET_PENDING())
    if before:
        due.drop(store, f"follow:{before.repository}")


def fold_follow(store: Store, report: FollowReport) -> None:
    """Keep a report until it is adopted (due ``fleet:adopt``); an error is only noted.

    An error without a revision says that the repository could not be read, which the next report
    without one takes back. A report of a repository that is not followed any more is dropped, and
    so is one that was asked for earlier than what was folded already.
    """
    began = repr(report.began) if report.began else ""
    told = (report.repository, began, report.revision, report.error)
    store.call("fold_follow", *told, report.model_dump_json())


def pending(store: Store) -> FollowReport | None:
    """Return the report that waits to be adopted."""
    text = store.redis.get(keys.FLEET_PENDING())
    return FollowReport.model_validate_json(text) if text else None


def adopted(store: Store, commit: str, *, error: str = "") -> None:
    """Note that the pending report was adopted, or refused for a reason; it is forgotten.

    A newer report that came meanwhile stays pending.
    """
    waiting = pending(store)
    with store.redis.pipeline(transaction=True) as pipe:
        pipe.hset(keys.FLEET(), mapping={"commit": commit, "error": error})
        if waiting and waiting.revision == commit:
            pipe.delete(keys.FLEET_PENDING())
        pipe.execute()
