"""Which credential template a repository takes: that stands in the repository's record.

So it costs a run nothing. The choice is made where either changes: with the repository's own write,
and for all repositories by ``settle`` after a template's, which a due member repeats should its
caller have died. A version tells choices of before from those of now.
"""

from __future__ import annotations

from itertools import chain

from syncline.model.filling import Template, Templates
from syncline.model.names import Uid
from syncline.model.records import CredentialTemplateRecord
from syncline.model.repository import RepositorySpec
from syncline.store import index, keys, reading, records
from syncline.store.batches import CHUNK, batched
from syncline.store.connection import Store
from syncline.store.records import Kind

NEVER = "0"
"""The version where no template was ever written."""

_PAGE = 200


def choice(store: Store, spec: RepositorySpec) -> dict[str, str]:
    """Give the fields of a repository's record that hold its template, and their version."""
    version = _version(store)
    return {"templates": version, "template": _text(_all(store, version), spec)}


def settle(store: Store) -> int:
    """Give every repository the template that it is to have now, and have those looked up.

    Returns:
        How many have another one than before.
    """
    while True:
        version = _version(store)
        changed = _settled(store, version, _all(store, version))
        if changed is not None:
            return changed


def _settled(store: Store, version: str, known: Templates) -> int | None:
    """None: a template changed meanwhile."""
    changed = 0
    for rows in index.chunks(store.redis, keys.RECORDS(Kind.REPOSITORY), _PAGE):
        uids = [index.split(row)[1] for row in rows]
        with store.redis.pipeline() as pipe:
            for uid in uids:
                pipe.hmget(keys.RECORD(uid), "document", "template")
            found = pipe.execute()
        pairs = []
        for uid, (document, text) in zip(uids, found, strict=True):
            if document is None:
                continue  # it went meanwhile
            wanted = _text(known, records.repository(document))
            if wanted != (text or ""):
                pairs.append((uid, wanted))
        for chunk in batched(pairs, CHUNK):
            if not store.call("templates", version, *chain.from_iterable(chunk)):
                return None
        changed += len(pairs)
    return changed if _version(store) == version else None


def _version(store: Store) -> str:
    return store.redis.hget(keys.TEMPLATES(), "version") or NEVER


def _text(known: Templates, spec: RepositorySpec) -> str:
    found = known.choose(spec)
    return found.text() if found else ""


_known: tuple[str, Templates] = (NEVER, Templates())
"""Those of the version that this process saw last; versions are never given twice."""


def _all(store: Store, version: str) -> Templates:
    global _known  # noqa: PLW0603 -- one value, replaced as a whole
    if _known[0] != version:
        rows = store.redis.zrange(keys.RECORDS(Kind.CREDENTIAL_TEMPLATE), 0, -1)
        uids = [Uid(index.split(row)[1]) for row in rows]
        found = reading.many(store, Kind.CREDENTIAL_TEMPLATE, uids)
        _known = (
            version,
            Templates(
                Template(each.name, each.spec)
                for each in found
                if isinstance(each, CredentialTemplateRecord)
            ),
        )
    return _known[1]
