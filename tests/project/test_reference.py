"""What people can set and type is in the reference."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
import typer

from tests.packaging import commands
from tests.project.files import ROOT
from tools.reference import cli

REFERENCE = ROOT / "docs" / "reference"


def leaves(command: Any, path: str) -> Iterator[str]:
    """Every command that does something: ``syncline cluster add``."""
    for name, each in getattr(command, "commands", {}).items():
        yield from leaves(each, f"{path} {name}")
    if not hasattr(command, "commands"):
        yield path


def test_the_settings_page_names_every_variable_and_no_other() -> None:
    page = (REFERENCE / "settings.md").read_text()

    assert set(re.findall(r"^\| `(SYNCLINE_\w+)`", page, re.MULTILINE)) == commands.settings()


def test_the_page_of_the_command_line_has_every_command_and_no_other() -> None:
    page = (REFERENCE / "cli.md").read_text()
    program = typer.main.get_command(cli.program())

    assert set(re.findall(r"^## (syncline .+)$", page, re.MULTILINE)) == set(
        leaves(program, "syncline")
    )


@pytest.mark.parametrize("page", sorted(path.name for path in REFERENCE.iterdir()))
def test_every_page_of_the_reference_says_that_it_is_written_from_code(page: str) -> None:
    assert "Written by `make docs`" in (REFERENCE / page).read_text()
