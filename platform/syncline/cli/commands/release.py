"""``syncline release``: run a target once more that was set aside."""

from __future__ import annotations

from typing import Annotated

import typer

from syncline.cli import options, output, selection
from syncline.cli.options import ReasonOption


def release(
    ctx: typer.Context,
    target: Annotated[str, typer.Argument(metavar="APP@CLUSTER", help="What was set aside.")],
    reason: ReasonOption,
) -> None:
    """Run a target that was set aside, since its runs lost their workers.

    `syncline get targets --aside` lists them, `syncline describe target` shows the last log lines.
    """
    found = options.server(ctx).post(f"{selection.path(target)}/release", {"reason": reason})
    output.line(f"target {found['name']} runs again")
