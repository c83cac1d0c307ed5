"""Quantities in their canonical form."""

import pytest

from syncline.simulator.schema.quantity import amount, canonical


@pytest.mark.parametrize(
    ("written", "stored"),
    [
        ("2000m", "2"),
        ("0.5", "500m"),
        ("1.5", "1500m"),
        ("100m", "100m"),
        ("1000", "1k"),
        ("1024", "1024"),
        ("1024Mi", "1Gi"),
        ("1.5Gi", "1536Mi"),
        ("0.5Ki", "512"),
        ("0", "0"),
        ("0Gi", "0"),
        ("1e3", "1e3"),
        ("12e6", "12e6"),
        ("-1", "-1"),
        ("1.0", "1"),
        ("100M", "100M"),
        ("1000M", "1G"),
        ("0.1Ki", "102400m"),
        ("0.0000000001", "1n"),
    ],
)
def test_a_quantity_is_stored_in_one_form(written: str, stored: str) -> None:
    assert canonical(written) == stored


@pytest.mark.parametrize("word", ["", "many", "1 Gi", "1gi", "--1"])
def test_what_is_no_quantity_has_no_form(word: str) -> None:
    assert canonical(word) is None


@pytest.mark.parametrize(
    ("less", "more"), [("500m", "1"), ("1G", "1Gi"), ("1e3", "1001"), ("nonsense", "1n")]
)
def test_quantities_are_compared_by_what_they_amount_to(less: str, more: str) -> None:
    assert amount(less) < amount(more)
