"""Asking a worker about several targets at once (render, diff, orphans), in order of names."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from math import ceil
from typing import Any, Literal, TypeAlias
from urllib.parse import quote

from syncline.cli.exits import CommandFailed, Exit
from syncline.cli.server import Server

Verb: TypeAlias = Literal["render", "diff", "orphans"]

_AT_ONCE = 8
_WAIT = 20
"""Seconds that the server holds one question for an answer."""
_PATIENCE = 180.0
"""Seconds until we give up: longer than a large chart on a busy worker takes."""
UNANSWERED = "no worker answered in time: `syncline doctor` tells whether one runs"


def ask(
    server: Server,
    targets: Sequence[str],
    *,
    verb: Verb,
    revision: str | None,
) -> Iterator[dict[str, Any]]:
    """Yield one finished preview for each target.

    Raises:
        CommandFailed: a worker refused one, or none answered in time.
    """
    for answer in each(server, targets, verb=verb, revision=revision):
        if answer["state"] == "Failed":
            raise CommandFailed(answer["target"], answer["error"])
        if answer["state"] == "Pending":
            raise CommandFailed(answer["target"], UNANSWERED, Exit.TIMED_OUT)
        yield answer


def each(
    server: Server,
    targets: Sequence[str],
    *,
    verb: Verb,
    revision: str | None,
    patience: float = _PATIENCE,
) -> Iterator[dict[str, Any]]:
    """Yield what came of each target: Done, Failed, or Pending where time was up."""
    deadline = time.monotonic() + patience

    def one(target: str) -> dict[str, Any]:
        body = {"target": target, "verb": verb, "revision": revision}
        return {"target": target, **_await(server, server.post("/previews", body)["id"], deadline)}

    with ThreadPoolExecutor(_AT_ONCE) as pool:
        yield from pool.map(one, targets)


def check(server: Server, repository: str, *, patience: float = _PATIENCE) -> list[dict[str, Any]]:
    """Have a worker reach a repository; gives the steps.

    Raises:
        CommandFailed: none answered in time, or the repository is gone.
    """
    name = f"repository {repository}"
    uid = server.post(f"/repositories/{quote(repository, safe='')}/check", {})["id"]
    answer = _await(server, uid, time.monotonic() + patience)
    if answer["state"] == "Failed":
        raise CommandFailed(name, answer["error"])
    if answer["state"] == "Pending":
        raise CommandFailed(name, UNANSWERED, Exit.TIMED_OUT)
    steps: list[dict[str, Any]] = answer["steps"]
    return steps


def _await(server: Server, preview: str, deadline: float) -> dict[str, Any]:
    answer: dict[str, Any] = {"state": "Pending"}
    while answer["state"] == "Pending" and (left := deadline - time.monotonic()) > 0:
        answer = server.get(f"/previews/{preview}", {"wait": ceil(min(left, _WAIT))})
    return answer
