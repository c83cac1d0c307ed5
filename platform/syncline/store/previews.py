"""Questions about one target (render, diff) and their answers, sealed and kept for minutes."""

from __future__ import annotations

from datetime import timedelta

from syncline.contract.reports import PreviewReport, PreviewRequest
from syncline.model.names import Uid
from syncline.store.connection import Store


def ask(store: Store, request: PreviewRequest) -> Uid:
    """Keep a question for 300 s; who asks also publishes the PREVIEW task."""
    raise NotImplementedError


def get(store: Store, uid: Uid) -> PreviewRequest | None:
    """Return the question, None where it has expired."""
    raise NotImplementedError


def answer(store: Store, report: PreviewReport) -> None:
    """Keep the answer for 300 s, sealed with the platform key, and wake who waits for it."""
    raise NotImplementedError


def result(store: Store, uid: Uid, *, wait: timedelta | None = None) -> PreviewReport | None:
    """Return the answer, waiting for it at most 5 s a call; None where there is none yet."""
    raise NotImplementedError
