"""How live objects of a kind are judged, as people write it: ordered cases in CEL.

What the expressions see: ``self`` (the live object), its ``metadata``, ``spec`` and ``status``, and
``conditions`` (type → condition, of those that speak of the present generation).
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from syncline.model.documents import Document
from syncline.model.status import HealthStatus
from syncline.model.values import Written

Words = Annotated[str, StringConstraints(min_length=1, max_length=2000)]


class Case(Written):
    """What is said of an object for which an expression holds."""

    when: Words = Field(
        description="CEL, true or false. What reads a field that is absent does not hold."
    )
    status: HealthStatus = Field(description="What the object's health is then.")
    condition: str = Field(
        default="", description="Take reason and message from this condition, where none are given."
    )
    reason: str = Field(
        default="", description="PascalCase; `${CEL}` is filled in. Default: the status."
    )
    message: str = Field(default="", description="A fact with its numbers; `${CEL}` is filled in.")


class Rule(Written):
    """How objects of some kinds of a group are judged."""

    kinds: tuple[str, ...] = Field(
        min_length=1, description="Kinds that the rule is for; `*`: those without one of their own."
    )
    observed: bool = Field(
        default=True,
        description="Progressing, whatever the cases, while `status.observedGeneration` is older "
        "than the object.",
    )
    cases: tuple[Case, ...] = Field(
        min_length=1,
        max_length=50,
        description="In order: the first that holds decides; where none does, the object is "
        "judged as without the rule.",
    )


class HealthRuleSpec(Rule):
    """A rule of one API group."""

    group: str = Field(description="The API group; empty for the core group.")


class HealthRule(Document):
    """How live objects of some kinds are judged. It is declared in the fleet repository alone."""

    kind: Literal["HealthRule"] = Field(description="What this document is.")
    spec: HealthRuleSpec
