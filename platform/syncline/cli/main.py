"""The CLI put together: its commands, the options before them, and the one way that it ends.

``syncline.main`` adds the commands that run a role to ``app`` and calls ``main``.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Annotated

import typer

from syncline.cli import output
from syncline.cli.commands import (
    apply,
    audit,
    backup,
    cluster,
    delete,
    describe,
    diff,
    doctor,
    get,
    health,
    history,
    operation,
    orphans,
    queue,
    release,
    render,
    repo,
    rollback,
    schema,
    status,
    sync,
    token,
    unpin,
    version,
)
from syncline.cli.exits import MEANINGS, CommandFailed, Exit
from syncline.cli.server import DEFAULT, Address
from syncline.errors import SynclineError

EPILOG = "Exit codes: " + "; ".join(f"{code.value} {text}" for code, text in MEANINGS.items()) + "."

app = typer.Typer(
    name="syncline",
    help="Keeps a fleet of Kubernetes clusters in line with Git.",
    epilog=EPILOG,
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)

app.command("apply")(apply.apply)
app.command("get")(get.get)
app.command("describe")(describe.describe)
app.command("delete")(delete.delete)
app.command("sync")(sync.sync)
app.add_typer(rollback.app, name="rollback")
app.command("unpin")(unpin.unpin)
app.command("release")(release.release)
app.command("diff")(diff.diff)
app.command("render")(render.render)
app.command("orphans")(orphans.orphans)
app.command("status")(status.status)
app.command("queue")(queue.queue)
app.command("history")(history.history)
app.add_typer(operation.app, name="operation")
app.add_typer(cluster.app, name="cluster")
app.add_typer(repo.app, name="repo")
app.add_typer(token.app, name="token")
app.command("schema")(schema.schema)
app.command("audit")(audit.audit)
app.command("backup")(backup.backup)
app.command("restore")(backup.restore)
app.command("doctor")(doctor.doctor)
app.command("health")(health.health)
app.command("version")(version.version)


@app.callback()
def connect(
    ctx: typer.Context,
    *,
    server: Annotated[
        str, typer.Option("--server", envvar="SYNCLINE_SERVER", metavar="URL", help="The API.")
    ] = DEFAULT,
    token_file: Annotated[
        Path | None,
        typer.Option(
            "--token-file",
            envvar="SYNCLINE_TOKEN_FILE",
            metavar="FILE",
            help="A file that holds the token. Default: the token in SYNCLINE_TOKEN.",
        ),
    ] = None,
    ca_file: Annotated[
        Path | None,
        typer.Option(
            "--ca-file", envvar="SYNCLINE_CA_FILE", metavar="FILE", help="Trust these CAs only."
        ),
    ] = None,
) -> None:
    """Keeps a fleet of Kubernetes clusters in line with Git."""
    ctx.obj = Address(
        url=server,
        token=os.environ.get("SYNCLINE_TOKEN", "").strip(),
        token_file=token_file,
        ca_file=ca_file,
    )


def main() -> None:
    """Run the command line and end with its exit code."""
    sys.exit(run(app))


def run(program: typer.Typer) -> int:
    """Run and map what was raised to an exit code: the one place that does."""
    try:
        program()
    except SystemExit as exc:
        return exc.code if isinstance(exc.code, int) else Exit.USAGE
    except CommandFailed as exc:
        output.error(exc.subject, exc.detail)
        return exc.exit
    except SynclineError as exc:
        output.error(exc.subject, f"{exc.reason}: {exc.detail}")
        return Exit.REFUSED
    return Exit.OK
