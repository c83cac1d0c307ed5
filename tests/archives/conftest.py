"""A chart repository, and archives as a worker has them."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from syncline_workers.archives import helm
from syncline_workers.archives.kinds import AllRepositories
from tests.archives.desk import Desk
from tests.harness import charts
from tests.harness.charts import ChartRepository


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
