"""Questions about one target (render, diff) and their answers, sealed and kept for minutes.

Answers are bounded, each and in their sum: the oldest make room, and their questions go with them.
"""

from __future__ import annotations

import secrets
from datetime import timedelta

from syncline.contract.reports import PreviewReport, PreviewRequest
from syncline.errors import CredentialRefused, LimitExceeded
from syncline.model import plan
from syncline.model.names import Uid
from syncline.model.seal import PlatformKey
from syncline.store import keys
from syncline.store.connection import LONGEST_BLOCK, Store

TTL = 300  # seconds

LARGEST = 16_000_000
"""Bytes of one answer before it is sealed; who asked for more is told so instead."""

TOTAL = plan.PREVIEWS
"""Bytes of all sealed answers."""


def ask(store: Store, request: PreviewRequest) -> Uid:
    """Keep a question for 300 s; who asks also publishes the PREVIEW task."""
    uid = Uid(secrets.token_hex(8))
    store.redis.set(keys.PREVIEW(uid), request.model_dump_json(), ex=TTL)
    return uid


def get(store: Store, uid: Uid) -> PreviewRequest | None:
    """Return the question, None where it has expired."""
    text = store.redis.get(keys.PREVIEW(uid))
    return PreviewRequest.model_validate_json(text) if text else None


def answer(store: Store, report: PreviewReport) -> None:
    """Keep the answer for 300 s, sealed with the platform key, and wake who waits for it.

    Raises:
        CredentialRefused: there is no platform key.
    """
    sealed = _key(store).seal(_bounded(report), purpose=_purpose(report.preview))
    store.scripts.call(store.binary, "answered", (report.preview, sealed, TOTAL, TTL))


def result(store: Store, uid: Uid, *, wait: timedelta | None = None) -> PreviewReport | None:
    """Return the answer, waiting for it at most 5 s a call; None where there is none yet."""
    sealed = store.binary.get(keys.PREVIEW_ANSWER(uid))
    if sealed is None and wait is not None:
        seconds = min(max(wait.total_seconds(), 0.01), LONGEST_BLOCK)
        # Rung again for whoever else waits.
        bell = keys.PREVIEW_BELL(uid)
        store.redis.blmove(bell, bell, seconds)
        sealed = store.binary.get(keys.PREVIEW_ANSWER(uid))
    if sealed is None:
        return None
    return PreviewReport.model_validate_json(_key(store).open(sealed, purpose=_purpose(uid)))


def _bounded(report: PreviewReport) -> bytes:
    """Write the answer; what is too large becomes an answer that says so."""
    text = report.model_dump_json().encode()
    if len(text) <= LARGEST:
        return text
    refused = LimitExceeded(
        f"preview/{report.preview}",
        f"the answer has {len(text) / 1e6:.1f} MB, at most {LARGEST / 1e6:.0f} MB are kept: "
        "`syncline sync --dry-run` names what would change",
    )
    told = PreviewReport(preview=report.preview, error=f"{refused.reason}: {refused}")
    return told.model_dump_json().encode()


def _purpose(uid: str) -> str:
    return f"preview:{uid}"


def _key(store: Store) -> PlatformKey:
    if store.key is None:
        raise CredentialRefused("preview", "cannot be kept: no platform key is set")
    return store.key
