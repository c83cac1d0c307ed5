"""``syncline sync``: a fleet-wide operation, and waiting for its end."""

from __future__ import annotations

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
    RevisionOption,
    SelectorOption,
    TimeoutOption,
    WaitOption,
    WithHealthOption,
    WithSyncOption,
)
from syncline.cli.output import Format, OutputOption


def sync(
    ctx: typer.Context,
    applications: ApplicationsArgument = None,
    *,
    selector: SelectorOption = None,
    cluster_selector: ClusterSelectorOption = None,
    with_sync: WithSyncOption = None,
    with_health: WithHealthOption = None,
    everything: AllOption = False,
    revision: RevisionOption = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Change nothing; report.")] = False,
    prune: PruneOption = None,
    confirm_prune: ConfirmPruneOption = False,
    full: Annotated[
        bool, typer.Option("--full", help="Apply unchanged objects again, too.")
    ] = False,
    changed_only: Annotated[
        bool, typer.Option("--changed-only", help="Apply what is out of sync, and nothing else.")
    ] = False,
    kinds: Annotated[
        list[str] | None, typer.Option("--kind", help="Only objects of this kind: [group/]Kind.")
    ] = None,
    names: Annotated[
        list[str] | None,
        typer.Option("--object", help="Only objects of this name: [namespace/]name, * for any."),
    ] = None,
    labels: Annotated[
        str | None, typer.Option("--object-selector", help="Only objects with these labels.")
    ] = None,
    break_glass: BreakGlassOption = False,
    concurrency: ConcurrencyOption = 0,
    wait: WaitOption = False,
    timeout: TimeoutOption = timedelta(minutes=5),
    reason: ReasonOption,
    output_format: OutputOption = Format.TABLE,
) -> None:
    """Bring targets to what Git declares, now."""
    body = {
        **selection.of_options(
            applications or [],
            selector=selector,
            cluster_selector=cluster_selector,
            sync=with_sync,
            health=with_health,
            everything=everything,
        ),
        "revision": revision,
        "dryRun": dry_run,
        "prune": prune,
        "confirmPrune": confirm_prune,
        "full": full,
        "changedOnly": changed_only,
        "only": _part(kinds, names, labels),
        "breakGlass": break_glass,
        "concurrency": concurrency,
        "reason": reason,
    }
    operations.begin(
        options.server(ctx),
        "/operations",
        body,
        wait=wait,
        timeout=timeout,
        output_format=output_format,
    )


def _part(
    kinds: list[str] | None, names: list[str] | None, labels: str | None
) -> dict[str, Any] | None:
    if not (kinds or names or labels):
        return None
    return {"kinds": kinds or [], "names": names or [], "labels": labels or ""}
