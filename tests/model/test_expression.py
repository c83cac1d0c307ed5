"""CEL over plain values: what is wrong is told at once, what hostile expressions do is bounded."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import pytest

from syncline.model.expression import Expression, ExpressionFailed, ExpressionInvalid, FieldAbsent

LIVE = {
    "metadata": {"name": "web", "annotations": {"example.com/a": "x"}},
    "spec": {"replicas": 3, "share": 1.5, "none": None},
    "status": {"conditions": [{"type": "Ready", "status": "True"}, {"type": "Other"}]},
}

LOADING = """
import sys
from syncline.model.expression import Expression

print("cel_expr_python" in sys.modules)
Expression("true", source="x")
print("cel_expr_python" in sys.modules)
"""


def value_of(text: str, live: Any = LIVE) -> Any:
    return Expression(text, source="rule").evaluate({"self": live})


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("self.spec.replicas > 2.5", True),
        ("self.spec.none == null", True),
        ("has(self.spec.nothing)", False),
        ("self.metadata.annotations['example.com/a']", "x"),
        ("self.status.conditions.exists(c, c.type == 'Ready' && c.status == 'True')", True),
        ("self.status.conditions.all(c, has(c.status))", False),
        ("self.status.conditions.filter(c, has(c.status)).map(c, c.type)", ["Ready"]),
        ("self.status.conditions.exists_one(c, c.type == 'Ready')", True),
        ("self.status.?phase.orValue('None')", "None"),
        ("self.metadata.name.startsWith('w') && self.metadata.name.matches('^w.b$')", True),
        ("'a,b'.split(',').join('-').upperAscii()", "A-B"),
        ("timestamp('2026-01-01T00:00:00Z') - timestamp('2025-12-31T23:00:00Z')", 3600.0),
        ("timestamp('2026-01-01T00:00:00Z')", "2026-01-01T00:00:00+00:00"),
        ("{'a': self.spec.share}", {"a": 1.5}),
    ],
)
def test_an_expression_has_a_value(text: str, value: Any) -> None:
    assert value_of(text) == value


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("self.spec.replicas ==", "line 1, column 22: Syntax error"),
        ("self.x &&\nnope(self)", "line 2, column 5: undeclared reference to 'nope'"),
        ("'a'.startsWith(1)", "column 15: found no matching overload for 'startsWith'"),
        ("other.x", "column 6: undeclared reference to 'other.x'"),
        ("(" * 900 + "1" + ")" * 900, "recursion"),
        ("+".join(["1"] * 900), "recursion"),
        ("1" * 2001, "is 2001 characters; at most 2000"),
    ],
)
def test_what_is_wrong_is_told_with_its_place_when_it_is_compiled(text: str, told: str) -> None:
    with pytest.raises(ExpressionInvalid) as caught:
        Expression(text, source="rule example.com/Widget, case 2")

    assert caught.value.subject == "rule example.com/Widget, case 2"
    assert told in caught.value.detail


@pytest.mark.parametrize(
    "text",
    [
        "self.nothing.x == 1",
        "self.spec.none.x == 1",
        "self.spec.none.exists(c, true)",
        "size(self.spec.none) == 1",
        "self.status.conditions[7].type == 'Ready'",
        "self.metadata.annotations['nope'] == 'x'",
    ],
)
def test_what_reads_an_absent_field_does_not_hold(text: str) -> None:
    assert not Expression(text, source="rule").holds({"self": LIVE})
    with pytest.raises(FieldAbsent):
        value_of(text)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("1 / (self.spec.replicas - 3) == 1", "divide by zero"),
        ("self.spec.replicas + self.metadata.name == 1", "No matching overloads"),
        ("timestamp(self.metadata.name) == timestamp('2026-01-01T00:00:00Z')", "conversion"),
        ("self.spec.replicas", "must be true or false; is 3"),
        ("self.?spec", "no JSON; add .orValue"),
        ("type(self)", "no JSON"),
        ("self.all(a, self.all(b, self.all(c, self.all(d, self.all(e, true)))))", "budget"),
    ],
)
def test_an_expression_that_has_no_value_says_why(text: str, told: str) -> None:
    wide = {**LIVE, **{f"x{number}": 1 for number in range(20)}}

    with pytest.raises(ExpressionFailed, match=told):
        Expression(text, source="rule").holds({"self": wide})


def test_numbers_and_texts_that_do_not_fit_are_errors_and_no_crash() -> None:
    for odd in (2**70, object(), "\udc80"):
        with pytest.raises(ExpressionFailed):
            value_of("self.x == 1 || self.x == 'a' ? self.x : self.x", {"x": odd})


def test_the_library_is_loaded_by_whoever_has_an_expression_and_by_nobody_else() -> None:
    told = subprocess.run(
        [
            sys.executable,
            "-c",
            LOADING,
        ],
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )

    assert told.stdout.split() == ["False", "True"]
