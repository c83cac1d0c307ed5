"""``syncline history``: what happened to a target, or to all targets of an application."""

from __future__ import annotations

import json
from typing import Annotated, Any
from urllib.parse import quote

import typer

from syncline.cli import options, output, report, selection
from syncline.cli.listing import SHORT, Cell, commit, field, signed, when
from syncline.cli.options import TargetArgument
from syncline.cli.output import Format, OutputOption
from syncline.cli.text import one_line


def history(
    ctx: typer.Context,
    name: TargetArgument,
    *,
    limit: Annotated[int, typer.Option(min=1, max=500, help="Runs of each target.")] = 10,
    run: Annotated[
        str | None,
        typer.Option(metavar="RUN", help="All of one run of a target, and what it changed."),
    ] = None,
    output_format: OutputOption = Format.TABLE,
) -> None:
    """Show the last runs: revision, outcome, trigger, and who asked why.

    `-o wide` adds what a rollback names a run by, how long it took, and the commit's author and
    message; `-o yaml` has the changed objects, too.
    """
    server = options.server(ctx)
    if run is not None:
        found = server.get(f"{selection.path(name)}/history/{quote(run, safe='')}")
        _show_run(found, output_format)
        return
    items = [
        {"target": target, **entry}
        for target in selection.targets(server, name)
        for entry in server.get(selection.path(target) + "/history", {"limit": limit})["items"]
    ]
    if output_format.is_for_programs:
        output.document({"items": items}, output_format)
        return
    columns = _COLUMNS | (_WIDE if output_format is Format.WIDE else {}) | _LAST
    output.table(tuple(columns), [[cell(item) for cell in columns.values()] for item in items])


def _show_run(found: dict[str, Any], output_format: Format) -> None:
    if output_format.is_for_programs:
        output.document(found, output_format)
        return
    differences = found.pop("differences")
    report.show(found)
    if differences is None:
        output.notice("how its manifests differ from those before is not kept, or they do not")
    for each in differences or ():
        output.line(f"{each['action']} {each['subject']}")
        for one in each["fields"]:
            output.line(f"  {one['path']}: {_value(one['before'])} → {_value(one['after'])}")
        if each["cut"]:
            output.line("  …")


def _value(value: object) -> str:
    return "absent" if value is None else json.dumps(value, ensure_ascii=False)


def _at(beside: dict[str, Any]) -> str:
    """Where another source was."""
    return f"{beside['repository']}@{beside['revision'][:SHORT]}"


_COLUMNS: dict[str, Cell] = {
    "target": field("target"),
    "finished": when("finishedAt"),
    "outcome": field("outcome"),
    "reason": field("reason"),
    "revision": commit("revision"),
    "changed": field("changed"),
    "trigger": field("trigger"),
    "actor": field("actor"),
}
_WIDE: dict[str, Cell] = {
    "run": field("run"),
    "seconds": field("seconds"),
    "others": lambda item: ", ".join(map(_at, item.get("beside", ()))),
    "rendered": commit("rendered"),
    "author": lambda item: one_line((item["commit"] or {}).get("author", "")),
    "commit": lambda item: one_line((item["commit"] or {}).get("message", "")),
    "signed": lambda item: signed((item["commit"] or {}).get("signatures", ())),
}
_LAST: dict[str, Cell] = {"why": lambda item: one_line(item["why"])}
