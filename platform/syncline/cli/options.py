"""Options and arguments that several commands share, with the words that their help uses."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from typing import Annotated

import typer

from syncline.cli.exits import CommandFailed, Exit
from syncline.cli.server import Address, Server
from syncline.model.status import HealthStatus, SyncStatus
from syncline.model.values import parse_duration


def duration(text: str) -> timedelta:
    """Read a length of time for Typer."""
    try:
        found = parse_duration(text)
    except ValueError as exc:
        raise typer.BadParameter(str(exc)) from exc
    if not isinstance(found, timedelta):
        raise typer.BadParameter(f"{text!r} is no duration: write for example 30s or 5m")
    return found


ApplicationsArgument = Annotated[
    list[str] | None,
    typer.Argument(metavar="APP", help="Applications: [project/]name. Or select them."),
]
SelectorOption = Annotated[
    str | None, typer.Option("--selector", "-l", help="Applications by their labels.")
]
ClusterSelectorOption = Annotated[
    str | None, typer.Option("--cluster-selector", help="Only on clusters with these labels.")
]
WithSyncOption = Annotated[
    SyncStatus | None,
    typer.Option("--sync", case_sensitive=False, help="Only targets in this status."),
]
WithHealthOption = Annotated[
    HealthStatus | None,
    typer.Option("--health", case_sensitive=False, help="Only targets in this status."),
]
AllOption = Annotated[bool, typer.Option("--all", help="Every target of the fleet.")]
ReasonOption = Annotated[
    str,
    typer.Option("--reason", help="Why: kept in the audit trail. At least 3 characters."),
]
OptionalReason = Annotated[
    str, typer.Option("--reason", help="Why: kept in the audit trail.", show_default=False)
]
TimeoutOption = Annotated[
    timedelta,
    typer.Option(
        "--timeout",
        parser=duration,
        metavar="DURATION",
        show_default=False,
        help="With --wait: 30s, 5m, 1h30m. Default: 5m.",
    ),
]
WaitOption = Annotated[
    bool, typer.Option("--wait", help="Exit 0 only when every target is Synced, else 1.")
]
ConcurrencyOption = Annotated[
    int,
    typer.Option("--concurrency", min=0, help="Targets at once; 0: as many as the fleet allows."),
]
BreakGlassOption = Annotated[
    bool,
    typer.Option(
        "--break-glass", help="Do not wait for closed sync windows, nor for what is depended on."
    ),
]
PruneOption = Annotated[
    bool | None, typer.Option("--prune/--no-prune", help="Default: as the application says.")
]
ConfirmPruneOption = Annotated[
    bool, typer.Option("--confirm-prune", help="Accept what the prune guard refused.")
]
RevisionOption = Annotated[
    str | None,
    typer.Option("--revision", metavar="REV", help="Another branch, tag or commit than declared."),
]
LabelOption = Annotated[
    list[str] | None,
    typer.Option("--label", metavar="K=V", help="What selectors match; may be repeated."),
]
TargetArgument = Annotated[
    str,
    typer.Argument(
        metavar="APP[@CLUSTER]", help="An application, or one of its targets: project/app@cluster."
    ),
]


def server(ctx: typer.Context) -> Server:
    """Open the API that the options before the command name; closed as the command ends.

    Raises:
        CommandFailed: no token was given.
    """
    root = ctx.find_root()
    assert isinstance(root.obj, Address)  # noqa: S101 - `connect` runs before every command
    opened = root.obj.open()
    root.call_on_close(opened.http.close)
    return opened


def labels_of(pairs: Iterable[str]) -> dict[str, str]:
    """Read ``key=value`` pairs.

    Raises:
        CommandFailed: a pair has no equals sign.
    """
    found = {}
    for pair in pairs:
        key, equals, value = pair.partition("=")
        if not equals or not key:
            raise CommandFailed(f"label {pair!r}", "write key=value", Exit.USAGE)
        found[key] = value
    return found
