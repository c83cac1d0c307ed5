"""A file of the library: the rules of one API group."""

from __future__ import annotations

from pydantic import Field

from syncline.model.healthrule import Rule
from syncline.model.values import Written


class RuleFile(Written):
    """The rules of one API group."""

    project: str = Field(description="Whose kinds they are, for people.")
    group: str = Field(description="The API group.")
    subgroups: bool = Field(
        default=False, description="Whether the rules are for all groups that end in `.<group>`."
    )
    rules: tuple[Rule, ...] = Field(min_length=1, description="One for each kind, or some kinds.")
