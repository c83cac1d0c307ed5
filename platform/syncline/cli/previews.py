"""Asking a worker to render or compare targets, several at once, in the order of the names."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Literal

from syncline.cli.exits import CommandFailed, Exit
from syncline.cli.server import Server

_AT_ONCE = 8
_WAIT = 20
"""Seconds that the server holds one question for an answer."""
_PATIENCE = 180.0
"""Seconds until we give up: longer than a large chart on a busy worker takes."""


def ask(
    server: Server,
    targets: Sequence[str],
    *,
    verb: Literal["render", "diff"],
    revision: str | None,
) -> Iterator[dict[str, Any]]:
    """Yield one finished preview for each target.

    Raises:
        CommandFailed: a worker refused one, or none answered in time.
    """

    def one(target: str) -> dict[str, Any]:
        body = {"target": target, "verb": verb, "revision": revision}
        return _await(server, target, server.post("/previews", body)["id"])

    with ThreadPoolExecutor(_AT_ONCE) as pool:
        yield from pool.map(one, targets)


def _await(server: Server, target: str, preview: str) -> dict[str, Any]:
    deadline = time.monotonic() + _PATIENCE
    while time.monotonic() < deadline:
        answer: dict[str, Any] = server.get(f"/previews/{preview}", {"wait": _WAIT})
        if answer["state"] == "Failed":
            raise CommandFailed(target, answer["error"])
        if answer["state"] == "Done":
            return {"target": target, **answer}
    raise CommandFailed(
        target,
        f"no worker answered within {_PATIENCE:.0f} s: `syncline doctor` tells whether one runs",
        Exit.TIMED_OUT,
    )
