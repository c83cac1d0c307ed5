"""``syncline repo``: repositories, for those who would rather not write a document."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

from syncline.cli import listing, options, output, previews
from syncline.cli.commands.delete import Deletable, remove
from syncline.cli.exits import CommandFailed, Exit
from syncline.cli.options import OptionalReason
from syncline.cli.output import Format, OutputOption
from syncline.cli.text import one_line, plain
from syncline.model.documents import API_VERSION
from syncline.model.repository import RepositoryType

app = typer.Typer(help="Repositories: Git, Helm and registries.", no_args_is_help=True)


class CredentialType(StrEnum):
    """What a credential's value is."""

    TOKEN = "token"  # noqa: S105 - a word, no secret
    BASIC = "basic"
    SSH = "ssh"


@app.command("add")
def add(
    ctx: typer.Context,
    name: Annotated[str, typer.Argument(help="A DNS label.")],
    url: Annotated[str, typer.Argument(help="https://, oci://, ssh:// or git@host:path.")],
    *,
    kind: Annotated[
        RepositoryType | None,
        typer.Option("--type", help="Default: oci for oci:// URLs, else git."),
    ] = None,
    interval: Annotated[
        str | None, typer.Option(metavar="DURATION", help="Between two look-ups. Default: 1m.")
    ] = None,
    credential: Annotated[
        str | None,
        typer.Option(metavar="REF", help="env:SYNCLINE_CRED_NAME or file:NAME, never a value."),
    ] = None,
    credential_type: Annotated[
        CredentialType, typer.Option(help="basic: user:password; ssh: a private key.")
    ] = CredentialType.TOKEN,
    url_prefix: Annotated[
        str | None,
        typer.Option(help="Send the credential only to URLs that start so. Default: the URL."),
    ] = None,
    passphrase: Annotated[
        str | None,
        typer.Option(metavar="REF", help="ssh: where the key's passphrase is, never a value."),
    ] = None,
    known_hosts: Annotated[
        Path | None, typer.Option(metavar="FILE", help="ssh: the host keys to accept.")
    ] = None,
    labels: options.LabelOption = None,
    reason: OptionalReason = "syncline repo add",
) -> None:
    """Register a repository."""
    spec: dict[str, Any] = {"url": url, **({"type": kind.value} if kind else {})}
    if interval:
        spec["interval"] = interval
    if credential:
        spec["credential"] = {
            "type": credential_type.value,
            "ref": credential,
            "urlPrefix": url_prefix or url,
            **({"passphraseRef": passphrase} if passphrase else {}),
            **({"knownHosts": _text(known_hosts)} if known_hosts else {}),
        }
    document = {
        "apiVersion": API_VERSION,
        "kind": "Repository",
        "metadata": {"name": name, "labels": options.labels_of(labels or [])},
        "spec": spec,
    }
    body = {"documents": [document], "reason": reason}
    applied = options.server(ctx).post("/apply", body)["items"][0]
    output.line(f"repository {applied['name']} {applied['action']}")


@app.command("list")
def list_(ctx: typer.Context, output_format: OutputOption = Format.TABLE) -> None:
    """Show all repositories."""
    listing.show(options.server(ctx), listing.KINDS["repositories"], {}, output_format)


@app.command("check")
def check(
    ctx: typer.Context,
    name: Annotated[str, typer.Argument(help="The repository's name.")],
    output_format: OutputOption = Format.TABLE,
) -> None:
    """Have a worker reach it: name, connection, certificate, credential; exit 1 if it cannot."""
    steps = previews.check(options.server(ctx), name)
    if output_format.is_for_programs:
        output.document({"steps": steps}, output_format)
    else:
        output.table(("step", "", "found"), [_row(step) for step in steps])
    if not all(step["ok"] for step in steps):
        raise typer.Exit(Exit.DIFFERS)


@app.command("remove")
def remove_(
    ctx: typer.Context,
    name: Annotated[str, typer.Argument(help="The repository's name.")],
    reason: OptionalReason = "syncline repo remove",
) -> None:
    """Forget a repository. What was applied from it stays."""
    remove(ctx, Deletable.REPOSITORY, name, orphan=False, reason=reason)


def _row(step: dict[str, Any]) -> tuple[object, ...]:
    verdict = plain("ok", "green") if step["ok"] else plain("FAILED", "red")
    return (step["name"], verdict, one_line(str(step["found"])))


def _text(file: Path) -> str:
    try:
        return file.read_text()
    except (OSError, UnicodeDecodeError) as exc:
        raise CommandFailed(str(file), f"cannot be read: {exc}", Exit.USAGE) from exc
