"""docs/security.md: each line of its tables that names a test names one that exists."""

import ast
import re

import pytest

from tools import pins

PAGE = (pins.ROOT / "docs" / "security.md").read_text()
_TEST = re.compile(r"`((?:tests/[\w/]+\.py|…)(?:::\w+)?)`")


def tables() -> list[str]:
    """Those whose last column is for tests."""
    found = re.findall(r"^\|[^\n]+\| Test \|\n\|[-|]+\n((?:\|.*\n)+)", PAGE, re.MULTILINE)
    return [str(each) for each in found]


def rows() -> list[tuple[str, list[tuple[str, str]]]]:
    """Attack, and its tests as (file, function); `…` is the file named last."""
    found, file = [], ""
    for row in "".join(tables()).splitlines():
        cells = [cell.strip() for cell in row.strip("|").split(" | ")]
        tests = []
        for named in _TEST.findall(cells[-1]):
            place, _, test = named.partition("::")
            file = file if place == "…" else place
            tests.append((file, test))
        found.append((cells[0], tests))
    return found


def functions(file: str) -> set[str]:
    path = pins.ROOT / file
    if not path.is_file():
        return set()
    tree = ast.parse(path.read_text())
    return {one.name for one in ast.walk(tree) if isinstance(one, ast.FunctionDef)}


def _is_there(file: str, test: str) -> bool:
    """A test; or a file of them, where all are about the attack."""
    found = {name for name in functions(file) if name.startswith("test_")}
    return test in found if test else bool(found)


def test_there_are_tables_to_look_at() -> None:
    assert len(rows()) > 60
    assert len(tables()) == len(re.findall(r"\| Test \|$", PAGE, re.MULTILINE))


@pytest.mark.parametrize(("attack", "tests"), rows(), ids=lambda value: str(value)[:60])
def test_each_attack_has_a_test(attack: str, tests: list[tuple[str, str]]) -> None:
    assert tests, attack
    missing = [f"{file}::{test}" for file, test in tests if not _is_there(file, test)]
    assert missing == []


def test_each_attack_of_this_folder_is_in_the_page() -> None:
    told = {test for _, tests in rows() for file, test in tests if "/security/" in file}
    places = ("test_confinement.py", "test_repository.py")
    found = {
        name
        for place in places
        for name in functions(f"tests/security/{place}")
        if name.startswith("test_")
    }

    assert found - told == {
        "test_a_fork_has_a_launcher_of_its_own",
        "test_a_worker_needs_no_privilege_for_any_of_it",
        "test_a_launcher_that_was_killed_is_started_anew",
        "test_an_archive_as_it_should_be_is_read",
        "test_threads_need_no_leave",
        "test_threads_share_a_launcher",
        "test_what_runs_as_its_launcher_is_killed_is_tried_again_later",
        "test_who_declares_the_network_has_it",
    }
