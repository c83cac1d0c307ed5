"""Which commit: the request's pin, else what the last look-up saw, else ask the repository.

An operation's pin is looked up once in a process: a branch over a thousand clusters is one request
and one commit, not a thousand.
"""

from __future__ import annotations

from syncline.errors import InvalidDocument, NotFound
from syncline.model.records import RepositoryRecord
from syncline.model.repository import RepositoryType
from syncline.model.run import Claim
from syncline_workers.pipeline.ports import Ports
from syncline_workers.pipeline.remembered import commit_of


def repository_of(claim: Claim) -> RepositoryRecord:
    """The application's repository.

    Raises:
        NotFound: no Repository of that name is registered.
    """
    if claim.repository is None:
        raise NotFound(
            f"Repository/{claim.application.spec.source.repository}",
            f"is not registered, but Application/{claim.application.name} needs it: "
            "apply a Repository of that name",
        )
    return claim.repository


def resolve(ports: Ports, claim: Claim) -> str:
    """Return a full commit id, or the digest of an archive.

    Raises:
        InvalidDocument: a chart of a Git repository.
        RevisionNotFound: nothing of that name is in the repository; says what is.
    """
    repository = repository_of(claim)
    pin, source = claim.request.revision, claim.application.spec.source
    if pin is None and claim.head:
        return claim.head
    if source.chart and repository.spec.serves is RepositoryType.GIT:
        raise InvalidDocument(
            f"Application/{claim.application.name}",
            f"spec.source.chart is {source.chart}, but Repository/{repository.name} is a Git one: "
            "set path instead, or the repository's spec.type",
        )
    wanted = source.named(pin) if pin else source.followed
    operation, named = claim.request.operation or "", commit_of(repository, wanted)
    known = ports.remembered.pin(operation, named) if pin and operation else None
    if known is not None:
        return known
    found = ports.repositories.resolve(repository, [wanted])
    if wanted in found.missing:
        raise found.missing[wanted]
    commit = found.commits[wanted]
    return ports.remembered.pinned(operation, named, commit) if pin and operation else commit
