"""A backup put back: chunk by chunk, while schedulers rest; then everything converges by itself.

What the store has is kept as it is, what it lacks is added. Wishes, leases and timers are in no
backup. Each target runs once: what it remembers of its objects counts only where the cluster shows
the same, so that nothing old is taken for true and nothing that did not change is applied again.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

from syncline.errors import Conflict
from syncline.model import backup, parse
from syncline.model.application import Application
from syncline.model.backup import AuditLine, FleetLine, Line, RecordLine, SpecLine, TargetLine
from syncline.model.cluster import Cluster
from syncline.model.credentialtemplate import CredentialTemplate
from syncline.model.documents import API_VERSION
from syncline.model.journal import AuditRecord
from syncline.model.names import DEFAULT_PROJECT, target_id
from syncline.model.records import ApplicationRecord, ClusterRecord, Record
from syncline.model.windows import SyncWindow
from syncline.operations import placing
from syncline.operations.documents import FLEET_REPOSITORY, Written, registrable
from syncline.store import audit, documents, due, fleet, restoring, targets, templates, windows
from syncline.store.connection import Store
from syncline.store.records import Kind
from syncline.store.restoring import Restore

KEPT, SKIPPED = "kept", "skipped"
"""In counts, behind the kind of line: it was there already; nothing it belongs to is there."""


def begin(store: Store, header: Any, *, merge: bool, actor: str) -> Restore:
    """Check whether this backup can be restored here, and let schedulers rest.

    Raises:
        InvalidDocument: it is no backup.
        Conflict: a newer release wrote it, the store is not empty (see ``merge``), or it is another
            installation's.
        CredentialRefused: it was taken with another platform key.
    """
    found = backup.read_header(header)
    begun = restoring.begin(store, found, merge=merge, reserved=FLEET_REPOSITORY)
    _audit(store, actor, "a restore begins", f"taken by release {found.release}")
    return begun


def add(store: Store, ident: str, lines: Sequence[dict[str, Any]]) -> Counter[str]:
    """Put back some lines, in the backup's order; a chunk that is sent twice does no harm.

    Returns:
        What became of them: `record`, `record kept`, `target skipped`, …

    Raises:
        Conflict: the restore is over.
        InvalidDocument: a line is broken; those before it are back.
    """
    restore = restoring.going_on(store, ident)
    read = [backup.read_line(line, restore.version) for line in lines]
    counts: Counter[str] = Counter()
    known = _Known(store)
    for line in read:
        if not isinstance(line, AuditLine):
            what = _one(store, line, known)
            counts[f"{line.kind} {what}" if what else line.kind] += 1
    trail = [line for line in read if isinstance(line, AuditLine)]
    if trail:
        restoring.audit(store, trail)
        counts["audit"] += len(trail)
    return counts


def finish(store: Store, ident: str, *, actor: str) -> None:
    """End a restore: schedulers go on.

    Raises:
        Conflict: it is over already.
    """
    restoring.going_on(store, ident)
    _audit(store, actor, "a restore ended", "")
    restoring.finish(store)


class _Known:
    """Documents by name, read once for all targets of a chunk."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._found: dict[tuple[Kind, str, str], Record | None] = {}

    def get(self, kind: Kind, name: str, project: str = DEFAULT_PROJECT) -> Record | None:
        key = (kind, name, project)
        if key not in self._found:
            self._found[key] = documents.get(self._store, kind, name, project)
        return self._found[key]


def _one(store: Store, line: Line, known: _Known) -> str:
    match line:
        case RecordLine():
            return _record(store, line)
        case SpecLine():
            return "" if restoring.specification(store, line) else SKIPPED
        case TargetLine():
            return _target(store, line, known)
        case FleetLine():
            return _fleet(store, line)
        case AuditLine():
            return SKIPPED
        case _:
            return "" if restoring.token(store, line) else KEPT


def _record(store: Store, line: RecordLine) -> str:
    if documents.get(store, Kind(line.of), line.name, line.project or DEFAULT_PROJECT):
        return KEPT
    document = _document(line)
    told: dict[str, Any] = {"declared_in": line.declared_in, "uid": line.uid}
    if isinstance(document, Application):
        documents.put_application(store, document, **told)
    elif isinstance(document, Cluster):
        documents.put_cluster(store, document, **told)
    elif isinstance(document, SyncWindow):
        windows.put(store, document, **told)
    elif isinstance(document, CredentialTemplate):
        templates.put(store, document, **told)
    else:
        documents.put_repository(store, document, **told)
    if isinstance(document, Application | Cluster):
        due.add(store, f"expand:{line.uid}")
    try:
        restoring.complete_record(store, line)
    except Conflict:  # the cluster is registered under another name by now: it says so itself
        return "in conflict"
    return ""


def _document(line: RecordLine) -> Written:
    meta = {key: line.document.get(key) or {} for key in ("labels", "annotations")}
    project = {"project": line.project} if line.of == "Application" else {}
    written = {
        "apiVersion": API_VERSION,
        "kind": line.of,
        "metadata": {"name": line.name, **project, **meta},
        "spec": line.document["spec"],
    }
    return registrable([parse.parse_mapping(written, source="backup")])[0]


def _target(store: Store, line: TargetLine, known: _Known) -> str:
    project, _, name = line.application.rpartition("/")
    application = known.get(Kind.APPLICATION, name, project or DEFAULT_PROJECT)
    cluster = known.get(Kind.CLUSTER, line.cluster)
    if not isinstance(application, ApplicationRecord) or not isinstance(cluster, ClusterRecord):
        return SKIPPED
    if not placing.belongs(application, cluster):
        return SKIPPED
    targets.ensure(store, application, cluster)
    restoring.target(store, target_id(application.uid, cluster.uid), line)
    return ""


def _fleet(store: Store, line: FleetLine) -> str:
    repository = documents.get(store, Kind.REPOSITORY, line.repository)
    if repository is None:
        return SKIPPED
    if fleet.followed(store):
        return KEPT
    fleet.declare(store, repository.uid, line.revision, line.path)
    return ""


def _audit(store: Store, actor: str, reason: str, detail: str) -> None:
    record = AuditRecord(actor=actor, verb="restore", subject="store", reason=reason, detail=detail)
    audit.append(store, record)
