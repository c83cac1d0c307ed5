"""The batch API of Git LFS: a question by POST, and where each object is in its answer."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Final

from pydantic import ValidationError

from syncline.errors import RepositoryUnreachable
from syncline.model.values import Stored
from syncline_workers.archives.asking import Asker, Question, refused
from syncline_workers.archives.lfsserver import Action, Server
from syncline_workers.git.large import Pointer

TOGETHER: Final = 100
"""Objects of one question; servers take at least so many."""

_TYPE: Final = "application/vnd.git-lfs+json"
_MOST: Final = 2_000_000  # bytes of an answer
_OK: Final = 200


class Refusal(Stored):
    """Why an object is not given out."""

    code: int = 0
    message: str = ""


class Found(Stored):
    """One object as the server knows it."""

    oid: str
    actions: Mapping[str, Action] = {}
    error: Refusal | None = None


class _Batch(Stored):
    transfer: str = "basic"
    objects: tuple[Found, ...] = ()


def ask(asker: Asker, server: Server, pointers: Sequence[Pointer]) -> dict[str, Found]:
    """Ask where objects are, at most ``TOGETHER`` of them; gives what is known of each by its id.

    Raises:
        RepositoryUnreachable, CredentialRefused, NotFound: it did not answer as it should.
    """
    access, endpoint = server.access, server.endpoint
    wanted = [{"oid": one.oid, "size": one.size} for one in pointers]
    body = {"operation": "download", "transfers": ["basic"], "objects": wanted}
    question = Question(
        url=f"{endpoint.href.rstrip('/')}/objects/batch",
        method="POST",
        headers={**endpoint.headers, "Accept": _TYPE, "Content-Type": _TYPE},
        body=json.dumps(body).encode(),
        authorization=server.authorization,
        most=_MOST,
    )
    answer = asker.ask(access, question)
    if answer.status != _OK:
        raise refused(access, answer)
    try:
        batch = _Batch.model_validate_json(answer.body)
    except ValidationError as exc:
        raise RepositoryUnreachable(
            access.about, f"{question.url} is no Git LFS server: it answered something else"
        ) from exc
    if batch.transfer != "basic":
        raise RepositoryUnreachable(
            access.about, f"{question.url} insists on the transfer {batch.transfer[:50]!r}"
        )
    return {found.oid: found for found in batch.objects}
