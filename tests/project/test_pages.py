"""The README and the other pages: short, and true about what exists."""

import re
import shlex
from pathlib import Path

import pytest
import typer
from typer.main import get_command

from syncline.contract.order import WEIGHTS
from tests.project.files import ROOT, all_files, name
from tools.reference import cli

README = (ROOT / "README.md").read_text()
PAGES = [path for path in all_files() if path.suffix == ".md"]
TYPED = re.findall(r"^\$ (?:.*&& )?(?:\w+=\S+ )*(syncline .+)$", README, re.MULTILINE)
INLINE = re.findall(r"`(syncline [^`]+)`", README)


def parse(typed: str) -> None:
    """Reads a command line as the program would, and runs nothing."""
    context: typer.Context | None = None
    command, rest = get_command(cli.program()), shlex.split(typed)
    while hasattr(command, "commands"):
        words = rest
        context = command.make_context(words[0], words[1:], parent=context)
        _, command, rest = command.resolve_command(
            context, [*context._protected_args, *context.args]
        )
        rest = [command.name, *rest]
    command.make_context(rest[0], rest[1:], parent=context)


def links(page: Path) -> list[str]:
    """The files that a page links to."""
    found = re.findall(r"\]\(([^)#\s]+)(?:#[^)]*)?\)", page.read_text())
    return [each for each in found if not re.match(r"[a-z]+:", each)]


def test_the_readme_is_read_in_five_minutes() -> None:
    assert len(README.splitlines()) <= 120


@pytest.mark.parametrize("typed", [*TYPED, *INLINE])
def test_each_command_of_the_readme_exists(typed: str) -> None:
    parse(typed)


def test_the_readme_shows_how_to_begin() -> None:
    assert {typed.split()[1] for typed in TYPED} >= {"up", "cluster", "apply", "sync", "status"}


def test_each_file_that_the_readme_names_exists() -> None:
    named = set(re.findall(r"(?:examples|docs|charts|tests|platform|workers)/[\w./-]*\w", README))

    assert [each for each in sorted(named) if not (ROOT / each).exists()] == []


def test_each_target_of_make_that_pages_name_exists() -> None:
    makefile = (ROOT / "Makefile").read_text()
    targets = set(re.findall(r"^(\w+):", makefile, re.MULTILINE))
    named = {word for page in PAGES for word in re.findall(r"`make (\w+)", page.read_text())}

    assert named - targets == set()


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_no_link_leads_nowhere(page: Path) -> None:
    assert [each for each in links(page) if not (page.parent / each).exists()] == []


def test_the_weights_of_lanes_are_those_that_workers_reckon_with() -> None:
    page = (ROOT / "docs" / "operate.md").read_text()
    told = re.findall(r"^\| `(\w+)` \| (\d+) \|", page, re.MULTILINE)

    assert {lane: int(weight) for lane, weight in told} == WEIGHTS
    assert f"out of {sum(WEIGHTS.values())} " in page
