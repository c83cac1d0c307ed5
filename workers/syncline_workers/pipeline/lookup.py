"""One look-up of a repository for the whole fleet: what moved, and whose inputs it touches."""

from __future__ import annotations

from syncline.contract.reports import LookupReport
from syncline.errors import SynclineError
from syncline.model.names import Uid
from syncline.model.records import RepositoryRecord
from syncline.model.run import Inputs
from syncline_workers.pipeline import resolve
from syncline_workers.pipeline.failure import describe
from syncline_workers.pipeline.ports import Ports


def lookup(ports: Ports, uid: Uid) -> LookupReport | None:
    """Resolve every followed revision by one request, and compare inputs by tree id.

    Returns:
        None where the repository is gone; else a report, also where the host did not answer.
    """
    repository = ports.lookups.repository(uid)
    if repository is None:
        return None
    began = ports.lookups.now()
    followed = ports.lookups.heads(uid)
    try:
        found = ports.repositories.resolve(repository, followed)
    except SynclineError as exc:
        return LookupReport(repository=uid, began=began, errors={"": describe(exc)})
    missing = {revision: describe(error) for revision, error in found.missing.items()}
    report = LookupReport(repository=uid, began=began, errors=missing)
    for revision, commit in found.commits.items():
        report = _compared(ports, repository, report, (revision, followed[revision], commit))
    return report


def _compared(
    ports: Ports, repository: RepositoryRecord, report: LookupReport, move: tuple[str, str, str]
) -> LookupReport:
    revision, old, commit = move
    if old == commit:
        return report.model_copy(update={"heads": {**report.heads, revision: commit}})
    learned = ports.lookups.inputs(repository.uid, revision)
    try:
        named = resolve.named(repository, revision, commit)
        affected = _affected(ports, repository, named, learned) if learned else set()
    except SynclineError as exc:
        return report.model_copy(update={"errors": {**report.errors, revision: describe(exc)}})
    return report.model_copy(
        update={
            "heads": {**report.heads, revision: commit},
            "affected": {**report.affected, revision: tuple(sorted(affected))},
            "unaffected": {
                **report.unaffected,
                revision: tuple(sorted(learned.keys() - affected)),
            },
        }
    )


def _affected(
    ports: Ports, repository: RepositoryRecord, commit: str, learned: dict[str, Inputs]
) -> set[str]:
    """Digests whose paths have another id at this commit; each path is asked once.

    Inputs without a path are those of a render that failed: any commit may mend it.
    """
    paths = sorted({path for inputs in learned.values() for path in inputs.paths})
    with ports.repositories.tree(repository, commit) as tree:
        now = tree.ids(paths)
    return {
        digest
        for digest, inputs in learned.items()
        if not inputs.paths or any(now.get(path, "") != old for path, old in inputs.paths.items())
    }
