"""Label selectors as Kubernetes writes them, and the short form that the CLI takes."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Literal

from pydantic import Field, model_validator

from syncline.errors import InvalidDocument
from syncline.model.values import Written

_TERM = re.compile(
    r"^\s*(?:(?P<absent>!)?\s*(?P<only>[\w./-]+)"
    r"|(?P<key>[\w./-]+)\s*(?P<op>==|=|!=)\s*(?P<value>[\w.-]*)"
    r"|(?P<skey>[\w./-]+)\s+(?P<sop>in|notin)\s*\((?P<values>[^)]*)\))\s*$"
)


class Requirement(Written):
    """One condition on one label."""

    key: str = Field(description="The label.")
    operator: Literal["In", "NotIn", "Exists", "DoesNotExist"] = Field(
        description="NotIn also matches where the label is absent."
    )
    values: tuple[str, ...] = Field(default=(), description="For In and NotIn, at least one.")

    @model_validator(mode="after")
    def _values_fit(self) -> Requirement:
        if self.operator in ("In", "NotIn") and not self.values:
            raise ValueError(f"{self.operator} needs at least one value")
        if self.operator in ("Exists", "DoesNotExist") and self.values:
            raise ValueError(f"{self.operator} takes no values")
        return self

    def matches(self, labels: Mapping[str, str]) -> bool:
        """Judge as Kubernetes does: NotIn also matches where the label is absent."""
        match self.operator:
            case "In":
                return labels.get(self.key) in self.values
            case "NotIn":
                return labels.get(self.key) not in self.values
            case "Exists":
                return self.key in labels
            case _:
                return self.key not in labels


class Selector(Written):
    """All conditions must hold; an empty selector matches everything."""

    match_labels: dict[str, str] = Field(default={}, description="Label and exact value.")
    match_expressions: tuple[Requirement, ...] = Field(default=(), description="Set conditions.")

    def matches(self, labels: Mapping[str, str]) -> bool:
        """Tell whether these labels satisfy every condition."""
        exact = all(labels.get(key) == value for key, value in self.match_labels.items())
        return exact and all(rule.matches(labels) for rule in self.match_expressions)


def parse_selector(text: str) -> Selector:
    """Read ``a=b,c!=d,e in (f,g),h,!i`` as kubectl does.

    Raises:
        InvalidDocument: a term is none of these forms.
    """
    terms = [term for term in re.split(r",(?![^(]*\))", text) if term.strip()]
    return Selector(match_expressions=tuple(_requirement(term) for term in terms))


def _requirement(term: str) -> Requirement:
    found = _TERM.match(term)
    if not found:
        raise InvalidDocument(f"selector {term!r}", "write key=value, key!=value, key in (a,b)")
    if found["only"]:
        return Requirement(
            key=found["only"], operator="DoesNotExist" if found["absent"] else "Exists"
        )
    if found["key"]:
        return Requirement(
            key=found["key"],
            operator="NotIn" if found["op"] == "!=" else "In",
            values=(found["value"],),
        )
    values = tuple(value.strip() for value in found["values"].split(",") if value.strip())
    return Requirement(
        key=found["skey"], operator="In" if found["sop"] == "in" else "NotIn", values=values
    )
