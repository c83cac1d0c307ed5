"""Names of targets and objects: what people read, and the immutable ids behind them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NewType

from syncline.errors import InvalidDocument

DEFAULT_PROJECT = "default"

TargetId = NewType("TargetId", str)
"""``<application uid>.<cluster uid>``: what the store is keyed by; survives renames."""

Uid = NewType("Uid", str)
"""An immutable id of an application, cluster, repository or operation: 16 hex digits."""


def target_id(application: Uid, cluster: Uid) -> TargetId:
    """Build the id of one application on one cluster."""
    return TargetId(f"{application}.{cluster}")


def split_target_id(target: TargetId) -> tuple[Uid, Uid]:
    """Return the uids of the application and of the cluster."""
    application, _, cluster = target.partition(".")
    return Uid(application), Uid(cluster)


@dataclass(frozen=True, slots=True, order=True)
class TargetName:
    """``project/app@cluster``; the project ``default`` is left out when written."""

    project: str
    application: str
    cluster: str

    @classmethod
    def parse(cls, text: str) -> TargetName:
        """Read ``app@cluster`` or ``project/app@cluster``."""
        left, at, cluster = text.partition("@")
        project, slash, application = left.rpartition("/")
        if not at or not cluster or not application or "/" in project:
            raise InvalidDocument(text, "is no target name: write project/app@cluster")
        return cls(project if slash else DEFAULT_PROJECT, application, cluster)

    def __str__(self) -> str:
        return f"{application_name(self.project, self.application)}@{self.cluster}"


def application_name(project: str, application: str) -> str:
    """Write ``project/app``, or ``app`` for the default project."""
    return application if project == DEFAULT_PROJECT else f"{project}/{application}"


@dataclass(frozen=True, slots=True, order=True)
class ObjectKey:
    """Which object, whatever its version: ``apps/Deployment/shop/web``."""

    group: str
    kind: str
    namespace: str
    name: str

    def __str__(self) -> str:
        return "/".join(part for part in (self.group, self.kind, self.namespace, self.name) if part)

    @property
    def short(self) -> str:
        """For people, where the group says nothing: ``Deployment/shop/web``."""
        return "/".join(part for part in (self.kind, self.namespace, self.name) if part)
