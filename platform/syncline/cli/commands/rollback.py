"""``syncline rollback``: targets, applications or an operation's selection go back, and stay."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Annotated, Any

import typer

from syncline.cli import operations, options, selection
from syncline.cli.options import (
    AllOption,
    ApplicationsArgument,
    BreakGlassOption,
    ClusterSelectorOption,
    ConcurrencyOption,
    ConfirmPruneOption,
    PruneOption,
    ReasonOption,
    SelectorOption,
    TimeoutOption,
    WaitOption,
    WithHealthOption,
    WithSyncOption,
)
from syncline.cli.output import Format, OutputOption
from syncline.model.past import PREVIOUS

app = typer.Typer(
    help="Return targets to a past state of theirs, and keep them there until `unpin`.",
    no_args_is_help=True,
)

ToOption = Annotated[
    str,
    typer.Option(
        "--to",
        metavar="RUN|COMMIT",
        help="A run's number (`history -o wide`), or 7 or more digits of a commit.",
    ),
]
UntilOption = Annotated[
    bool,
    typer.Option("--until-newer-commit", help="Stay only until a newer commit changes the target."),
]


@app.command("target")
def target(
    ctx: typer.Context,
    targets: Annotated[
        list[str], typer.Argument(metavar="APP@CLUSTER", help="[project/]app@cluster.")
    ],
    *,
    to: ToOption = PREVIOUS,
    until_newer_commit: UntilOption = False,
    prune: PruneOption = None,
    confirm_prune: ConfirmPruneOption = False,
    break_glass: BreakGlassOption = False,
    wait: WaitOption = False,
    timeout: TimeoutOption = timedelta(minutes=5),
    reason: ReasonOption,
    output_format: OutputOption = Format.TABLE,
) -> None:
    """Return these targets to their previous state, or to that of a run or a commit."""
    body = {
        "targets": targets,
        "to": to,
        "untilNewerCommit": until_newer_commit,
        "prune": prune,
        "confirmPrune": confirm_prune,
        "breakGlass": break_glass,
        "reason": reason,
    }
    _begin(ctx, body, wait=wait, timeout=timeout, output_format=output_format)


@app.command("application")
def application(
    ctx: typer.Context,
    applications: ApplicationsArgument = None,
    *,
    selector: SelectorOption = None,
    cluster_selector: ClusterSelectorOption = None,
    with_sync: WithSyncOption = None,
    with_health: WithHealthOption = None,
    everything: AllOption = False,
    to: ToOption = PREVIOUS,
    until_newer_commit: UntilOption = False,
    prune: PruneOption = None,
    confirm_prune: ConfirmPruneOption = False,
    break_glass: BreakGlassOption = False,
    concurrency: ConcurrencyOption = 0,
    wait: WaitOption = False,
    timeout: TimeoutOption = timedelta(minutes=5),
    reason: ReasonOption,
    output_format: OutputOption = Format.TABLE,
) -> None:
    """Return each target of applications, or of a selection, to its own past state."""
    body = {
        **selection.of_options(
            applications or [],
            selector=selector,
            cluster_selector=cluster_selector,
            sync=with_sync,
            health=with_health,
            everything=everything,
        ),
        "to": to,
        "untilNewerCommit": until_newer_commit,
        "prune": prune,
        "confirmPrune": confirm_prune,
        "breakGlass": break_glass,
        "concurrency": concurrency,
        "reason": reason,
    }
    _begin(ctx, body, wait=wait, timeout=timeout, output_format=output_format)


@app.command("operation")
def operation(
    ctx: typer.Context,
    ident: Annotated[str, typer.Argument(metavar="ID", help="As `sync` prints it.")],
    *,
    to: ToOption = PREVIOUS,
    until_newer_commit: UntilOption = False,
    prune: PruneOption = None,
    confirm_prune: ConfirmPruneOption = False,
    break_glass: BreakGlassOption = False,
    concurrency: ConcurrencyOption = 0,
    wait: WaitOption = False,
    timeout: TimeoutOption = timedelta(minutes=5),
    reason: ReasonOption,
    output_format: OutputOption = Format.TABLE,
) -> None:
    """Return all targets of an operation to their states before its runs."""
    body = {
        "operation": ident,
        "to": to,
        "untilNewerCommit": until_newer_commit,
        "prune": prune,
        "confirmPrune": confirm_prune,
        "breakGlass": break_glass,
        "concurrency": concurrency,
        "reason": reason,
    }
    _begin(ctx, body, wait=wait, timeout=timeout, output_format=output_format)


def _begin(
    ctx: typer.Context,
    body: Mapping[str, Any],
    *,
    wait: bool,
    timeout: timedelta,
    output_format: Format,
) -> None:
    operations.begin(
        options.server(ctx),
        "/operations/rollback",
        dict(body),
        wait=wait,
        timeout=timeout,
        output_format=output_format,
    )
