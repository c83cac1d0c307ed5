"""``syncline apply``: documents in, each reported created, configured or unchanged."""

from __future__ import annotations

from typing import Annotated

import typer

from syncline.cli import options, output
from syncline.cli.files import read
from syncline.cli.options import OptionalReason
from syncline.cli.output import Format, OutputOption


def apply(
    ctx: typer.Context,
    *,
    files: Annotated[
        list[str],
        typer.Option(
            "--filename", "-f", metavar="FILE|DIR", help="Documents; - is standard input."
        ),
    ],
    reason: OptionalReason = "syncline apply",
    output_format: OutputOption = Format.TABLE,
) -> None:
    """Register documents: all of them, or none where one does not fit."""
    texts = dict(read(files))
    answer = options.server(ctx).post("/apply", {"files": texts, "reason": reason})
    if output_format.is_for_programs:
        output.document(answer, output_format)
        return
    for item in answer["items"]:
        output.line(f"{item['kind'].lower()} {item['name']} {item['action']}")
