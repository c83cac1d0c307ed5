"""A chart repository, and archives as a worker has them."""

import hashlib
from collections.abc import Iterator
from pathlib import Path

import pytest

from syncline_workers.archives import helm
from syncline_workers.archives.kinds import AllRepositories
from tests.archives.desk import Desk
from tests.harness import charts
from tests.harness import registry as registries
from tests.harness.charts import ChartRepository
from tests.harness.registry import Registry


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    desk = Desk(tmp_path)
    yield desk
    desk.close()


@pytest.fixture
def repositories(desk: Desk) -> AllRepositories:
    return desk.open()


@pytest.fixture
def served(tmp_path: Path) -> Iterator[ChartRepository]:
    with charts.repository(tmp_path / "repository") as made:
        yield made


@pytest.fixture
def always_ask(monkeypatch: pytest.MonkeyPatch) -> None:
    """An index is asked for each time, as if seconds lay between."""
    monkeypatch.setattr(helm, "FRESH", 0.0)


@pytest.fixture(scope="session")
def registry(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Registry]:
    """A registry that all tests share: each takes names of its own."""
    with registries.running(tmp_path_factory.mktemp("registry")) as running:
        yield running


@pytest.fixture
def room(request: pytest.FixtureRequest) -> str:
    """A name in the registry that no other test has."""
    return f"r{hashlib.sha256(request.node.nodeid.encode()).hexdigest()[:12]}"
