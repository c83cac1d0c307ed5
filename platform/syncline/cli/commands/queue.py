"""``syncline queue``: what waits in each lane, how long, and when it will be done."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import typer

from syncline.cli import options, output
from syncline.cli.output import Format, OutputOption
from syncline.cli.text import one_line

_UNITS = ((86_400, "d"), (3600, "h"), (60, "m"))
_FEW = 10  # seconds, below which tenths tell something


def queue(ctx: typer.Context, output_format: OutputOption = Format.TABLE) -> None:
    """Show what waits in each lane and project, for how long, and how fast it drains."""
    found = options.server(ctx).get("/queue")
    if output_format.is_for_programs:
        output.document(found, output_format)
        return
    output.table(
        ("lane", "waiting", "parked", "queued", "oldest", "drains", "done in", "slots"),
        [_lane(each) for each in found["lanes"]],
    )
    if rows := [_project(lane, each) for lane in found["lanes"] for each in lane["projects"]]:
        output.line()
        output.table(("lane", "project", "waiting", "parked", "oldest"), rows)
    output.line()
    output.table(
        ("queue", "messages", "slots"),
        [(each["queue"], each["messages"], each["slots"]) for each in found["others"]],
    )


def _lane(lane: Mapping[str, Any]) -> Sequence[object]:
    rate = lane["drainPerSecond"]
    is_empty = not lane["waiting"] + lane["queued"]
    return (
        lane["lane"],
        lane["waiting"],
        lane["parked"],
        lane["queued"],
        "" if is_empty else shown(lane["oldestSeconds"]),
        "" if rate is None else f"{rate:.1f}/s",
        "" if is_empty else shown(lane["predictedDrainSeconds"]),
        lane["slots"],
    )


def _project(lane: Mapping[str, Any], line: Mapping[str, Any]) -> Sequence[object]:
    age = shown(line["oldestSeconds"]) if line["waiting"] else ""
    return (lane["lane"], one_line(line["project"]), line["waiting"], line["parked"], age)


def shown(seconds: float) -> str:
    """Write a length of time as people read it: ``3.2s``, ``2m5s``, ``1h10m``."""
    if seconds < _FEW:
        return f"{seconds:.1f}s"
    left, words = round(seconds), []
    for size, unit in _UNITS:
        if left >= size:
            words.append(f"{left // size}{unit}")
            left %= size
    if left:
        words.append(f"{left}s")
    return "".join(words[:2])
