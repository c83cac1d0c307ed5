from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from syncline.model.values import Duration, Name, format_duration, parse_duration

DURATION: TypeAdapter[timedelta] = TypeAdapter(Duration)
NAME: TypeAdapter[str] = TypeAdapter(Name)


@pytest.mark.parametrize(
    ("text", "length"),
    [
        ("30s", timedelta(seconds=30)),
        ("1h30m", timedelta(minutes=90)),
        ("250ms", timedelta(milliseconds=250)),
        ("1.5m", timedelta(seconds=90)),
        ("2d", timedelta(days=2)),
        ("0s", timedelta()),
    ],
)
def test_a_duration_is_read(text: str, length: timedelta) -> None:
    assert DURATION.validate_python(text) == length


@pytest.mark.parametrize("text", ["", "5", "soon", "5 m", "-5m", "5min", "m5"])
def test_what_is_no_duration_is_refused(text: str) -> None:
    with pytest.raises(ValidationError, match="is no duration: write for example 30s"):
        DURATION.validate_python(text)


@given(st.integers(0, 10**10).map(lambda ms: timedelta(milliseconds=ms)))
def test_a_written_duration_reads_back_equal(length: timedelta) -> None:
    assert parse_duration(format_duration(length)) == length


@pytest.mark.parametrize("name", ["a", "web-1", "0", "a" * 63])
def test_a_dns_label_is_a_name(name: str) -> None:
    assert NAME.validate_python(name) == name


@pytest.mark.parametrize("name", ["", "Web", "-a", "a-", "a.b", "a_b", "a" * 64, "a\n", "ä"])
def test_anything_else_is_no_name(name: str) -> None:
    with pytest.raises(ValidationError):
        NAME.validate_python(name)
