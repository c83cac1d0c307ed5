"""Which commit: the request's pin, else what the last look-up saw, else ask the repository.

An operation's pin is looked up once in a process: a branch over a thousand clusters is one request
and one commit, not a thousand. It is the first source's, and of what follows the same of the same
repository; other sources stay with what they follow.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from syncline.errors import InvalidDocument, NotFound
from syncline.model import template
from syncline.model.beside import Beside
from syncline.model.records import RepositoryRecord
from syncline.model.repository import RepositoryType
from syncline.model.run import Claim
from syncline.model.source import Source
from syncline_workers.pipeline.attempt import Attempt
from syncline_workers.pipeline.ports import Ports
from syncline_workers.pipeline.remembered import commit_of


def repository_of(claim: Claim) -> RepositoryRecord:
    """The application's repository.

    Raises:
        NotFound: no Repository of that name is registered.
    """
    if claim.repository is None:
        raise _unregistered(claim, claim.application.spec.source.repository)
    return claim.repository


def named(repository: RepositoryRecord, followed: str, revision: str) -> str:
    """Name a revision of what is followed, as its repository opens it; of Git a commit says all."""
    chart, at, _ = followed.partition("@")
    is_git = repository.spec.serves is RepositoryType.GIT
    return revision if is_git or not at else f"{chart}@{revision}"


def parameters(attempt: Attempt) -> None:
    """Fill an attempt's parameters in for its cluster; variables wait until they are read.

    Raises:
        InvalidDocument: a label that a parameter names is missing.
    """
    claim = attempt.claim
    attempt.parameters = template.resolve(
        claim.application.spec.parameters,
        claim.cluster,
        subject=str(claim.name),
        find=template.left,
    )


def settle(attempt: Attempt) -> None:
    """Resolve every source of an attempt, once.

    Raises:
        NotFound: the repository of one is not registered.
        RevisionNotFound: nothing of that name is in one of the repositories; says what is.
    """
    attempt.revision = resolve(attempt.ports, attempt.claim)
    if attempt.claim.beside:
        attempt.beside = tuple(_beside(attempt, each) for each in attempt.claim.beside)


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceAt:
    """A source at a commit, and the named ones that lend it files."""

    source: Source
    repository: RepositoryRecord
    commit: str
    number: int = 1  # among the sources of its application
    lent: tuple[SourceAt, ...] = ()

    @property
    def named(self) -> str:
        """The commit as its repository opens it; that of a chart bears the chart's name."""
        return self.source.named(self.commit)

    @property
    def label(self) -> str:
        """What people know it by."""
        what = self.source.chart or self.source.path or "."
        of = f"{what} of Repository/{self.repository.name}"
        return f"source {self.source.name or self.number} ({of})"


def sources(attempt: Attempt) -> list[SourceAt]:
    """The sources of a settled attempt that are rendered."""
    spec = attempt.claim.application.spec
    found = [_at(attempt, each, number) for number, each in enumerate(spec.every_source, start=1)]
    named = {at.source.name: at for at in found}
    return [
        replace(at, lent=tuple(named[name] for name in _names(at.source) if name in named))
        for at in found
        if at.source.renders
    ]


def _names(source: Source) -> list[str]:
    return list(dict.fromkeys(each.name for each in source.borrowed))


def _at(attempt: Attempt, source: Source, number: int) -> SourceAt:
    claim, others = attempt.claim, attempt.beside
    commit = next((one.commit for one in others if one.pair == source.pair), attempt.revision)
    is_first = source.repository == claim.application.spec.source.repository
    repository = repository_of(claim) if is_first else claim.repositories[source.repository]
    return SourceAt(source=source, repository=repository, commit=commit, number=number)


def _beside(attempt: Attempt, other: Beside) -> Beside:
    """What another source is at: as the last look-up saw it, else asked for now."""
    repository = attempt.claim.repositories.get(other.repository)
    if repository is None:
        raise _unregistered(attempt.claim, other.repository)
    if other.commit:
        return other
    for source in attempt.claim.application.spec.sources:
        if source.pair == other.pair:
            _check_chart(attempt.claim, source, repository)
    found = attempt.ports.repositories.resolve(repository, [other.revision])
    if other.revision in found.missing:
        raise found.missing[other.revision]
    return other.model_copy(update={"commit": found.commits[other.revision]})


def _check_chart(claim: Claim, source: Source, repository: RepositoryRecord) -> None:
    if source.chart and repository.spec.serves is RepositoryType.GIT:
        raise InvalidDocument(
            f"Application/{claim.application.name}",
            f"spec.source.chart is {source.chart}, but Repository/{repository.name} is a Git one: "
            "set path instead, or the repository's spec.type",
        )


def _unregistered(claim: Claim, name: str) -> NotFound:
    return NotFound(
        f"Repository/{name}",
        f"is not registered, but Application/{claim.application.name} needs it: "
        "apply a Repository of that name",
    )


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
    _check_chart(claim, source, repository)
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
