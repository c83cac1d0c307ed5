"""``syncline status``: the whole fleet in one look."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import typer

from syncline.cli import options, output
from syncline.cli.output import Format, OutputOption
from syncline.cli.text import plain


def status(ctx: typer.Context, output_format: OutputOption = Format.TABLE) -> None:
    """Show how many targets are in sync, and how they are doing."""
    fleet = options.server(ctx).get("/fleet")
    if output_format.is_for_programs:
        output.document(fleet, output_format)
        return
    output.line(
        f"{fleet['targets']} targets: {fleet['applications']} applications on "
        f"{fleet['clusters']} clusters from {fleet['repositories']} repositories"
    )
    _show_followed(fleet.get("followed"))
    if fleet.get("aside"):
        told = f"{fleet['aside']} targets were set aside: syncline get targets --aside"
        output.line(plain(told, "red"))
    if fleet.get("held"):
        told = f"{fleet['held']} targets wait for a sync window or for what they depend on"
        output.line(plain(f"{told}: syncline get targets --held", "yellow"))
    if fleet.get("pinned"):
        told = f"{fleet['pinned']} targets are rolled back: syncline get targets --pinned -o wide"
        output.line(plain(told, "yellow"))
    output.table(
        ("", "status", "targets"),
        [
            (heading, plain(word, output.style_of(word)), count)
            for heading in ("sync", "health")
            for word, count in fleet[heading].items()
        ],
    )


def _show_followed(found: Mapping[str, Any] | None) -> None:
    if not found:
        return
    commit = found["commit"][:12] or "nothing yet"
    word = "refused" if found["error"] else "adopted"
    output.line(
        f"fleet repository {found['url']}, {found['path']} of {found['revision']}: {word} {commit}"
    )
    for line in found["error"].splitlines():
        output.line(plain(f"  {line}", "red"))
