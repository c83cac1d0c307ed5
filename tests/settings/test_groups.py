"""Which variables are read."""

import pytest
from pydantic import ValidationError

from syncline.settings import SchedulerSettings, Settings


@pytest.mark.parametrize("name", [*Settings.model_fields])
def test_a_variable_of_somebody_else_is_not_read(
    monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setenv(name.upper(), "prod")
    monkeypatch.setenv(f"SYNCLINE_{name.upper()}", "prod")

    assert Settings()


def test_weights_of_projects_are_json(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SYNCLINE_SCHEDULER_PROJECT_WEIGHTS", '{"shop": 3, "lab": 0.5}')

    assert SchedulerSettings().project_weights == {"shop": 3, "lab": 0.5}


@pytest.mark.parametrize(
    ("name", "weight"), [("shop", 0), ("shop", -1), ("shop", float("inf")), ("Sh op", 1)]
)
def test_a_weight_that_would_starve_somebody_is_refused(name: str, weight: float) -> None:
    with pytest.raises(ValidationError, match="project_weights"):
        SchedulerSettings(project_weights={name: weight})
