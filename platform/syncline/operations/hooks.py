"""What a push to a Git host sets off: the repository is looked up now."""

from __future__ import annotations

import time
from contextlib import suppress
from typing import NamedTuple
from weakref import WeakKeyDictionary

from syncline.errors import InvalidDocument
from syncline.model import giturl
from syncline.model.journal import AuditRecord
from syncline.model.records import RepositoryRecord
from syncline.store import audit, documents, fleet, sources
from syncline.store.connection import Store
from syncline.store.records import Kind

_PAGE = 200


def push(store: Store, url: str, *, actor: str) -> int:
    """Look up now each repository that lies at this URL, by whatever protocol it is written.

    Returns:
        How many repositories that are; 0 where nobody registered it.

    Raises:
        InvalidDocument: it is no Git URL.
    """
    found = _known(store).get(_place(url), ())
    followed = fleet.followed(store)
    for record in found:
        follow = followed is not None and followed.repository == record.uid
        if sources.pushed(store, record.uid, actor=actor, follow=follow):
            subject = f"{Kind.REPOSITORY}/{record.name}"
            audit.append(store, AuditRecord(actor=actor, verb="push", subject=subject))
    return len(found)


_Place = tuple[str, tuple[str, ...]]

_KEPT = 5.0  # seconds; a URL that changed meanwhile is looked up for that reason already


class _Map(NamedTuple):
    """Where repositories lie, as it was read not long ago."""

    read_at: float
    registered: int
    places: dict[_Place, list[RepositoryRecord]]


_maps: WeakKeyDictionary[object, _Map] = WeakKeyDictionary()  # by the store's connection


def _known(store: Store) -> dict[_Place, list[RepositoryRecord]]:
    """Return the repositories by their places: a storm of webhooks reads them once in a while."""
    count, known = documents.count(store, Kind.REPOSITORY), _maps.get(store.redis)
    if known and known.registered == count and time.monotonic() - known.read_at < _KEPT:
        return known.places
    places: dict[_Place, list[RepositoryRecord]] = {}
    for record in _repositories(store):
        with suppress(InvalidDocument):  # registered before URLs were read so strictly
            places.setdefault(_place(record.spec.url), []).append(record)
    _maps[store.redis] = _Map(time.monotonic(), count, places)
    return places


def _place(url: str) -> _Place:
    parsed = giturl.parse(url)
    return parsed.host, parsed.segments


def _repositories(store: Store) -> list[RepositoryRecord]:
    found: list[RepositoryRecord] = []
    cursor: str | None = None
    while True:
        page = documents.page(store, Kind.REPOSITORY, cursor=cursor, limit=_PAGE)
        found += [each for each in page.items if isinstance(each, RepositoryRecord)]
        if (cursor := page.cursor) is None:
            return found
