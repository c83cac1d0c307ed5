"""Every file: short, finished, and at home on any machine."""

import ast
from pathlib import Path

import pytest

from tests.project.files import lines_with, name, sources

LONGEST_FILE = 300
LONGEST_BODY = 50


def functions(path: Path) -> list[ast.FunctionDef | ast.AsyncFunctionDef]:
    """All functions and methods of a file."""
    tree = ast.parse(path.read_text())
    return [n for n in ast.walk(tree) if isinstance(n, ast.FunctionDef | ast.AsyncFunctionDef)]


def body(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """Lines after the signature: that of a command is its table of options."""
    return (function.end_lineno or function.lineno) - function.body[0].lineno + 1


def test_there_are_sources_to_look_at() -> None:
    assert {path.parts[-2] for path in sources()} >= {"syncline", "store", "pipeline"}


def test_no_file_is_too_long() -> None:
    long = [name(path) for path in sources() if len(path.read_text().splitlines()) > LONGEST_FILE]

    assert long == []


def test_no_function_is_too_long() -> None:
    long = [
        f"{name(path)}: {function.name}"
        for path in sources()
        for function in functions(path)
        if body(function) > LONGEST_BODY
    ]

    assert long == []


@pytest.mark.parametrize("word", ["TODO", "FIXME", "XXX"])
def test_nothing_is_left_for_later_in_a_comment(word: str) -> None:
    assert lines_with(word) == []


@pytest.mark.parametrize("place", ["/work/", "pypi.org", "proxy.golang.org", "registry.npmjs.org"])
def test_no_file_knows_one_machine_or_registry(place: str) -> None:
    assert lines_with(place) == []
