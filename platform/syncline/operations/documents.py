"""Documents in and out over the API: register, change, delete."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from syncline.errors import Conflict, InvalidDocument, NotFound
from syncline.model.application import Application
from syncline.model.change import Action
from syncline.model.cluster import Cluster
from syncline.model.credentialtemplate import CredentialTemplate
from syncline.model.healthrule import HealthRule
from syncline.model.journal import AuditRecord
from syncline.model.names import DEFAULT_PROJECT, application_name
from syncline.model.records import ApplicationRecord, Record
from syncline.model.repository import Repository
from syncline.model.windows import SyncWindow
from syncline.operations import dependencies
from syncline.store import audit, choices, due, templates, windows
from syncline.store import documents as stored
from syncline.store.connection import Store
from syncline.store.documents import Put
from syncline.store.records import Kind

Written = Repository | Cluster | Application | SyncWindow | CredentialTemplate
"""A document that can be registered."""

Given = Written | HealthRule
"""A document that can be written."""

FLEET_REPOSITORY = "syncline-fleet"
"""The name of the Repository that stands for the fleet repository itself; nobody else's."""

_ORDER = {
    SyncWindow: 0,
    CredentialTemplate: 0,
    Repository: 1,
    Cluster: 2,
}  # what others need is first


@dataclass(frozen=True, slots=True, kw_only=True)
class Applied:
    """What became of one document."""

    kind: Kind
    name: str  # project/name for an application outside the default project
    action: Action  # created, configured, unchanged or deleted


def apply(
    store: Store,
    documents: Sequence[Given],
    *,
    actor: str,
    reason: str = "",
    kubeconfigs: Mapping[str, bytes] = {},
) -> list[Applied]:
    """Register or change documents; all are checked before the first is written.

    Args:
        store: the store.
        documents: in any order.
        actor: who.
        reason: why, for the audit trail.
        kubeconfigs: cluster name → kubeconfig, for clusters whose spec says ``stored``; a cluster
            that is left out keeps the one it has.

    Returns:
        What became of each, repositories first, applications last.

    Raises:
        Conflict: one is declared in the fleet repository, or is still being deleted.
        InvalidDocument: a kubeconfig is given for none of these clusters, or where the spec names
            another place; a name is reserved; one is declared in the fleet repository alone; or
            applications depend on each other in a ring.
        CredentialRefused: a kubeconfig is given and there is no platform key to seal it with.
    """
    given = registrable(documents)
    _check_dependencies(store, given)
    ordered = in_order(given)
    _check_kubeconfigs(ordered, kubeconfigs)
    for document in ordered:
        _check_writable(store, document)
    applied = []
    for document in ordered:
        done = register(store, document, kubeconfig=kubeconfigs.get(document.metadata.name))
        if done.action is not Action.UNCHANGED:
            _audit(store, "apply", done, actor=actor, reason=reason)
        applied.append(done)
    follow_up(store, applied)
    return applied


def delete(
    store: Store,
    kind: Kind,
    name: str,
    project: str = DEFAULT_PROJECT,
    *,
    actor: str,
    reason: str = "",
    orphan: bool = False,
) -> Applied:
    """Leave a tombstone; the rest happens in the background.

    An application's objects are deleted from its clusters unless ``orphan``; a cluster's objects
    stay where they are, always.

    Raises:
        NotFound: no such document.
        Conflict: it is declared in the fleet repository, or applications still use the repository.
    """
    record = stored.get(store, kind, name, project)
    if record is None:
        raise NotFound(
            f"{kind}/{_shown(name, project)}", f"is not registered: `syncline get {_plural(kind)}`"
        )
    _check_ours(kind, record)
    if kind is Kind.REPOSITORY:
        _check_unused(store, record)
    done = bury(store, kind, record, orphan=orphan)
    follow_up(store, [done])
    _audit(store, "orphan" if orphan else "delete", done, actor=actor, reason=reason)
    return done


def registrable(documents: Sequence[Given]) -> list[Written]:
    """Return documents that can be registered.

    Raises:
        InvalidDocument: one can be declared in the fleet repository alone.
    """
    for document in documents:
        if isinstance(document, HealthRule):
            raise InvalidDocument(
                f"HealthRule/{document.metadata.name}",
                "is declared in the fleet repository alone (syncline init --fleet URL); "
                "try it with syncline health --rules FILE",
            )
    return [document for document in documents if not isinstance(document, HealthRule)]


def in_order(documents: Sequence[Written]) -> list[Written]:
    """Sort so that what others refer to comes first; else the order stays."""
    applications = [each for each in documents if isinstance(each, Application)]
    others = [each for each in documents if not isinstance(each, Application)]
    others.sort(key=lambda document: _ORDER[type(document)])
    return [*others, *dependencies.parents_first(applications)]


def name_of(document: Written) -> tuple[Kind, str, str]:
    """Return kind, project and name; the project is ``default`` for what belongs to none."""
    if isinstance(document, Application):
        return Kind.APPLICATION, document.metadata.project, document.metadata.name
    return Kind(document.kind), DEFAULT_PROJECT, document.metadata.name


