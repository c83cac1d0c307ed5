"""What only the store holds, out and in again; only for administrators."""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Iterator
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import StreamingResponse
from pydantic import Field

from syncline.api.auth import needs
from syncline.api.requests import caller, context
from syncline.api.views.base import Asked, View
from syncline.model.access import Scope
from syncline.model.journal import AuditRecord
from syncline.operations import restore as restores
from syncline.store import audit, backup

router = APIRouter(tags=["backup"], dependencies=[needs(Scope.ADMIN)])

_GZIP = 31  # zlib's window bits for the gzip format


class RestoreAsked(Asked):
    """The beginning of a restore."""

    header: dict[str, Any] = Field(description="The backup's first line.")
    merge: bool = Field(
        default=False, description="Add what is missing to a store that is not empty."
    )


class LinesAsked(Asked):
    """Some lines of a backup, in its order."""

    restore: str = Field(description="The id of the restore.")
    lines: list[dict[str, Any]] = Field(max_length=1000)


class EndAsked(Asked):
    """The end of a restore."""

    restore: str = Field(description="The id of the restore.")


class RestoreView(View):
    """A restore that goes on; it is over when it hears nothing for two minutes."""

    restore: str = Field(description="Its id.")


class RestoredView(View):
    """What became of the lines."""

    counts: dict[str, int] = Field(
        description="Lines by kind: `target`, and `target skipped` where nothing it belongs to is "
        "there, `record kept` where the store had it already."
    )


@router.get("/backup", summary="Take a backup", response_class=StreamingResponse)
def take(request: Request) -> StreamingResponse:
    """JSON lines, compressed by gzip, while all goes on. Without a last line `end` it was cut off.

    Documents, sealed kubeconfigs, hashes of tokens, state and history of targets, the audit trail.
    """
    store = context(request).store
    header = backup.header(store)  # refuses before the answer has begun
    record = AuditRecord(
        actor=caller(request).name, verb="backup", subject=f"installation/{header.installation}"
    )
    audit.append(store, record)
    return StreamingResponse(
        _packed(backup.lines(store)),
        media_type="application/gzip",
        headers={"Cache-Control": "no-store"},
    )


@router.post("/restore", summary="Begin to restore a backup")
def begin(request: Request, asked: RestoreAsked) -> RestoreView:
    """Schedulers rest until its end. Refused where the store is not empty, unless told to merge."""
    who = caller(request).name
    begun = restores.begin(context(request).store, asked.header, merge=asked.merge, actor=who)
    return RestoreView(restore=begun.id)


@router.post("/restore/lines", summary="Restore some lines")
def add(request: Request, asked: LinesAsked) -> RestoredView:
    """What the store has stays as it is. Lines that are sent twice do no harm."""
    return RestoredView(counts=restores.add(context(request).store, asked.restore, asked.lines))


@router.post("/restore/end", summary="End a restore")
def end(request: Request, asked: EndAsked) -> RestoredView:
    """Schedulers go on."""
    restores.finish(context(request).store, asked.restore, actor=caller(request).name)
    return RestoredView(counts={})


def _packed(lines: Iterable[bytes]) -> Iterator[bytes]:
    packer = zlib.compressobj(wbits=_GZIP)
    for line in lines:
        if part := packer.compress(line):
            yield part
    yield packer.flush()
