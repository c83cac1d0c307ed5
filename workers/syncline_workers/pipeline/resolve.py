"""Which commit: the request's pin, else what the last look-up saw, else ask the repository."""

from __future__ import annotations

from syncline.errors import NotFound
from syncline.model.records import RepositoryRecord
from syncline.model.run import Claim
from syncline_workers.pipeline.ports import Ports


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
    """Return a full commit id.

    Raises:
        RevisionNotFound: nothing of that name is in the repository; says what is.
    """
    repository = repository_of(claim)
    pin = claim.request.revision
    if pin is None and claim.head:
        return claim.head
    wanted = pin or claim.application.spec.source.revision
    found = ports.repositories.resolve(repository, [wanted])
    if wanted in found.missing:
        raise found.missing[wanted]
    return found.commits[wanted]
