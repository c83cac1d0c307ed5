"""``syncline doctor``: is everything that a sync needs in place, and what will a fleet need."""

from __future__ import annotations

import math
from datetime import timedelta
from typing import Annotated

import typer

from syncline.cli import options, output
from syncline.cli.exits import Exit
from syncline.cli.output import Format, OutputOption
from syncline.cli.text import one_line, plain
from syncline.model import plan
from syncline.model.plan import Fleet, Need

_MOST_APPLICATIONS = 50
"""Where none is said: so many on each cluster, as fleets tend to have."""


def doctor(  # noqa: PLR0917 - typer's options, not a call
    ctx: typer.Context,
    targets: Annotated[
        int | None,
        typer.Option("--plan", min=1, help="Say instead what so many targets will need."),
    ] = None,
    clusters: Annotated[
        int | None, typer.Option(min=1, help="With --plan: clusters. Default: targets / 50.")
    ] = None,
    objects: Annotated[int, typer.Option(min=0, help="With --plan: objects of a target.")] = 4,
    history: Annotated[int, typer.Option(min=1, help="With --plan: runs kept of a target.")] = 10,
    within: Annotated[
        int, typer.Option(min=1, help="With --plan: seconds that a commit to all may take.")
    ] = 600,
    concurrency: Annotated[
        int, typer.Option(min=1, help="With --plan: runs at once in a worker.")
    ] = 4,
    output_format: OutputOption = Format.TABLE,
) -> None:
    """Check server, store, schedulers, workers, queues and clusters; exit 1 if one failed."""
    if targets is not None:
        on = clusters or max(1, targets // _MOST_APPLICATIONS)
        fleet = Fleet(
            targets=targets,
            clusters=on,
            applications=math.ceil(targets / on),
            objects=objects,
            history=history,
            within=timedelta(seconds=within),
            concurrency=concurrency,
        )
        _plan(fleet, output_format)
        return
    checks = options.server(ctx).get("/doctor")["checks"]
    if output_format.is_for_programs:
        output.document({"checks": checks}, output_format)
    else:
        output.table(("check", "", "found", "next step"), [_row(check) for check in checks])
    if not all(check["ok"] for check in checks):
        raise typer.Exit(Exit.DIFFERS)


def _plan(fleet: Fleet, output_format: Format) -> None:
    """Say it without asking any server: nothing needs to run yet."""
    needs = plan.needs(fleet)
    if output_format.is_for_programs:
        told = {"fleet": fleet.model_dump(mode="json"), "needs": [n.model_dump() for n in needs]}
        output.document(told, output_format)
        return
    output.line(
        f"{fleet.targets:,} targets: {fleet.applications:,} applications on "
        f"{fleet.clusters:,} clusters"
    )
    output.table(("what", "needs", "", "why"), [_need(each) for each in needs])


def _need(need: Need) -> tuple[object, ...]:
    shown = f"{need.amount:,.0f}" if need.amount >= 10 else f"{need.amount:,.1f}"  # noqa: PLR2004
    return (need.what, shown, need.unit, need.why)


def _row(check: dict[str, object]) -> tuple[object, ...]:
    verdict = plain("ok", "green") if check["ok"] else plain("FAILED", "red")
    return (check["name"], verdict, one_line(str(check["found"])), one_line(str(check["next"])))
