"""What an API server's refusal means: which error it becomes, and what to do about it.

The message is the API server's own, cut, with a Secret's values taken out of it; the object's
body is never part of it.
"""

from __future__ import annotations

import re
from base64 import b64decode
from collections.abc import Iterator
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

import orjson

from syncline.errors import (
    ApplyRejected,
    ClusterBusy,
    ClusterUnreachable,
    CredentialRefused,
    FieldImmutable,
    NotReady,
    SynclineError,
)
from syncline.model.change import ObjectRef
from syncline.model.values import Manifest
from syncline_workers.change import conflicts, mask
from syncline_workers.cluster.answer import Answer

MAX_MESSAGE = 1000
"""Characters of an API server's message that are kept; webhooks can return whole pages."""

_SCHEMA = re.compile(r"failed to (create typed|convert new|create manager)|unable to convert")
_IMMUTABLE = re.compile(
    r"immutable|may not change once set|cannot change roleRef|updates to \S+ are forbidden"
    r"|updates to \w+ spec for fields other|updates may not change fields other"
    r"|may not be changed in an update"
)
_QUOTA = re.compile(r"exceeded quota")
_HOLDER = re.compile(r'conflict with "((?:[^"\\]|\\.)*)"')
_MIN_SECRET = 3  # characters; masking shorter values would garble the message and hide nothing


@dataclass(frozen=True, slots=True)
class Status:
    """The API server's own words (meta/v1 Status)."""

    code: int
    reason: str
    message: str
    details: dict[str, Any]


def status_of(answer: Answer) -> Status:
    """Read a refusal; what is no Status (a proxy's page) is quoted by its first line."""
    try:
        body = orjson.loads(answer.body)
    except orjson.JSONDecodeError:
        body = None
    if not isinstance(body, dict):
        first = answer.body[:200].decode(errors="replace").strip().partition("\n")[0]
        return Status(answer.status, "", first, {})
    details = body.get("details")
    return Status(
        answer.status,
        str(body.get("reason") or ""),
        str(body.get("message") or ""),
        details if isinstance(details, dict) else {},
    )


def object_of(
    answer: Answer, *, cluster: str, ref: ObjectRef | None = None, manifest: Manifest | None = None
) -> dict[str, Any]:
    """The object in a good answer; any other becomes its error, as ``refusal`` says.

    Raises:
        SynclineError: a refusal, or what no API server would answer.
    """
    if answer.status >= HTTPStatus.BAD_REQUEST:
        raise refusal(answer, cluster=cluster, ref=ref, manifest=manifest)
    try:
        found = orjson.loads(answer.body)
    except orjson.JSONDecodeError:
        found = None
    if answer.status >= HTTPStatus.MULTIPLE_CHOICES or not isinstance(found, dict):
        raise _stranger(cluster, answer.status, "no object")
    return found


def refusal(
    answer: Answer, *, cluster: str, ref: ObjectRef | None = None, manifest: Manifest | None = None
) -> SynclineError:
    """The error that a status of 400 and above becomes.

    Args:
        answer: from the API server.
        cluster: whom to blame where it is not the object: ``cluster prod-eu``.
        ref: the object that was asked for.
        manifest: what was sent, so that its secrets can be taken out of the message.
    """
    status = status_of(answer)
    message = _clean(status.message, manifest)
    subject = ref.key.short if ref else cluster
    if status.code == HTTPStatus.UNAUTHORIZED:
        return CredentialRefused(
            cluster,
            "the API server does not accept the credential (401 Unauthorized): has its token "
            "expired? Renew what the cluster's spec.kubeconfig refers to",
        )
    if _is_busy(status):
        wait = answer.headers.get("retry-after")
        asks = f" and asks to wait {wait} s" if wait else ""
        return ClusterBusy(subject, f"the API server answers {status.code}{asks}: {message}")
    if ref is None:
        return _of_cluster(status, message, cluster)
    if status.code == HTTPStatus.CONFLICT:
        return _conflict(status, message, subject, manifest)
    if status.code == HTTPStatus.FORBIDDEN:
        return _forbidden(message, subject)
    return _rejected(status, message, ref)


def _rejected(status: Status, message: str, ref: ObjectRef) -> ApplyRejected:
    if fixed := _immutable(status):
        advice = "Delete the live object so that it is made anew, or give it another name"
        return FieldImmutable(ref.key.short, f"{message}. {advice}", fixed)
    return ApplyRejected(ref.key.short, message + _advice(status, ref))


