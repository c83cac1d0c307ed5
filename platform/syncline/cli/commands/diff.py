"""``syncline diff``: what a sync would change, object by object."""

from __future__ import annotations

from typing import Any

import typer
from rich.text import Text

from syncline.cli import options, output, previews, selection
from syncline.cli.exits import Exit
from syncline.cli.options import RevisionOption, TargetArgument
from syncline.cli.output import Format, OutputOption
from syncline.cli.text import plain

_STYLES = {"+": "green", "-": "red", "@": "cyan"}


def diff(
    ctx: typer.Context,
    name: TargetArgument,
    *,
    revision: RevisionOption = None,
    output_format: OutputOption = Format.TABLE,
) -> None:
    """Show what would change. Exit 0: nothing; 1: something; 2 and above: an error."""
    server = options.server(ctx)
    wanted = selection.targets(server, name)
    answers = list(previews.ask(server, wanted, verb="diff", revision=revision))
    if output_format.is_for_programs:
        output.document({"items": answers}, output_format)
    else:
        for answer in answers:
            _show(answer)
    if any(answer["differences"] for answer in answers):
        raise typer.Exit(Exit.DIFFERS)


def _show(answer: dict[str, Any]) -> None:
    for difference in answer["differences"]:
        output.line(
            plain(f"{answer['target']}: {difference['subject']} {difference['action']}", "bold")
        )
        for text in difference["unified"].splitlines():
            output.line(_coloured(text))


def _coloured(text: str) -> Text:
    return plain(text, _STYLES.get(text[:1], ""))
