"""The desk of the tests of Git, and Git on it."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from syncline_workers.git.repositories import GitRepositories
from tests.git.desk import Desk


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    desk = Desk.make(tmp_path)
    yield desk
    desk.close()


@pytest.fixture
def repositories(desk: Desk) -> GitRepositories:
    return desk.open()