def _of_cluster(status: Status, message: str, cluster: str) -> SynclineError:
    """What was refused is no object of ours: the credential or the address is wrong."""
    if status.code == HTTPStatus.FORBIDDEN:
        return CredentialRefused(cluster, f"{message}. Grant it to the cluster's credential")
    return _stranger(cluster, status.code, message)


def _stranger(cluster: str, code: int, what: str) -> ClusterUnreachable:
    return ClusterUnreachable(
        cluster,
        f"what answers there is no API server ({code}, {what}): is the kubeconfig's server right?",
    )


def _is_busy(status: Status) -> bool:
    """429, or 5xx; but what the schema does not allow is answered with 500, too."""
    if status.code >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return not _SCHEMA.search(status.message)
    return status.code == HTTPStatus.TOO_MANY_REQUESTS


def _forbidden(message: str, subject: str) -> SynclineError:
    if "is being terminated" in message:
        return NotReady(subject, f"{message}. It is tried again until the namespace is gone")
    if _QUOTA.search(message):
        return NotReady(subject, f"{message}. It is tried again until the quota allows it")
    return ApplyRejected(
        subject, f"{message}. Grant it to the cluster's credential, or look at admission policies"
    )


def _conflict(
    status: Status, message: str, subject: str, manifest: Manifest | None
) -> SynclineError:
    if held := _held(status):
        return conflicts.refused(subject, held)
    meta = (manifest or {}).get("metadata") or {}
    if found := [field for field in ("resourceVersion", "uid") if meta.get(field)]:
        return ApplyRejected(subject, f"{message}. Take {', '.join(found)} out of the manifest")
    return ClusterBusy(subject, f"it changed meanwhile: {message}")


def _held(status: Status) -> conflicts.Held:
    """Fields that others hold, each with its manager."""
    return tuple(
        (str(cause.get("field")), _manager(str(cause.get("message"))))
        for cause in status.details.get("causes") or ()
        if cause.get("reason") == "FieldManagerConflict"
    )


def _manager(message: str) -> str:
    """``conflict with "helm" using apps/v1`` → ``helm``."""
    found = _HOLDER.match(message)
    return found[1] if found else message


def _immutable(status: Status) -> tuple[str, ...]:
    """The fields that cannot be changed, where that is all that is wrong."""
    causes = status.details.get("causes") or ()
    if status.code != HTTPStatus.UNPROCESSABLE_ENTITY or not causes:
        return ()
    if not all(_IMMUTABLE.search(str(cause.get("message"))) for cause in causes):
        return ()
    return tuple(dict.fromkeys(str(cause.get("field")) for cause in causes))


def _advice(status: Status, ref: ObjectRef) -> str:
    if status.code == HTTPStatus.NOT_FOUND and status.details.get("kind") == "namespaces":
        return (
            f": create the namespace {ref.namespace}, or set destination.namespace to it and "
            "destination.createNamespace to true"
        )
    if status.code == HTTPStatus.NOT_FOUND:
        return f": does the cluster serve {ref.api_version} {ref.kind}?"
    if status.code == HTTPStatus.REQUEST_ENTITY_TOO_LARGE:
        return ". Split the object"
    return ""


def _clean(message: str, manifest: Manifest | None) -> str:
    if manifest is not None and mask.is_secret(manifest):
        found = {*_texts(manifest.get("data")), *_texts(manifest.get("stringData"))}
        for secret in sorted(found, key=len, reverse=True):
            message = message.replace(secret, mask.HIDDEN)
    return message if len(message) <= MAX_MESSAGE else f"{message[:MAX_MESSAGE]}…"


def _texts(value: Any) -> Iterator[str]:
    """Every text in there that is long enough to be a secret, as written and decoded."""
    if isinstance(value, dict):
        for inner in value.values():
            yield from _texts(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _texts(inner)
    elif len(text := str(value)) >= _MIN_SECRET:
        yield text
        yield from _decoded(text)


def _decoded(text: str) -> Iterator[str]:
    try:
        decoded = b64decode(text, validate=True).decode()
    except ValueError:
        return
    if len(decoded) >= _MIN_SECRET:
        yield decoded
