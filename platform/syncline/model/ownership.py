"""Whose fields are whose: what to do with fields of others, and whose are to become ours."""

from __future__ import annotations

from enum import StrEnum
from fnmatch import fnmatchcase
from typing import Annotated

from pydantic import Field, StringConstraints

from syncline.model.change import ObjectRef
from syncline.model.values import Written


class Conflicts(StrEnum):
    """What happens to a field that another field manager holds. Order means nothing."""

    FORCE = "force"  # it becomes ours
    FAIL = "fail"  # the object is not applied
    YIELD = "yield"  # it is left out of what is applied: its value stays with the other


class Tool(StrEnum):
    """Who may have applied objects before Syncline did. Order means nothing."""

    KUBECTL = "kubectl"
    HELM = "helm"
    ARGOCD = "argocd"
    FLUX = "flux"


class Propagation(StrEnum):
    """What becomes of an object's dependents when it is deleted. Order means nothing."""

    BACKGROUND = "background"  # the API server's collector deletes them afterwards
    FOREGROUND = "foreground"  # they are deleted first, and the object is there until then
    ORPHAN = "orphan"  # they stay


Pointer = Annotated[str, StringConstraints(pattern=r"^(/[^/]+)+$", max_length=1024)]
"""A JSON pointer; ``*`` stands for any key or place in a list."""


class ConflictRule(Written):
    """What happens to some fields of some objects that some others hold."""

    conflicts: Conflicts = Field(description="What happens to them: force, fail or yield.")
    fields: tuple[Pointer, ...] = Field(
        default=(),
        description="JSON pointers, such as /spec/replicas, with * for any key or list place; each "
        "stands for all below it, too. None: all fields.",
    )
    managers: tuple[str, ...] = Field(
        default=(), description="Only where one of these field managers holds it; * matches any."
    )
    group: str | None = Field(default=None, description='Only this API group; "" is the core.')
    kind: str | None = Field(default=None, description="Only this kind.")
    namespace: str | None = Field(default=None, description="Only here; * matches any characters.")
    name: str | None = Field(default=None, description="Only this name; * matches any characters.")

    def selects(self, ref: ObjectRef) -> bool:
        """Whether it is about fields of this object."""
        return (
            self.group in (None, ref.group)
            and self.kind in (None, ref.kind)
            and fnmatchcase(ref.namespace, self.namespace or "*")
            and fnmatchcase(ref.name, self.name or "*")
        )

    def is_about(self, manager: str) -> bool:
        """Whether it is about fields that this manager holds."""
        return not self.managers or any(fnmatchcase(manager, each) for each in self.managers)
