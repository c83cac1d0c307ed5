"""Registered documents: applications, clusters, repositories, with how they are doing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from pydantic import Field

from syncline.api.views.base import moment
from syncline.api.views.status import Status, health_of, sentence, sync_of
from syncline.model import giturl
from syncline.model.application import ApplicationSpec
from syncline.model.cluster import ClusterSpec
from syncline.model.credentialtemplate import CredentialTemplateSpec
from syncline.model.names import application_name
from syncline.model.records import (
    ApplicationRecord,
    ClusterRecord,
    CredentialTemplateRecord,
    Record,
    RepositoryRecord,
)
from syncline.model.repository import RepositorySpec
from syncline.model.state import ClusterStatus, Summary
from syncline.model.status import HealthStatus, SyncStatus


class Registered(Status):
    """What every registered document shows."""

    uid: str = Field(description="Immutable; survives a change of everything else.")
    labels: dict[str, str] = Field(description="What selectors match.")
    annotations: dict[str, str] = Field(description="Free text.")
    declared_in: str = Field(description="`fleet: FILE`, or empty: over the API.")
    generation: int = Field(description="Grows with each change of the document.")
    created_at: datetime | None = Field(description="When it was registered first.")
    deleting: bool = Field(description="It is being removed.")


class Counted(Registered):
    """What applications and clusters show: the counts of their targets."""

    targets: int = Field(description="How many targets it has.")
    sync_counts: dict[str, int] = Field(description="Targets by sync status.")
    health_counts: dict[str, int] = Field(description="Targets by health status.")


class ApplicationView(Counted):
    """An application. `revision` is what its first source's revision was last resolved to."""

    project: str = Field(description="Whose fair share it uses.")
    spec: ApplicationSpec = Field(description="As it was written.")


class ClusterView(Counted):
    """A cluster. `revision` is always empty: its targets have revisions."""

    version: str = Field(description="The Kubernetes version, once seen.")
    kube_uid: str = Field(description="The uid of its kube-system namespace, once seen.")
    reachable: bool | None = Field(description="What the last probe or run saw; null: none yet.")
    spec: ClusterSpec = Field(description="As it was written; never the credentials.")


class RepositoryView(Registered):
    """A repository. `revision` is always empty: it has one for each branch that is followed."""

    url: str = Field(description="Without any user name or password.")
    heads: dict[str, str] = Field(description="Followed revision as written → commit.")
    errors: dict[str, str] = Field(description="Followed revision → why it was not resolved.")
    credential_template: str = Field(
        description="The CredentialTemplate that fills in what spec leaves out; empty: none."
    )
    spec: RepositorySpec = Field(description="As it was written; only references to credentials.")


class CredentialTemplateView(Registered):
    """A credential template. It has no sync status, health or revision."""

    spec: CredentialTemplateSpec = Field(
        description="As it was written; only references to credentials."
    )

    @classmethod
    def of(cls, record: CredentialTemplateRecord) -> CredentialTemplateView:
        """Show one."""
        given = [name for name in ("credential", "tls") if getattr(record.spec, name) is not None]
        return cls(
            **registered(record),
            name=record.name,
            sync=SyncStatus.UNKNOWN,
            health=HealthStatus.UNKNOWN,
            revision="",
            reason="Registered",
            message=f"gives {' and '.join(given)} to repositories that have none of their own",
            spec=record.spec,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Lookups:
    """What the look-ups of one repository came to; both by revision as written."""

    heads: dict[str, str]
    errors: dict[str, str]  # under "": the repository as a whole

    def error_of(self, revision: str) -> str:
        """Return why a revision was not resolved last, or nothing."""
        return self.errors.get(revision) or self.errors.get("") or ""


def lookup_error(spec: ApplicationSpec, lookups: Mapping[str, Lookups]) -> str:
    """Say why what an application follows was not resolved last; of several, whose that was."""
    for name, followed in spec.follows:
        known = lookups.get(name)
        if known and (why := known.error_of(followed)):
            return f"{name}: {why}" if spec.sources else why
    return ""


def application(
    record: ApplicationRecord, summary: Summary, lookups: Mapping[str, Lookups]
) -> ApplicationView:
    """Show an application; a repository without look-ups, by name, is not registered."""
    source = record.spec.source
    first = lookups.get(source.repository)
    verdict = _verdict_of_application(record, summary, lookups)
    return ApplicationView(
        **_counted(record, summary),
        name=application_name(record.project, record.name),
        revision=first.heads.get(source.followed, "") if first else "",
        reason=verdict[0],
        message=verdict[1],
        project=record.project,
        spec=record.spec,
    )


def cluster(record: ClusterRecord, summary: Summary, status: ClusterStatus | None) -> ClusterView:
    """Show a cluster."""
    verdict = _verdict_of_cluster(record, summary, status)
    return ClusterView(
        **_counted(record, summary),
        name=record.name,
        revision="",
        reason=verdict[0],
        message=verdict[1],
        version=record.version,
        kube_uid=record.kube_uid,
        reachable=status.reachable if status and status.checked_at else None,
        spec=record.spec,
    )


def repository(record: RepositoryRecord, lookups: Lookups) -> RepositoryView:
    """Show a repository."""
    failed = next((f"{which}: {why}" for which, why in lookups.errors.items() if why), "")
    url = giturl.shown(record.spec.url)
    return RepositoryView(
        **registered(record),
        name=record.name,
        sync=SyncStatus.UNKNOWN,
        health=HealthStatus.UNKNOWN,
        revision="",
        reason="LookupFailed" if failed else "Resolved" if lookups.heads else "NotFollowed",
        message=failed.removeprefix(": ") or f"{len(lookups.heads)} revisions are followed",
        url=url,
        heads=lookups.heads,
        errors=lookups.errors,
        credential_template=record.template if record.filled else "",
        spec=record.written.model_copy(update={"url": url}),
    )


def registered(record: Record) -> dict[str, Any]:
    """Return the fields of ``Registered`` but those of its status."""
    return {
        "uid": record.uid,
        "labels": record.labels,
        "annotations": record.annotations,
        "declared_in": record.declared_in,
        "generation": record.generation,
        "created_at": moment(record.created_at),
        "deleting": record.deleting,
    }


def _counted(record: Record, summary: Summary) -> dict[str, Any]:
    return {
        **registered(record),
        "sync": sync_of(summary.sync),
        "health": health_of(summary.health),
        "targets": summary.targets,
        "sync_counts": summary.sync,
        "health_counts": summary.health,
    }


def _verdict_of_application(
    record: ApplicationRecord, summary: Summary, lookups: Mapping[str, Lookups]
) -> tuple[str, str]:
    counted = sentence(summary.sync, summary.targets)
    if record.deleting:
        return "Deleting", counted
    for name, _ in record.spec.follows:
        if name not in lookups:
            return "RepositoryMissing", f"repository {name} is not registered: syncline repo add"
    if why := lookup_error(record.spec, lookups):
        return "LookupFailed", why
    if not summary.targets:
        return "NoTargets", "no registered cluster matches its destination"
    return sync_of(summary.sync).value, counted


def _verdict_of_cluster(
    record: ClusterRecord, summary: Summary, status: ClusterStatus | None
) -> tuple[str, str]:
    counted = sentence(summary.sync, summary.targets)
    if record.deleting:
        return "Deleting", counted
    if status and not status.reachable:
        return status.reason or "ClusterUnreachable", status.message
    if record.spec.paused:
        return "Paused", "nothing is written to it"
    if status is None or not status.checked_at:
        return "NotProbed", "no worker has reached it yet"
    return status.reason or "Reachable", status.message or counted
