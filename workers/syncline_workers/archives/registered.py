"""Which registered repository stands for a URL that a chart's dependency names.

What is in a repository must not make workers ask whomever it likes. So a dependency comes only from
below the URL of a Repository that somebody registered, by that one's credential and TLS.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Final, Protocol

from syncline.errors import InvalidDocument, NotFound
from syncline.model import giturl
from syncline.model.giturl import GitUrl
from syncline.model.records import RepositoryRecord
from syncline.model.repository import RepositoryType

_ALIASES: Final = ("alias:", "@")
_OCI: Final = "oci"


class Registered(Protocol):
    """The repositories that are registered."""

    def repositories(self) -> Sequence[RepositoryRecord]:
        """All of them, as of some seconds ago."""


@dataclass(frozen=True, slots=True)
class Given:
    """Just these."""

    records: Sequence[RepositoryRecord] = ()

    def repositories(self) -> Sequence[RepositoryRecord]:
        """See the port."""
        return self.records


def found(registered: Registered, url: str, *, about: str) -> RepositoryRecord:
    """Give the repository behind a dependency's URL, or behind ``@name``; its URL is that one.

    Raises:
        InvalidDocument: the URL cannot be read.
        NotFound: nothing that is registered covers it.
    """
    records = [each for each in registered.repositories() if not each.deleting]
    for alias in _ALIASES:
        if url.startswith(alias):
            return _named(records, url.removeprefix(alias), about)
    try:
        wanted = giturl.parse(url)
    except InvalidDocument as exc:
        raise InvalidDocument(about, f"{exc.subject!r} {exc.detail}") from exc
    covering = [
        (each, own)
        for each in records
        if (own := _own(each, wanted)) is not None and giturl.covers(own.normal, wanted)
    ]
    if not covering:
        kind = RepositoryType.OCI if wanted.scheme == _OCI else RepositoryType.HELM
        raise NotFound(
            about,
            f"{giturl.shown(url)} is below the URL of no registered repository: register a "
            f"Repository of type {kind} with it, or put the chart into charts/",
        )
    record, own = max(covering, key=lambda one: (len(one[1].segments), one[0].name))
    there = replace(wanted, scheme=giturl.parse(record.spec.url).scheme)
    spec = record.spec.model_copy(update={"url": there.address, "type": record.spec.serves})
    return record.model_copy(update={"spec": spec})


def at(registered: Registered, url: str) -> RepositoryRecord | None:
    """Give the Git repository that is registered with this very URL, if one is.

    Raises:
        InvalidDocument: the URL cannot be read.
    """
    wanted = giturl.normalise(url)
    for each in registered.repositories():
        if each.deleting or each.spec.serves is not RepositoryType.GIT:
            continue
        with suppress(InvalidDocument):  # registered before URLs were read so strictly
            if giturl.normalise(each.spec.url) == wanted:
                return each
    return None


def _named(records: Sequence[RepositoryRecord], name: str, about: str) -> RepositoryRecord:
    for each in records:
        if each.name == name and each.spec.serves is not RepositoryType.GIT:
            return each
    raise NotFound(about, f"there is no Repository {name} with charts: register it")


def _own(record: RepositoryRecord, wanted: GitUrl) -> GitUrl | None:
    """The repository's URL as it is compared; None where it cannot hold what is wanted.

    A registry is written ``oci://`` by charts, whatever way it is reached.
    """
    kind = record.spec.serves
    if kind is RepositoryType.GIT or (kind is RepositoryType.OCI) != (wanted.scheme == _OCI):
        return None
    try:
        own = giturl.parse(record.spec.url)
    except InvalidDocument:
        return None  # registered before URLs were read so strictly
    return replace(own, scheme=_OCI) if kind is RepositoryType.OCI else own
