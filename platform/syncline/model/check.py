"""Checks of an application: what must hold, beside the health of its objects, for it to be healthy.

Mistakes are told when the document is given. What a check finds is the workers' business
(``pipeline.checks``); how often it is looked at is told here.
"""

from __future__ import annotations

import re
from datetime import timedelta
from functools import lru_cache
from typing import Annotated, Final, Literal

from pydantic import AfterValidator, Field, StringConstraints, model_validator

from syncline.model.expression import LONGEST, Expression, ExpressionInvalid
from syncline.model.fillable import Query, Server, Url
from syncline.model.values import Duration, Name, Written

VARIABLES: Final = ("objects",)
"""What an expression sees."""

MOST: Final = 20
"""Checks of an application."""

_TEXT: Final = re.compile(r"'[^']*'|\"[^\"]*\"")
_NAMED: Final = re.compile(r"\bobjects\.\??(\w+)")


def _is_condition(text: str) -> str:
    try:
        found = compiled(text)
    except ExpressionInvalid as exc:
        raise ValueError(exc.detail) from None
    if not found.may_be_bool:
        raise ValueError(f"must be true or false: {text!r}")
    return text


@lru_cache(maxsize=1024)
def compiled(text: str) -> Expression:
    """Compile an expression of a check.

    Raises:
        ExpressionInvalid: with the place.
    """
    return Expression(text, source="expression", variables=VARIABLES)


Condition = Annotated[
    str, StringConstraints(min_length=1, max_length=LONGEST), AfterValidator(_is_condition)
]
"""CEL over ``objects``, true or false."""

Variable = Annotated[str, StringConstraints(pattern=r"^[a-z][A-Za-z0-9_]{0,62}$")]
"""A name in an expression."""

Timeout = Annotated[Duration, Field(ge=timedelta(milliseconds=100), le=timedelta(seconds=10))]


class Observed(Written):
    """One of the application's objects."""

    group: str | None = Field(
        default=None, max_length=253, description='"": the core group. None: any.'
    )
    kind: str = Field(min_length=1, max_length=63, description="Its kind.")
    namespace: str | None = Field(default=None, max_length=63, description="None: any.")
    name: str = Field(min_length=1, max_length=253, description="Its name.")


class CelCheck(Written):
    """An expression over live objects."""

    objects: dict[Variable, Observed] = Field(
        min_length=1,
        max_length=10,
        description="Names for objects of the application: what the expression reads.",
    )
    expression: Condition = Field(
        description="CEL, true or false: `objects.NAME` is a live object. What reads a field that "
        "is absent does not hold."
    )

    @model_validator(mode="after")
    def _names_what_is_there(self) -> CelCheck:
        for name in _NAMED.findall(_TEXT.sub("", self.expression)):
            if name not in self.objects:
                known = ", ".join(sorted(self.objects))
                raise ValueError(f"expression reads objects.{name}; objects has {known}")
        return self


class HttpCheck(Written):
    """A request that must be answered well."""

    url: Url = Field(
        description="http:// or https://; {{ cluster.name }} and {{ cluster.labels.KEY }} are "
        "filled in. Redirects are answers, and are not followed."
    )
    method: Literal["GET", "HEAD"] = Field(default="GET", description="GET or HEAD.")
    status: tuple[Annotated[int, Field(ge=200, le=599)], ...] = Field(
        default=(), max_length=20, description="Good answers. None: 200 to 299."
    )
    contains: str = Field(
        default="",
        max_length=1000,
        description="What stands in the body's first 64 KB. Empty: anything.",
    )
    timeout: Timeout = Field(default=timedelta(seconds=5), description="For the whole answer.")

    @model_validator(mode="after")
    def _has_a_body(self) -> HttpCheck:
        if self.contains and self.method == "HEAD":
            raise ValueError("contains needs GET: the answer to HEAD has no body")
        return self


class PrometheusCheck(Written):
    """A query whose values must stay within bounds over a window."""

    server: Server = Field(
        description="Where /api/v1/query_range is: https://prometheus.example.com; places are "
        "filled in as in a URL."
    )
    query: Query = Field(description="PromQL; places are filled in as in a URL.")
    above: float | None = Field(default=None, description="Each value must be > this.")
    at_least: float | None = Field(default=None, description="Each value must be ≥ this.")
    below: float | None = Field(default=None, description="Each value must be < this.")
    at_most: float | None = Field(default=None, description="Each value must be ≤ this.")
    window: Duration = Field(
        default=timedelta(0),
        ge=timedelta(0),
        le=timedelta(days=1),
        description="It must hold over all of this time until now. 0s: now.",
    )
    timeout: Timeout = Field(default=timedelta(seconds=5), description="For the whole answer.")

    @model_validator(mode="after")
    def _has_a_bound(self) -> PrometheusCheck:
        if {self.above, self.at_least, self.below, self.at_most} == {None}:
            raise ValueError("needs a bound: above, atLeast, below or atMost")
        return self


class Check(Written):
    """Something that must hold for the application to be healthy; of one of three kinds."""

    name: Name = Field(description="For people: messages name it.")
    cel: CelCheck | None = Field(default=None, description="An expression over live objects.")
    http: HttpCheck | None = Field(default=None, description="A request to a URL.")
    prometheus: PrometheusCheck | None = Field(default=None, description="A query.")
    interval: Duration = Field(
        default=timedelta(minutes=1),
        ge=timedelta(seconds=10),
        le=timedelta(minutes=3),  # what is due later is taken for a failover's (checks_take.lua)
        description="Between two looks; all checks of an application are looked at together, as "
        "often as the shortest says.",
    )
    within: Duration = Field(
        default=timedelta(minutes=10),
        ge=timedelta(0),
        description="How long after a run the application is Progressing where it does not hold; "
        "from then on it is Degraded.",
    )

    @model_validator(mode="after")
    def _is_of_one_kind(self) -> Check:
        if sum(each is not None for each in (self.cel, self.http, self.prometheus)) != 1:
            raise ValueError("set exactly one of cel, http and prometheus")
        return self


def _are_named_apart(checks: tuple[Check, ...]) -> tuple[Check, ...]:
    names = [check.name for check in checks]
    for name in names:
        if names.count(name) > 1:
            raise ValueError(f"{name!r} names two checks")
    return checks


Checks = Annotated[tuple[Check, ...], Field(max_length=MOST), AfterValidator(_are_named_apart)]
"""All of an application."""
