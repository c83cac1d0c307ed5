"""Whether the commit of an attempt is signed as its repository asks; before anything of it is used.

Git opens no other commit; but what this process remembers of one was judged by the keys of then.
"""

from __future__ import annotations

from syncline_workers.git import trust
from syncline_workers.pipeline.attempt import Attempt


def check(attempt: Attempt) -> None:
    """Note the signatures, and let the attempt go on where they are good.

    Raises:
        SignatureRefused: they are not.
    """
    repository = attempt.claim.repository
    if repository is None or repository.spec.verify is None:
        return
    found = attempt.ports.repositories.signatures(repository, attempt.revision)
    attempt.signatures = found
    trust.insist(repository, attempt.revision, found)
