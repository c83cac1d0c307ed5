"""What a push to a Git host sets off: the repository is looked up now."""

from __future__ import annotations

from syncline.errors import InvalidDocument
from syncline.model import giturl
from syncline.model.journal import AuditRecord
from syncline.model.records import RepositoryRecord
from syncline.store import audit, documents, due, fleet, sources
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
    place = _place(url)
    found = [record for record in _repositories(store) if _is_at(record, place)]
    followed = fleet.followed(store)
    for record in found:
        sources.pushed(store, record.uid, actor=actor)
        due.add(store, f"lookup:{record.uid}")
        if followed is not None and followed.repository == record.uid:
            due.add(store, f"follow:{record.uid}")
        subject = f"{Kind.REPOSITORY}/{record.name}"
        audit.append(store, AuditRecord(actor=actor, verb="push", subject=subject))
    return len(found)


def _place(url: str) -> tuple[str, tuple[str, ...]]:
    parsed = giturl.parse(url)
    return parsed.host, parsed.segments


def _is_at(record: RepositoryRecord, place: tuple[str, tuple[str, ...]]) -> bool:
    try:
        return _place(record.spec.url) == place
    except InvalidDocument:  # registered before this release read URLs so strictly
        return False


def _repositories(store: Store) -> list[RepositoryRecord]:
    found: list[RepositoryRecord] = []
    cursor: str | None = None
    while True:
        page = documents.page(store, Kind.REPOSITORY, cursor=cursor, limit=_PAGE)
        found += [each for each in page.items if isinstance(each, RepositoryRecord)]
        if (cursor := page.cursor) is None:
            return found
