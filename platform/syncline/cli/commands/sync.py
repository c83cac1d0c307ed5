"""``syncline sync``: a fleet-wide operation, and waiting for its end."""

from __future__ import annotations

import uuid
from datetime import timedelta
from typing import Annotated, Any

import typer

from syncline.cli import operations, options, output
from syncline.cli.options import ReasonOption, RevisionOption, TimeoutOption
from syncline.cli.output import Format, OutputOption
from syncline.model.status import HealthStatus, SyncStatus


def sync(
    ctx: typer.Context,
    applications: Annotated[
        list[str] | None,
        typer.Argument(metavar="APP", help="Applications: [project/]name. Or select them."),
    ] = None,
    *,
    selector: Annotated[
        str | None, typer.Option("--selector", "-l", help="Applications by their labels.")
    ] = None,
    cluster_selector: Annotated[
        str | None, typer.Option("--cluster-selector", help="Only on clusters with these labels.")
    ] = None,
    with_sync: Annotated[
        SyncStatus | None,
        typer.Option("--sync", case_sensitive=False, help="Only targets in this status."),
    ] = None,
    with_health: Annotated[
        HealthStatus | None,
        typer.Option("--health", case_sensitive=False, help="Only targets in this status."),
    ] = None,
    everything: Annotated[bool, typer.Option("--all", help="Every target of the fleet.")] = False,
    revision: RevisionOption = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Change nothing; report.")] = False,
    prune: Annotated[
        bool | None, typer.Option("--prune/--no-prune", help="Default: as the application says.")
    ] = None,
    confirm_prune: Annotated[
        bool, typer.Option("--confirm-prune", help="Accept what the prune guard refused.")
    ] = False,
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
    break_glass: Annotated[
        bool, typer.Option("--break-glass", help="Do not wait for closed sync windows.")
    ] = False,
    concurrency: Annotated[
        int, typer.Option(min=0, help="Targets at once; 0: as many as the fleet allows.")
    ] = 0,
    wait: Annotated[
        bool, typer.Option("--wait", help="Exit 0 only when every target is Synced, else 1.")
    ] = False,
    timeout: TimeoutOption = timedelta(minutes=5),
    reason: ReasonOption,
    output_format: OutputOption = Format.TABLE,
) -> None:
    """Bring targets to what Git declares, now."""
    body = {
        "applications": applications or [],
        "applicationSelector": selector or "",
        "clusterSelector": cluster_selector or "",
        "sync": with_sync and with_sync.value,
        "health": with_health and with_health.value,
        "all": everything,
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
    _refuse_nothing(body)
    server = options.server(ctx)
    started = server.post("/operations", body, headers={"Idempotency-Key": uuid.uuid4().hex})
    if wait:
        operations.finish(server, started["name"], timeout=timeout, output_format=output_format)
        return
    if output_format.is_for_programs:
        output.document(started, output_format)
    else:
        output.line(started["name"])
        output.notice(f"watch it with: syncline operation watch {started['name']}")


def _part(
    kinds: list[str] | None, names: list[str] | None, labels: str | None
) -> dict[str, Any] | None:
    if not (kinds or names or labels):
        return None
    return {"kinds": kinds or [], "names": names or [], "labels": labels or ""}


def _refuse_nothing(body: dict[str, Any]) -> None:
    chosen = ("applications", "applicationSelector", "clusterSelector", "sync", "health", "all")
    if not any(body[each] for each in chosen):
        raise typer.BadParameter("name applications, give a selector, or --all")
    if body["all"] and body["applications"]:
        raise typer.BadParameter("name applications, or say --all, not both")
