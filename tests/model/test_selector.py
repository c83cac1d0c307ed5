import pytest
from pydantic import ValidationError

from syncline.errors import InvalidDocument
from syncline.model.selector import Requirement, Selector, parse_selector

PROD = {"tier": "prod", "example.com/zone": "e1"}


@pytest.mark.parametrize(
    ("text", "matches"),
    [
        ("", True),
        ("tier=prod", True),
        ("tier==prod", True),
        ("tier=dev", False),
        ("tier!=dev", True),
        ("tier!=prod", False),
        ("region!=eu", True),
        ("tier", True),
        ("region", False),
        ("!region", True),
        ("!tier", False),
        ("tier in (dev, prod)", True),
        ("tier in (dev)", False),
        ("tier notin (dev)", True),
        ("region notin (eu)", True),
        ("tier=prod,example.com/zone=e1", True),
        ("tier=prod, example.com/zone in (e2,e3)", False),
        ("tier=", False),
    ],
)
def test_labels_are_judged_as_kubectl_does(text: str, matches: bool) -> None:
    assert parse_selector(text).matches(PROD) is matches


@pytest.mark.parametrize("text", ["a b", "a=b=c", "in (a)", "a in b", "a in (b", "=a", "a>1"])
def test_a_term_that_cannot_be_read_is_named(text: str) -> None:
    with pytest.raises(InvalidDocument, match=r"^selector .*write key=value"):
        parse_selector(text)


def test_labels_and_expressions_must_both_hold() -> None:
    selector = Selector(
        match_labels={"tier": "prod"},
        match_expressions=(Requirement(key="zone", operator="DoesNotExist"),),
    )

    assert selector.matches({"tier": "prod"})
    assert not selector.matches({"tier": "prod", "zone": "e1"})
    assert not selector.matches({})


@pytest.mark.parametrize(
    ("operator", "values"),
    [("In", ()), ("NotIn", ()), ("Exists", ("a",)), ("DoesNotExist", ("a",))],
)
def test_an_operator_takes_the_values_that_it_needs(operator: str, values: tuple[str, ...]) -> None:
    with pytest.raises(ValidationError, match=r"needs at least one value|takes no values"):
        Requirement.model_validate({"key": "a", "operator": operator, "values": values})
