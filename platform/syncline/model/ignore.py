"""Rules for fields that an application leaves to others: they are no difference and no drift.

A rule selects objects and names fields of them, in one way or in several. They mean the same to
diff, drift and apply; what they come to on a live object is ``change.ignored``'s business.
"""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, StringConstraints, field_validator, model_validator

from syncline.model.change import ObjectRef
from syncline.model.pointing import Pointer, Pointing
from syncline.model.values import Written

_OURS = "syncline"

Manager = Annotated[str, StringConstraints(min_length=1, max_length=128)]
"""A field manager, as ``metadata.managedFields`` names it."""


class IgnoreRule(Written):
    """Fields that are left to others, of the objects that match all that is given."""

    group: str | None = Field(
        default=None, max_length=253, description='"": the core group. None: any.'
    )
    kind: str | None = Field(default=None, min_length=1, max_length=63, description="None: any.")
    namespace: str | None = Field(default=None, max_length=63, description="None: any.")
    name: str | None = Field(default=None, min_length=1, max_length=253, description="None: any.")
    json_pointers: tuple[Pointer, ...] = Field(
        default=(),
        max_length=100,
        description="Fields by their place: /spec/replicas. ~1 stands for a slash in a name, ~0 "
        "for a tilde; a number counts the items of the live list.",
    )
    managers: tuple[Manager, ...] = Field(
        default=(),
        max_length=20,
        description="All fields that these field managers hold in the live object.",
    )
    expressions: tuple[Pointing, ...] = Field(
        default=(),
        max_length=20,
        description="CEL over the live object (`self`), each a list of such pointers. What reads "
        "a field that is absent names none.",
    )

    @field_validator("managers")
    @classmethod
    def _others_only(cls, managers: tuple[str, ...]) -> tuple[str, ...]:
        if _OURS in managers:
            raise ValueError(f"{_OURS} is our own field manager: name those of others")
        return managers

    @model_validator(mode="after")
    def _names_fields(self) -> IgnoreRule:
        if not (self.json_pointers or self.managers or self.expressions):
            raise ValueError(
                "needs jsonPointers, managers or expressions: which fields are ignored"
            )
        return self

    def matches(self, ref: ObjectRef) -> bool:
        """Whether it speaks of this object."""
        asked = (self.group, self.kind, self.namespace, self.name)
        found = (ref.group, ref.kind, ref.namespace, ref.name)
        return all(wanted in (None, there) for wanted, there in zip(asked, found, strict=True))
