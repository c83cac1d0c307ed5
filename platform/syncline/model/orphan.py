"""Orphans: objects in an application's namespaces that nobody declares."""

from __future__ import annotations

from fnmatch import fnmatchcase

from pydantic import Field, model_validator

from syncline.model.change import ObjectRef
from syncline.model.values import Stored, Written


class Orphan(Stored):
    """One object that nobody declares."""

    subject: str  # group/Kind/namespace/name
    created: str = ""  # as the object has it
    managers: tuple[str, ...] = ()  # field managers that wrote to it
    marked: str = ""  # the application whose mark it bears; "": it bears none


class OrphanRule(Written):
    """Objects that are no orphans, whoever made them: all that is given must hold."""

    group: str | None = Field(
        default=None, max_length=253, description='"": the core group. None: any.'
    )
    kind: str | None = Field(default=None, min_length=1, max_length=63, description="None: any.")
    name: str | None = Field(
        default=None, min_length=1, max_length=253, description="* matches any characters."
    )

    @model_validator(mode="after")
    def _names_something(self) -> OrphanRule:
        if self.group is None and self.kind is None and self.name is None:
            raise ValueError("needs group, kind or name: which objects are no orphans")
        return self

    def selects(self, ref: ObjectRef) -> bool:
        """Whether it speaks of this object."""
        return (
            self.group in (None, ref.group)
            and self.kind in (None, ref.kind)
            and fnmatchcase(ref.name, self.name or "*")
        )
