"""The fleet repository: a Git repository of documents that Syncline follows.

A worker reads what a commit declares; ``adopt`` makes it so, all or nothing: one broken document
and the commit is refused, the error is kept and shown, and the last good state stays. What
disappeared from the repository is deleted; an error, or a commit that declares nothing, never
deletes.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from syncline.contract.reports import FollowReport
from syncline.errors import Conflict, InvalidDocument
from syncline.health import custom
from syncline.model import parse
from syncline.model.application import Application
from syncline.model.change import Action
from syncline.model.credential import Credential
from syncline.model.documents import API_VERSION, Metadata
from syncline.model.healthrule import HealthRule
from syncline.model.journal import AuditRecord
from syncline.model.names import application_name
from syncline.model.records import ApplicationRecord, Record
from syncline.model.repository import Repository, RepositorySpec
from syncline.operations import dependencies, documents
from syncline.operations.documents import FLEET_REPOSITORY, Applied, Written
from syncline.store import audit, due, fleet, rules
from syncline.store import documents as stored
from syncline.store.connection import Store
from syncline.store.records import Kind

OVER = (
    Kind.APPLICATION,
    Kind.CLUSTER,
    Kind.REPOSITORY,
    Kind.SYNC_WINDOW,
    Kind.CREDENTIAL_TEMPLATE,
)
"""In which order what disappeared is deleted: users before what they use."""

_DECLARED = "fleet: "
_PAGE = 200
_MISTAKES = 20  # shown of one commit
_Key = tuple[Kind, str, str]  # kind, project, name


def declare(
    store: Store,
    url: str,
    revision: str = "HEAD",
    path: str = ".",
    *,
    credential: Credential | None = None,
) -> bool:
    """Follow a fleet repository, in place of any other; False where nothing changes.

    Args:
        store: the store.
        url: where it is.
        revision: a branch, a tag, a commit or a semver range.
        path: a directory of documents in it.
        credential: where the credential to read it is found; None: anonymous.

    Raises:
        pydantic.ValidationError: the URL is empty or too long.
    """
    repository = Repository(
        api_version=API_VERSION,
        kind="Repository",
        metadata=Metadata(name=FLEET_REPOSITORY),
        spec=RepositorySpec(url=url, credential=credential),
    )
    put = stored.put_repository(store, repository, declared_in="fleet")
    changed = fleet.declare(store, put.record.uid, revision, path)
    due.add(store, f"follow:{put.record.uid}")
    return changed or put.action is not Action.UNCHANGED


def adopt(store: Store) -> list[Applied]:
    """Make so what the newest commit declares.

    Returns:
        What became of each document; empty where nothing waits, or the commit was refused (its
        error then stands in the fleet's status).

    Raises:
        Conflict: a name is still being deleted; all else is adopted, and the call is to be
            repeated.
    """
    report = fleet.pending(store)
    if report is None:
        return []
    try:
        declared, judging = _read(report)
        _check_dependencies(store, report, declared)
    except InvalidDocument as exc:
        fleet.adopted(store, report.revision, error=f"{exc.reason}: {exc.detail}")
        return []
    rules_changed = rules.keep(store, judging)
    gone = list(_disappeared(store, declared))
    held = [key for key in declared if _is_tombstone(store, key)]
    applied = [
        documents.register(store, declared[key][1], declared_in=_DECLARED + declared[key][0])
        for key in _ordered(declared)
        if key not in held
    ]
    applied += [documents.bury(store, kind, record) for kind, record in gone]
    documents.follow_up(store, applied)
    _audit(store, report, applied, rules_changed=rules_changed)
    if held:
        kind, project, name = held[0]
        raise Conflict(
            f"{kind}/{application_name(project, name)}",
            f"is still being deleted; {len(held)} documents of {report.revision[:12]} wait",
        )
    fleet.adopted(store, report.revision)
    return applied


def _read(
    report: FollowReport,
) -> tuple[Mapping[_Key, tuple[str, Written]], Sequence[HealthRule]]:
    """Parse and check all documents; every mistake of the commit is told at once."""
    declared: dict[_Key, tuple[str, Written]] = {}
    judging: dict[str, HealthRule] = {}
    mistakes: list[str] = []
    for file, mapping in report.documents:
        try:
            document = parse.parse_mapping(mapping, source=file)
        except InvalidDocument as exc:
            mistakes.append(str(exc))
            continue
        if isinstance(document, HealthRule):
            if document.metadata.name in judging:
                mistakes.append(f"{file}: HealthRule {document.metadata.name} is declared twice")
            judging[document.metadata.name] = document
            continue
        key = documents.name_of(document)
        if mistake := _misplaced(key, file, declared):
            mistakes.append(mistake)
        declared[key] = (file, document)
    mistakes += _unsound(judging.values())
    if not declared and not judging and not mistakes:
        mistakes.append("declares no document at all: nothing is deleted for that")
    _refuse(report, mistakes)
    return declared, list(judging.values())


def _check_dependencies(
    store: Store, report: FollowReport, declared: Mapping[_Key, tuple[str, Written]]
) -> None:
    """Refuse what depends on itself; what disappears with the commit holds nobody up."""
    given = {
        dependencies.full_name(document): (file, document)
        for file, document in declared.values()
        if isinstance(document, Application)
    }
    known = dependencies.stored(store, without=lambda each: each.declared_in.startswith(_DECLARED))
    found = dependencies.mistakes([document for _, document in given.values()], known)
    lines = [(name, line) for name in found for line in found[name]]
    _refuse(report, [f"{given[name][0]}: Application {name}: {line}" for name, line in lines])


def _refuse(report: FollowReport, mistakes: Sequence[str]) -> None:
    if mistakes:
        more = len(mistakes) - _MISTAKES
        shown = [*mistakes[:_MISTAKES], *([f"and {more} more"] if more > 0 else [])]
        raise InvalidDocument(f"commit {report.revision[:12]}", "\n".join(shown))


def _unsound(judging: Iterable[HealthRule]) -> list[str]:
    try:
        custom.compile_all(judging)
    except InvalidDocument as exc:
        return exc.detail.splitlines()
    return []


def _misplaced(key: _Key, file: str, declared: Mapping[_Key, tuple[str, Written]]) -> str:
    kind, project, name = key
    subject = f"{file}: {kind} {application_name(project, name)}"
    if kind is Kind.REPOSITORY and name == FLEET_REPOSITORY:
        return f"{subject} is the name of the fleet repository itself: choose another"
    if key in declared:
        return f"{subject} is declared in {declared[key][0]} too: keep one of them"
    return ""


def _ordered(declared: Mapping[_Key, tuple[str, Written]]) -> Sequence[_Key]:
    in_order = documents.in_order([document for _, document in declared.values()])
    return [documents.name_of(document) for document in in_order]


def _disappeared(
    store: Store, declared: Mapping[_Key, tuple[str, Written]]
) -> Iterator[tuple[Kind, Record]]:
    for kind in OVER:
        for record in _all(store, kind):
            project = record.project if isinstance(record, ApplicationRecord) else "default"
            ours = record.declared_in.startswith(_DECLARED) and not record.deleting
            if ours and (kind, project, record.name) not in declared:
                yield kind, record


def _all(store: Store, kind: Kind) -> Iterator[Record]:
    cursor: str | None = None
    while True:
        page = stored.page(store, kind, cursor=cursor, limit=_PAGE)
        yield from page.items
        if (cursor := page.cursor) is None:
            return


def _is_tombstone(store: Store, key: _Key) -> bool:
    kind, project, name = key
    if kind is Kind.REPOSITORY:  # that one is taken back
        return False
    record = stored.get(store, kind, name, project)
    return record is not None and record.deleting


def _audit(
    store: Store, report: FollowReport, applied: Sequence[Applied], *, rules_changed: bool
) -> None:
    changed = [each for each in applied if each.action is not Action.UNCHANGED]
    if not changed and not rules_changed:
        return
    counts: dict[str, int] = {}
    for each in changed:
        counts[each.action] = counts.get(each.action, 0) + 1
    audit.append(
        store,
        AuditRecord(
            actor="syncline",
            verb="adopt",
            subject=f"fleet/{report.revision[:12]}",
            reason="a new commit of the fleet repository",
            detail=", ".join(
                [f"{count} {action}" for action, count in sorted(counts.items())]
                + ["health rules changed"] * rules_changed
            ),
        ),
    )
