"""Whether the commits of an attempt are signed as their repositories ask; before any is used.

Git opens no other commit; but what this process remembers of one was judged by the keys of then.
"""

from __future__ import annotations

from syncline.model.records import RepositoryRecord
from syncline.model.signature import Signature
from syncline_workers.git import trust
from syncline_workers.pipeline import resolve
from syncline_workers.pipeline.attempt import Attempt


def check(attempt: Attempt) -> None:
    """Note the signatures of every source's commit, and let the attempt go on where all are good.

    Raises:
        SignatureRefused: some are not.
    """
    claim, named = attempt.claim, attempt.claim.repositories
    followed = claim.application.spec.source.followed
    attempt.signatures = _found(attempt, claim.repository, followed, attempt.revision)
    _insist(claim.repository, attempt.revision, attempt.signatures)
    if not attempt.beside:
        return
    attempt.beside = tuple(
        each.model_copy(
            update={
                "signatures": _found(
                    attempt, named.get(each.repository), each.revision, each.commit
                )
            }
        )
        for each in attempt.beside
    )
    for each in attempt.beside:
        _insist(named.get(each.repository), each.commit, each.signatures)


def _found(
    attempt: Attempt, repository: RepositoryRecord | None, followed: str, commit: str
) -> tuple[Signature, ...]:
    if repository is None or repository.spec.verify is None:
        return ()
    named = resolve.named(repository, followed, commit)
    return attempt.ports.repositories.signatures(repository, named)


def _insist(repository: RepositoryRecord | None, commit: str, found: tuple[Signature, ...]) -> None:
    if repository is not None:
        trust.insist(repository, commit, found)
