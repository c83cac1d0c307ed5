"""Following an operation to its end, with progress for people, and judging how it ended."""

from __future__ import annotations

import sys
import time
import uuid
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from syncline.cli import output
from syncline.cli.exits import CommandFailed, Exit
from syncline.cli.output import Format
from syncline.cli.server import Server
from syncline.cli.text import clean, one_line, plain
from syncline.model.operation import MemberState, OperationState

ENDED = frozenset(OperationState) - {OperationState.PENDING, OperationState.RUNNING}
_SETTLED = frozenset(MemberState) - {MemberState.PENDING, MemberState.RUNNING}
"""States after which nothing more comes."""

_FIRST_LOOK, _LAST_LOOK = 0.1, 1.0
"""Seconds between two looks at an operation: soon at first, then less often."""


def begin(
    server: Server,
    path: str,
    body: dict[str, Any],
    *,
    wait: bool,
    timeout: timedelta,
    output_format: Format,
) -> None:
    """Start an operation; tell its name, or wait for its end where that is asked."""
    started = server.post(path, body, headers={"Idempotency-Key": uuid.uuid4().hex})
    if wait:
        finish(server, started["name"], timeout=timeout, output_format=output_format)
    elif output_format.is_for_programs:
        output.document(started, output_format)
    else:
        output.line(started["name"])
        output.notice(f"watch it with: syncline operation watch {started['name']}")


def finish(server: Server, name: str, *, timeout: timedelta | None, output_format: Format) -> None:
    """Wait, print the outcome, and end with the code that fits it.

    Raises:
        CommandFailed: the time is over, or nothing was selected.
        typer.Exit: a target is not Synced.
    """
    ended = follow(server, name, timeout)
    if ended["state"] not in ENDED:
        raise CommandFailed(
            f"operation {name}",
            f"not finished in time ({_counts(ended) or 'nothing yet'}); it goes on: "
            f"syncline operation watch {name}",
            Exit.TIMED_OUT,
        )
    if output_format.is_for_programs:
        output.document(ended, output_format)
    elif ended["total"]:
        _show(server, ended)
    if not ended["total"]:
        raise CommandFailed(
            f"operation {name}",
            f"{ended['state']}: no target matched its selection: `syncline get targets` lists them",
            Exit.NOT_FOUND,
        )
    if not is_success(ended):
        raise typer.Exit(Exit.DIFFERS)


def is_success(operation: dict[str, Any]) -> bool:
    """Tell whether every target of an operation that has some is Synced."""
    synced = operation["counts"].get("synced", 0)
    return bool(operation["state"] == "Succeeded" and operation["total"] == synced)


def show_targets(server: Server, name: str, *, state: str | None, output_format: Format) -> None:
    """Print what came of each target."""
    items = server.walk(f"/operations/{name}/targets", {"state": state})
    if output_format.is_for_programs:
        output.document({"items": list(items)}, output_format)
        return
    output.table(
        ("target", "state", "changes", "reason", "message"),
        (
            (
                item["name"],
                item["state"],
                len(item["changes"]) or "",
                item["reason"],
                one_line(item["message"]),
            )
            for item in items
        ),
    )


def _show_changes(server: Server, name: str) -> None:
    """Print what a dry run found, target by target; the server keeps the first changes of each."""
    for item in server.walk(f"/operations/{name}/targets"):
        output.line(f"{item['name']}: {item['message']}")
        for change in item["changes"]:
            output.line(f"  {change['action']} {change['object']}")


def follow(server: Server, name: str, timeout: timedelta | None) -> dict[str, Any]:
    """Wait for the end, or until time is up; returns how it is then."""
    latest: dict[str, Any] = {}
    with _bar() as bar:
        task = bar.add_task("", total=None, state="Pending", counts="")
        for latest in _looks(server, name, timeout):
            settled = sum(latest["counts"].get(each, 0) for each in _SETTLED)
            bar.update(
                task,
                total=latest["total"] or None,
                completed=settled,
                state=latest["state"],
                counts=_counts(latest),
            )
    return latest


def _looks(server: Server, name: str, timeout: timedelta | None) -> Iterator[dict[str, Any]]:
    deadline = time.monotonic() + timeout.total_seconds() if timeout else float("inf")
    pause = _FIRST_LOOK
    while True:
        seen = _look(server, name, deadline)
        yield seen
        left = deadline - time.monotonic()
        if seen["state"] in ENDED or left <= 0:
            return
        time.sleep(min(pause, left))
        pause = min(pause * 1.5, _LAST_LOOK)


def _look(server: Server, name: str, deadline: float) -> dict[str, Any]:
    """Look once; while we wait, a server that restarts or fails over is waited for, too."""
    while True:
        try:
            seen: dict[str, Any] = server.get(f"/operations/{name}")
        except CommandFailed as exc:
            if exc.exit is not Exit.UNREACHABLE or time.monotonic() >= deadline:
                raise
            time.sleep(_LAST_LOOK)
        else:
            return seen


def _bar() -> Progress:
    return Progress(
        TextColumn("{task.fields[state]}", markup=False),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TextColumn("{task.fields[counts]}", markup=False),
        console=output.notices(),
        transient=True,
        disable=not sys.stderr.isatty(),
    )


def _counts(operation: dict[str, Any]) -> str:
    found = operation["counts"]
    return clean(", ".join(f"{count} {state}" for state, count in found.items() if count))


def _show(server: Server, ended: dict[str, Any]) -> None:
    state = plain(ended["state"], output.style_of(ended["state"]))
    output.line(plain(f"operation {ended['name']}: ").append(state).append(f": {_counts(ended)}"))
    if not is_success(ended):
        for each in ("failed", "superseded", "cancelled", "skipped"):
            if ended["counts"].get(each):
                show_targets(server, ended["name"], state=each, output_format=Format.TABLE)
    elif ended["spec"]["dryRun"]:
        _show_changes(server, ended["name"])
