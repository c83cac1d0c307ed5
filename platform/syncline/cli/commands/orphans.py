"""``syncline orphans``: what is in an application's namespaces, and nobody declares."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import typer

from syncline.cli import options, output, previews, selection
from syncline.cli.exits import Exit
from syncline.cli.options import RevisionOption, TargetArgument
from syncline.cli.output import Format, OutputOption
from syncline.cli.text import one_line, time_of

_HEADINGS = ("target", "object", "since", "written by", "marked")


def orphans(
    ctx: typer.Context,
    name: TargetArgument,
    revision: RevisionOption = None,
    *,
    output_format: OutputOption = Format.TABLE,
) -> None:
    """List objects in its namespaces that no application declares. Exit 1: there are some."""
    server = options.server(ctx)
    wanted = selection.targets(server, name)
    found = list(previews.ask(server, wanted, verb="orphans", revision=revision))
    if output_format.is_for_programs:
        output.document({"items": [_item(each) for each in found]}, output_format)
    else:
        output.table(_HEADINGS, _rows(found))
    for each in found:
        if each["unseen"]:
            output.notice(f"{each['target']}: not looked at: {one_line(', '.join(each['unseen']))}")
    if any(each["orphans"] for each in found):
        raise typer.Exit(Exit.DIFFERS)


def _item(found: Mapping[str, Any]) -> dict[str, Any]:
    return {key: found[key] for key in ("target", "revision", "orphans", "unseen")}


def _rows(found: Iterable[Mapping[str, Any]]) -> Iterator[tuple[object, ...]]:
    for each in found:
        for orphan in each["orphans"]:
            wrote = one_line(", ".join(orphan["managers"]))
            since = time_of(orphan["created"])
            yield each["target"], orphan["subject"], since, wrote, orphan["marked"]
