"""What containers are told to run and to know, held against the program itself."""

import re
from collections.abc import Iterable, Sequence

import typer
from pydantic_settings import BaseSettings
from typer.main import get_command

from syncline.main import init, roles
from syncline.settings import Settings


def parse(arguments: Sequence[str]) -> None:
    """Reads the arguments after `syncline` as the program would, and runs nothing.

    Raises:
        click.UsageError: there is no such role or option.
    """
    app = typer.Typer()
    roles.register(app)
    init.register(app)
    group = get_command(app)
    name, *rest = arguments
    context = group.make_context("syncline", [name])
    _, command, _ = group.resolve_command(context, [name])  # type: ignore[attr-defined]
    command.make_context(name, rest, parent=context)


def settings() -> set[str]:
    """Every variable that Settings reads."""
    groups = [field.annotation for field in Settings.model_fields.values()]
    return {
        f"{group.model_config.get('env_prefix')}{name}".upper()
        for group in groups
        if isinstance(group, type) and issubclass(group, BaseSettings)
        for name in group.model_fields
    }


def unknown(variables: Iterable[str]) -> set[str]:
    """Which of these nothing reads: a misspelt one would be ignored in silence."""
    return {name for name in variables if name.startswith("SYNCLINE_")} - settings()


def minutes_and_seconds(text: str) -> int:
    """Seconds of a Compose duration: `1m15s`, `75s`."""
    found = re.fullmatch(r"(?:(\d+)m)?(?:(\d+)s)?", text)
    assert found, text
    return 60 * int(found[1] or 0) + int(found[2] or 0)
