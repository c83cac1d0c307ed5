"""``docs/reference/cli.md``: every command with its arguments and options, and the exit codes."""

from collections.abc import Iterator
from functools import cache
from typing import Any

import typer

from syncline.cli import main as cli
from syncline.cli.exits import MEANINGS
from syncline.main import init, roles, up
from tools.reference import markdown

WIDTH = 100

CONNECTION = """\
Commands speak HTTP to the API. `SYNCLINE_SERVER` says where it is, `SYNCLINE_TOKEN` holds the
token (`syncline up` writes an administrator's to `DIR/token`); `--token-file` reads it from a file.
Results go to standard output, everything else to standard error; `-o json` and `-o yaml` print
nothing but the document. Errors have one form: `error: subject: what is wrong and what to do`."""

STABLE = """\
Scripts may rely on these: on the commands, options and exit codes of this page; on
`syncline status -o json` being `{"targets": N, "sync": {...}, "health": {...}}` with every status
present; on lists having `items`, and each item `name`, `sync`, `health`, `revision`, `reason` and
`message`. More fields may come; tables may change."""


def render() -> str:
    """The page."""
    root = typer.main.get_command(program())
    top = _context(root, "syncline")
    exits = markdown.table(
        ("Exit code", "Meaning"), [(str(code.value), text) for code, text in MEANINGS.items()]
    )
    parts = [CONNECTION, STABLE, exits, _options(root, top), *_commands(root, top)]
    return markdown.page("Command line", "platform/syncline/cli", *parts)


@cache
def program() -> typer.Typer:
    """The whole command line: with the commands that run roles."""
    for commands in (roles, up, init):
        commands.register(cli.app)
    return cli.app


def _commands(group: Any, parent: typer.Context) -> Iterator[str]:
    for name, command in group.commands.items():
        ctx = _context(command, name, parent)
        if hasattr(command, "commands"):
            yield from _commands(command, ctx)
        else:
            yield _command(command, ctx)


def _context(command: Any, name: str, parent: typer.Context | None = None) -> typer.Context:
    # A fixed width: usage lines must not depend on the terminal that runs `make docs`.
    return typer.Context(
        command,
        info_name=name,
        parent=parent,
        terminal_width=WIDTH,
        help_option_names=["-h", "--help"],
    )


def _command(command: Any, ctx: typer.Context) -> str:
    usage = ctx.get_usage().removeprefix("Usage: ")
    summary = (command.help or "").strip()
    options = _options(command, ctx)
    return f"## {ctx.command_path}\n\n{summary}\n\n```\n{usage}\n```\n\n{options}"


def _options(command: Any, ctx: typer.Context) -> str:
    records = [param.get_help_record(ctx) for param in command.get_params(ctx)]
    rows = [(markdown.code(record[0]), record[1]) for record in records if record]
    return markdown.table(("Option", "Meaning"), rows)
