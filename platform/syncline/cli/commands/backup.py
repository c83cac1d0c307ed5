"""``syncline backup`` and ``syncline restore``: what only Redis holds, kept elsewhere."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any

import typer

from syncline.cli import archive, options, output

_LINES, _BYTES = 500, 4_000_000
"""Of one request, about; a single line may be larger."""

FileArgument = Annotated[Path, typer.Argument(metavar="FILE", help="JSON lines, gzip.")]


def backup(ctx: typer.Context, file: FileArgument) -> None:
    """Write what only Redis holds into a file (mode 0600), while all goes on.

    Documents, sealed kubeconfigs, hashes of tokens, state and history of targets, the audit trail.
    The platform key is not in it, and is needed to restore it.
    """
    counts = archive.write(file, options.server(ctx).download("/backup"))
    output.line(f"{file}: {_told(counts)}")


def restore(
    ctx: typer.Context,
    file: FileArgument,
    *,
    merge: Annotated[
        bool,
        typer.Option("--merge", help="Add what is missing to a store that is not empty."),
    ] = False,
) -> None:
    """Put a backup back into an empty store; the same platform key must be in use.

    What the store has stays as it is. Then each target runs once, and applies what differs.
    """
    archive.check(file)
    server, lines = options.server(ctx), archive.lines(file)
    ident = server.post("/restore", {"header": next(lines), "merge": merge})["restore"]
    counts: Counter[str] = Counter()
    for chunk in _chunks(lines):
        asked = {"restore": ident, "lines": chunk}
        counts.update(server.post("/restore/lines", asked)["counts"])
    server.post("/restore/end", {"restore": ident})
    output.line(f"restored {_told(counts)}")


def _chunks(lines: Iterator[dict[str, Any]]) -> Iterator[list[dict[str, Any]]]:
    chunk: list[dict[str, Any]] = []
    size = 0
    for line in lines:
        if line.get("kind") == "end":
            continue
        chunk.append(line)
        size += len(json.dumps(line))
        if len(chunk) >= _LINES or size >= _BYTES:
            yield chunk
            chunk, size = [], 0
    if chunk:
        yield chunk


def _told(counts: Counter[str]) -> str:
    shown = {kind: count for kind, count in counts.items() if kind not in ("header", "end")}
    return ", ".join(f"{count} {kind}" for kind, count in shown.items()) or "nothing"
