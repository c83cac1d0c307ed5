import pytest

from syncline.errors import InvalidDocument
from syncline_workers.renderers import substitute
from syncline_workers.renderers.plan import Missing


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


GONE = Missing("ConfigMap/platform/sizes does not exist in the cluster")


@pytest.mark.parametrize(
    ("text", "filled"),
    [
        ("${here} ${here:=other} $${here:=x}", "1 1 ${here:=x}"),
        ("${gone:=text} ${gone:=} $${gone}", "text  ${gone}"),
        ("${p:=x} ${other:=x} ${here:-x}", "${p:=x} ${other:=x} ${here:-x}"),
        ("${both}", "parameter"),
    ],
)
def test_variables_are_filled_in_and_may_have_defaults(text: str, filled: str) -> None:
    variables = {"here": "1", "gone": GONE, "both": "variable"}
    fill = substitute.fill({"p": "2", "both": "parameter"}, variables)

    assert fill is not None
    assert fill(text) == filled


def test_a_missing_variable_is_named_and_where_it_was_looked_for() -> None:
    fill = substitute.fill({}, {"size": GONE}, subject="apps/web")
    assert fill is not None

    with pytest.raises(InvalidDocument) as caught:
        fill("a ${size}")

    assert str(caught.value) == (
        "apps/web: ${size} stands for a variable that is missing: ConfigMap/platform/sizes does "
        "not exist in the cluster; give it there, or write ${size:=TEXT} for a default"
    )
