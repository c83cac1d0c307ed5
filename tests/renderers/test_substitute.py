import pytest

from syncline_workers.renderers import substitute


@pytest.mark.parametrize(
    ("text", "filled"),
    [
        ("${a}", "1"),
        ("x${a}y${a.b[0]}z", "x1y2z"),
        ("$${a}", "${a}"),
        ("$$${a}", "$${a}"),
        ("${b} $a ${ a } ${a:-x} $${b}", "${b} $a ${ a } ${a:-x} $${b}"),
    ],
)
def test_only_declared_names_are_filled_in(text: str, filled: str) -> None:
    fill = substitute.fill({"a": "1", "a.b[0]": "2"})

    assert fill is not None
    assert fill(text) == filled


def test_without_parameters_there_is_nothing_to_do() -> None:
    assert substitute.fill({}) is None


def test_strings_are_filled_in_everywhere_but_in_keys() -> None:
    fill = substitute.fill({"a": "1"})
    assert fill is not None

    value = substitute.into({"${a}": ["${a}", 1, None, {"k": "${a}"}]}, fill)

    assert value == {"${a}": ["1", 1, None, {"k": "1"}]}
