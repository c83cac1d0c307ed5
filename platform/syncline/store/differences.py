"""What dry runs of an operation found: each different find once, and which targets share it.

Finds are told apart by their digest, which is of what is shown: a fleet of a thousand clusters
that would all change alike keeps one text, sealed, and a list of names. They are bounded, each and
in their sum; what is beyond keeps its digest, so that who shares it is still told.
"""

from __future__ import annotations

import hashlib
import zlib
from base64 import b64decode, b64encode
from collections.abc import Sequence

import orjson
from pydantic import TypeAdapter

from syncline.model.change import Difference
from syncline.model.names import Uid
from syncline.model.operation import Group
from syncline.model.page import Page
from syncline.store import index, keys
from syncline.store.connection import Store

LARGEST = 1_000_000
"""Bytes of one find before it is sealed; of a larger one names and actions are kept."""

TOTAL = 32_000_000
"""Bytes of one operation's finds, compressed and sealed."""

NAMED = 10
"""Targets that a group names; `operations.targets` lists all."""

_PAGE = 4_000_000  # bytes of finds after which a page of groups ends
_KEPT = 7 * 86400  # seconds, as operations that ended
_BYTES = "bytes"
_READ = TypeAdapter(tuple[Difference, ...])


def keep(store: Store, uid: Uid, found: Sequence[Difference]) -> str:
    """Keep a find of an operation; returns its digest, by which its targets are grouped."""
    text = _written(found)
    digest = hashlib.sha256(text).hexdigest()[:32]
    if store.redis.hstrlen(keys.DIFFERENCES(uid), digest):
        return digest
    if len(text) > LARGEST:
        text = _written([each.model_copy(update=_CUT) for each in found])
    sealed = ""
    if store.key is not None and len(text) <= LARGEST:
        packed = store.key.seal(zlib.compress(text), purpose=_purpose(uid, digest))
        sealed = b64encode(packed).decode()
    store.call("differ", uid, digest, sealed, TOTAL, _KEPT)
    return digest


def groups(store: Store, uid: Uid, *, cursor: str | None = None, limit: int = 50) -> Page[Group]:
    """List the finds of an operation, those that most targets share first."""
    sizes = sorted(_sizes(store, uid).items(), key=lambda each: (-each[1], each[0]))
    start = int(cursor) if cursor and cursor.isdecimal() else 0
    found: list[Group] = []
    size = 0
    for digest, count in sizes[start : start + limit]:
        if size > _PAGE:
            break
        text = _text(store, uid, digest)
        size += len(text)
        found.append(_group(store, uid, digest, count, text))
    following = start + len(found)
    return Page(items=tuple(found), cursor=str(following) if following < len(sizes) else None)


def names(uid: Uid, digest: str) -> str:
    """Name the key of a group's members."""
    return keys.MEMBERS_BY(uid, f"differs-{digest}")


def digests(store: Store, uid: str) -> list[str]:
    """Return the digests of all that was kept of an operation."""
    return [each for each in store.redis.hkeys(keys.DIFFERENCES(uid)) if each != _BYTES]


def _sizes(store: Store, uid: Uid) -> dict[str, int]:
    found = digests(store, uid)
    with store.redis.pipeline(transaction=False) as pipe:
        for digest in found:
            pipe.zcard(names(uid, digest))
        counts = pipe.execute()
    return {digest: count for digest, count in zip(found, counts, strict=True) if count}


def _text(store: Store, uid: Uid, digest: str) -> bytes:
    sealed = store.redis.hget(keys.DIFFERENCES(uid), digest)
    if not sealed or store.key is None:
        return b""
    return zlib.decompress(store.key.open(b64decode(sealed), purpose=_purpose(uid, digest)))


def _group(store: Store, uid: Uid, digest: str, count: int, text: bytes) -> Group:
    rows, _ = index.read(store.redis, names(uid, digest), None, NAMED)
    ends = [*rows[:1], *store.redis.zrange(names(uid, digest), -1, -1)]
    # In order of their names: where the first and the last are of one application, all are.
    applications = {index.split(row)[0].partition("@")[0] for row in ends}
    return Group(
        digest=digest,
        count=count,
        targets=tuple(index.split(row)[0] for row in rows),
        application=applications.pop() if len(applications) == 1 else "",
        differences=_READ.validate_json(text) if text else (),
        cut=not text,
    )


_CUT = {"unified": "", "fields": (), "cut": True}


def _written(found: Sequence[Difference]) -> bytes:
    return orjson.dumps([each.model_dump(mode="json") for each in found])


def _purpose(uid: str, digest: str) -> str:
    return f"differences:{uid}:{digest}"