def register(
    store: Store, document: Written, *, declared_in: str = "", kubeconfig: bytes | None = None
) -> Applied:
    """Write one document and have its consequences followed up; no check, no audit record.

    A new or changed application or cluster has its targets expanded. The store itself has a
    repository looked up, a cluster probed, and targets filed where a sync window changed.
    """
    put = _put(store, document, declared_in, kubeconfig)
    if put.action is not Action.UNCHANGED and isinstance(document, Application | Cluster):
        due.add(store, f"expand:{put.record.uid}")
    kind, project, name = name_of(document)
    return Applied(kind=kind, name=_shown(name, project), action=put.action)


def follow_up(store: Store, applied: Sequence[Applied]) -> None:
    """Have what was registered or buried count where others are to know of it at once."""
    changed = (each.kind for each in applied if each.action is not Action.UNCHANGED)
    if Kind.CREDENTIAL_TEMPLATE in changed:
        choices.settle(store)


def bury(store: Store, kind: Kind, record: Record, *, orphan: bool = False) -> Applied:
    """Leave a tombstone for one record and have its targets removed; no check, no audit record."""
    stays = orphan or kind is Kind.CLUSTER
    marked = stored.mark_deleting(store, kind, record.uid, orphan=stays)
    if marked and kind in (Kind.APPLICATION, Kind.CLUSTER):
        due.add(store, f"expand:{record.uid}")
    name = _shown(record.name, _project(record))
    return Applied(kind=kind, name=name, action=Action.DELETED)


def _put(store: Store, document: Written, declared_in: str, kubeconfig: bytes | None) -> Put:
    if isinstance(document, Repository):
        return stored.put_repository(store, document, declared_in=declared_in)
    if isinstance(document, CredentialTemplate):
        return templates.put(store, document, declared_in=declared_in)
    if isinstance(document, SyncWindow):
        return windows.put(store, document, declared_in=declared_in)
    if isinstance(document, Cluster):
        return stored.put_cluster(store, document, declared_in=declared_in, kubeconfig=kubeconfig)
    return stored.put_application(store, document, declared_in=declared_in)


def _check_writable(store: Store, document: Written) -> None:
    kind, project, name = name_of(document)
    if kind is Kind.REPOSITORY and name == FLEET_REPOSITORY:
        raise InvalidDocument(
            f"{kind}/{name}", "is the name of the fleet repository: choose another"
        )
    record = stored.get(store, kind, name, project)
    if record is None:
        return
    _check_ours(kind, record)
    if record.deleting and kind is not Kind.REPOSITORY:  # that one is taken back
        raise Conflict(
            f"{kind}/{_shown(name, project)}", "is still being deleted: wait until it is gone"
        )


def _check_ours(kind: Kind, record: Record) -> None:
    if record.declared_in:
        raise Conflict(
            f"{kind}/{_shown(record.name, _project(record))}",
            f"is declared in {record.declared_in}: change it there",
        )


def _check_unused(store: Store, record: Record) -> None:
    users = [
        application_name(each.project, each.name)
        for each in stored.applications_of_repository(store, record.uid)
        if not each.deleting
    ]
    if users:
        more = f" and {len(users) - 3} more" if len(users) > 3 else ""  # noqa: PLR2004  # a line's worth
        raise Conflict(
            f"Repository/{record.name}",
            f"is used by {', '.join(users[:3])}{more}: delete or change them first",
        )


def _check_dependencies(store: Store, documents: Sequence[Written]) -> None:
    applications = [each for each in documents if isinstance(each, Application)]
    found = dependencies.mistakes(applications, dependencies.stored(store))
    if found:
        lines = [f"Application {name}: {line}" for name in found for line in found[name]]
        raise InvalidDocument("documents", "\n".join(lines))


def _check_kubeconfigs(documents: Sequence[Written], kubeconfigs: Mapping[str, bytes]) -> None:
    clusters = {each.metadata.name: each for each in documents if isinstance(each, Cluster)}
    for name in kubeconfigs:
        if name not in clusters:
            raise InvalidDocument(f"kubeconfig for {name}", "no such Cluster is in this request")
        if (place := clusters[name].spec.kubeconfig) != "stored":
            raise InvalidDocument(
                f"Cluster/{name}", f"spec.kubeconfig is {place!r}: write stored, or send none"
            )


def _audit(store: Store, verb: str, done: Applied, *, actor: str, reason: str) -> None:
    subject = f"{done.kind}/{done.name}"
    record = AuditRecord(
        actor=actor, verb=verb, subject=subject, reason=reason, detail=str(done.action)
    )
    audit.append(store, record)


def _project(record: Record) -> str:
    return record.project if isinstance(record, ApplicationRecord) else DEFAULT_PROJECT


def _shown(name: str, project: str) -> str:
    return application_name(project, name)


def _plural(kind: Kind) -> str:
    odd = {
        Kind.REPOSITORY: "repositories",
        Kind.SYNC_WINDOW: "windows",
        Kind.CREDENTIAL_TEMPLATE: "credential-templates",
    }
    return odd.get(kind, f"{kind.lower()}s")
