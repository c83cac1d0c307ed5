"""Parts of scripts are put together in an order in which each knows those that it calls."""

import re
from importlib.resources import files

import pytest

from syncline.store import scripting

FOLDER = files("syncline.store") / "scripts"


def needs(text: str) -> list[str]:
    """The parts that a part says it needs."""
    found = re.search(r"^-- Needs ([a-z\s-]+)\.", text, re.MULTILINE)
    return re.findall(r"[a-z]+", found[1]) if found else []


@pytest.mark.parametrize("name", scripting.names())
def test_a_part_comes_after_those_that_it_needs(name: str) -> None:
    found = re.search(r"^-- needs: ([a-z ]+)$", (FOLDER / f"{name}.lua").read_text(), re.MULTILINE)
    parts = found[1].split() if found else []

    late = [
        (part, needed)
        for place, part in enumerate(parts)
        for needed in needs((FOLDER / "lib" / f"{part}.lua").read_text())
        if needed in parts[place:]
    ]

    assert late == []
