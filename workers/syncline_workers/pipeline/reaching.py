"""Can a repository be reached, and if not: what of the way to it is wrong."""

from __future__ import annotations

from syncline.errors import NotFound, SynclineError
from syncline.model.names import Uid
from syncline.model.reach import Step
from syncline.model.records import RepositoryRecord
from syncline.model.repository import RepositoryType
from syncline_workers.pipeline.failure import describe
from syncline_workers.pipeline.ports import Ports

_HEAD = "HEAD"
_NAMED = 3  # revisions that are named


def check(ports: Ports, uid: Uid) -> tuple[Step, ...]:
    """Look at each step, then ask the repository as a look-up does, with its credential.

    Raises:
        NotFound: it is not registered any more.
    """
    repository = ports.lookups.repository(uid)
    if repository is None:
        raise NotFound(f"Repository/{uid}", "is not registered any more")
    return (*ports.repositories.probe(repository), _answer(ports, repository))


def _answer(ports: Ports, repository: RepositoryRecord) -> Step:
    followed = [name for name in ports.lookups.heads(repository.uid) if name]
    is_git = repository.spec.serves is RepositoryType.GIT
    wanted = {*followed, *([_HEAD] if is_git else [])}
    if not wanted:
        said = "no application follows anything of it: it was not asked"
        return Step(name="answer", ok=True, found=said)
    # Whether somebody signed is another question, and would fetch commits.
    unsigned = repository.spec.model_copy(update={"verify": None})
    try:
        found = ports.repositories.resolve(repository.model_copy(update={"spec": unsigned}), wanted)
    except SynclineError as exc:
        return Step(name="answer", ok=False, found=describe(exc))
    told = f"it answers; {len(followed)} revisions are followed"
    if _HEAD in found.commits:
        told += f"; HEAD is {found.commits[_HEAD][:12]}"
    if missing := sorted(set(found.missing) & set(followed)):
        more = f" and {len(missing) - _NAMED} more" if len(missing) > _NAMED else ""
        told += f"; not there: {', '.join(missing[:_NAMED])}{more}"
    return Step(name="answer", ok=True, found=told)
