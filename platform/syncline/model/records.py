"""Registered documents as the store keeps them: the document, its uid and where it is declared."""

from __future__ import annotations

from syncline.model.application import ApplicationSpec
from syncline.model.cluster import ClusterSpec
from syncline.model.credentialtemplate import CredentialTemplateSpec
from syncline.model.names import TargetName, Uid
from syncline.model.repository import RepositorySpec
from syncline.model.values import Stored
from syncline.model.windows import SyncWindowSpec


class Record(Stored):
    """What every registered document has."""

    uid: Uid
    name: str
    labels: dict[str, str] = {}
    annotations: dict[str, str] = {}
    declared_in: str = ""  # "" = over the API; else "fleet: <path in the fleet repository>"
    generation: int = 1  # grows with each change of the document
    created_at: float = 0.0
    deleting: bool = False  # a tombstone: its targets are being removed
    orphan: bool = False  # deleting: leave the objects in the clusters


class ApplicationRecord(Record):
    """A registered application."""

    project: str
    spec: ApplicationSpec
    repository: Uid | None = None  # None: its repository is not registered


class ClusterRecord(Record):
    """A registered cluster. ``kube_uid`` is the uid of its kube-system namespace, once seen."""

    spec: ClusterSpec
    kube_uid: str = ""
    version: str = ""


class RepositoryRecord(Record):
    """A registered repository. ``spec`` is whole: with what a credential template fills in."""

    spec: RepositorySpec
    template: str = ""  # the CredentialTemplate that fills in what the document leaves out
    filled: tuple[str, ...] = ()  # fields of spec that come from it

    @property
    def written(self) -> RepositorySpec:
        """The spec as the document has it."""
        return self.spec.model_copy(update=dict.fromkeys(self.filled))


class CredentialTemplateRecord(Record):
    """A registered credential template."""

    spec: CredentialTemplateSpec


class SyncWindowRecord(Record):
    """A registered sync window."""

    spec: SyncWindowSpec


def name_of(application: ApplicationRecord, cluster: ClusterRecord) -> TargetName:
    """Name the target that these two make."""
    return TargetName(application.project, application.name, cluster.name)
