"""Which variables are read."""

import pytest

from syncline.settings import Settings


@pytest.mark.parametrize("name", [*Settings.model_fields])
def test_a_variable_of_somebody_else_is_not_read(
    monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setenv(name.upper(), "prod")
    monkeypatch.setenv(f"SYNCLINE_{name.upper()}", "prod")

    assert Settings()
