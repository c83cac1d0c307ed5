"""What happened, or would happen, to objects; and what was applied last."""

from __future__ import annotations

from enum import StrEnum
from typing import Any

from syncline.model.names import ObjectKey
from syncline.model.status import HealthStatus
from syncline.model.values import Manifest, Stored


class Action(StrEnum):
    """What happened to one object. Order means nothing."""

    CREATED = "created"
    CONFIGURED = "configured"
    UNCHANGED = "unchanged"
    DELETED = "deleted"
    SKIPPED = "skipped"
    FAILED = "failed"  # it was refused: the message is the API server's


WRITTEN = frozenset({Action.CREATED, Action.CONFIGURED, Action.DELETED})
"""What tells that something reached the cluster."""


class ObjectRef(Stored):
    """One object with the version it was rendered in."""

    group: str
    version: str
    kind: str
    namespace: str = ""
    name: str

    @property
    def key(self) -> ObjectKey:
        """The object, whatever its version."""
        return ObjectKey(self.group, self.kind, self.namespace, self.name)

    @property
    def api_version(self) -> str:
        """``group/version``, or ``version`` for the core group."""
        return f"{self.group}/{self.version}" if self.group else self.version

    def __str__(self) -> str:
        return str(self.key)


def ref_of(manifest: Manifest) -> ObjectRef:
    """Name the object of a manifest that has apiVersion, kind and metadata.name.

    A hook may have a generateName until its run gives it a name.
    """
    group, _, version = str(manifest["apiVersion"]).rpartition("/")
    meta = manifest["metadata"]
    return ObjectRef(
        group=group,
        version=version,
        kind=manifest["kind"],
        namespace=meta.get("namespace") or "",
        name=meta.get("name") or meta["generateName"],
    )


class Change(Stored):
    """What happened, or would happen, to one object."""

    ref: ObjectRef
    action: Action
    message: str = ""
    drift: bool = False  # the live object had lost what we applied


ChangeSet = tuple[Change, ...]


class FieldChange(Stored):
    """One field that would change, as ``.spec.containers[name="web"].image``; None: absent."""

    path: str
    before: Any = None
    after: Any = None


class Difference(Stored):
    """One object that would change: its name, the action, its fields, a unified diff of the YAML.

    Secret values are masked. An object that would be made or deleted lists no fields.
    """

    subject: str
    action: str
    unified: str = ""
    fields: tuple[FieldChange, ...] = ()
    cut: bool = False  # too large to be kept: fields and diff are left out


class InventoryEntry(Stored):
    """One object that we applied, and its live version as the apply returned it."""

    ref: ObjectRef
    digest: str = ""  # keyed digest of the manifest; "" = recorded, not applied yet
    uid: str = ""
    resource_version: str = ""
    generation: int = 0
    owned: str = ""  # time and digest of our field set in managedFields, see change.owned
    contest: str = ""  # of a field of it that somebody else sets again, see change.contest
    ignored: str = ""  # what of it may be lost to others, see change.ignored; "" = nothing
    health: HealthStatus | None = None  # as judged last; None: to be judged, if its kind is
    wave: int = 0  # as it was applied: it is deleted in the reverse order
    hook: bool = False  # it ran for one run: neither pruned nor watched as what is declared is


Inventory = tuple[InventoryEntry, ...]
