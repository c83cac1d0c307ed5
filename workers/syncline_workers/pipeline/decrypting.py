"""Encrypted files among a commit's own, opened for one render, in memory.

What is opened is told to nobody: a render that holds a decrypted value is kept nowhere, and what
people see of it is masked by those values (``masking``). External renderers read files, so what
they need is laid out in a directory in memory that lives as long as the render.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Final

from syncline.credentials import CredentialSource
from syncline.errors import (
    DecryptionFailed,
    LimitExceeded,
    RepositoryUnreachable,
    SynclineError,
)
from syncline.model.records import RepositoryRecord
from syncline.settings import RenderSettings
from syncline_workers import scratch
from syncline_workers.change.hidden import Hidden
from syncline_workers.pipeline import masking
from syncline_workers.pipeline.attempt import Attempt
from syncline_workers.renderers.lent import WithLent
from syncline_workers.renderers.tree import Paths, Tree

if TYPE_CHECKING:
    from syncline_workers.sops.opener import Opener

MOST: Final = 50_000_000
"""Bytes of one render's files in memory: a container has 64 MB there unless told otherwise."""


@dataclass(slots=True)
class OpenTree:
    """A commit whose encrypted files read as what they hold. ``texts``: what was decrypted."""

    tree: Tree
    opener: Opener
    place: Path  # in memory
    texts: set[str] = field(default_factory=set, repr=False)
    revision: str = ""

    def __post_init__(self) -> None:
        self.revision = self.tree.revision

    def ids(self, paths: Iterable[str]) -> dict[str, str]:
        """See ``renderers.tree.Tree``: the ids are those of the encrypted files."""
        return self.tree.ids(paths)

    def files(self, path: str) -> Mapping[str, str]:
        """See ``renderers.tree.Tree``."""
        return self.tree.files(path)

    def links(self, path: str) -> Iterable[str]:
        """See ``renderers.tree.Tree``."""
        return self.tree.links(path)

    def read(self, path: str) -> bytes:
        """The bytes of a file, decrypted."""
        return self._opened(path, self.tree.read(path))[0]

    @contextmanager
    def materialise(self, paths: Iterable[str]) -> Iterator[Path]:
        """Lay files out: in memory where one of them is encrypted, else as ever."""
        paths = list(paths)
        files = dict.fromkeys(file for below in paths for file in self.tree.files(below))
        decrypted = dict(self._decrypted(files))
        if not decrypted:
            with scratch.within(None), self.tree.materialise(paths) as root:
                yield root
            return
        with scratch.directory("tree", within=self.place) as root:
            self._write(root, files, decrypted)
            yield root

    def chart(self, name: str, *, about: str) -> AbstractContextManager[Paths]:
        """See ``renderers.tree.Tree``: what is elsewhere is not ours to open."""
        return self.tree.chart(name, about=about)

    def _decrypted(self, files: Iterable[str]) -> Iterator[tuple[str, bytes]]:
        for path in files:
            content, is_encrypted = self._opened(path, self.tree.read(path))
            if is_encrypted:
                yield path, content

    def _write(self, root: Path, files: Iterable[str], decrypted: Mapping[str, bytes]) -> None:
        total = 0
        for path in files:
            content = decrypted[path] if path in decrypted else self.tree.read(path)
            total += len(content)
            if total > MOST:
                raise LimitExceeded(
                    path, f"and the files beside it have more than {MOST} bytes: they are laid out "
                    "in memory where one of them is encrypted",
                )  # fmt: skip
            self._put(root / path, content)

    def _put(self, place: Path, content: bytes) -> None:
        try:
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_bytes(content)
        except OSError as exc:
            raise RepositoryUnreachable(
                self.opener.subject,
                f"the worker cannot write files for the renderer into {self.place}: {exc.strerror}",
            ) from exc

    def _opened(self, path: str, content: bytes) -> tuple[bytes, bool]:
        found = self.opener.opened(path, content)
        if found is None:
            return content, False
        self.texts |= found.texts
        return found.content, True


def opened(
    tree: Tree,
    repository: RepositoryRecord,
    credentials: CredentialSource,
    settings: RenderSettings,
) -> Tree:
    """The tree as it is, unless its repository declares keys.

    Raises:
        DecryptionFailed: there is no directory in memory to work in.
    """
    declared = repository.spec.decryption
    if declared is None:
        return tree
    from syncline_workers.sops.opener import Opener  # noqa: PLC0415 - only who decrypts loads it

    subject = f"Repository/{repository.name}"
    return OpenTree(
        tree=tree,
        opener=Opener(declared=declared, credentials=credentials, subject=subject),
        place=in_memory(settings, subject=subject),
    )


def in_memory(settings: RenderSettings, *, subject: str) -> Path:
    """The directory in memory for what is decrypted.

    Raises:
        DecryptionFailed: the setting names another kind of directory.
    """
    if not scratch.is_memory(settings.private):
        raise DecryptionFailed(
            subject,
            f"{settings.private} is no directory in memory (tmpfs), and what is decrypted is "
            "written to no disk: mount one, and set SYNCLINE_RENDER_PRIVATE to it",
        )
    return settings.private


def begin(attempt: Attempt, repositories: Iterable[RepositoryRecord], given: Iterable[str]) -> None:
    """Have hidden what Secrets give to a render; and be wary where files may be encrypted."""
    attempt.decrypted |= set(given)
    if attempt.decrypted or any(each.spec.decryption for each in repositories):
        attempt.hidden = Hidden.of(attempt.decrypted)


def hide(attempt: Attempt, tree: Tree) -> None:
    """Have what was decrypted for a render hidden, beside what was for other sources."""
    if declared := _declared(tree):
        attempt.decrypted |= _texts(declared)
        attempt.hidden = Hidden.of(attempt.decrypted)


def is_open(tree: Tree) -> bool:
    """Whether something of it, or of what is lent to it, was decrypted."""
    return bool(_texts(_declared(tree)))


@contextmanager
def rendering(attempt: Attempt, tree: Tree, *, is_secret: bool) -> Iterator[None]:
    """While this lasts, renderers write into memory, and their errors hold no secret value.

    Args:
        attempt: whose render it is.
        tree: what is rendered.
        is_secret: a Secret's value is given to it.

    Raises:
        DecryptionFailed: there is no directory in memory to work in.
    """
    declared = _declared(tree)
    if not declared and not is_secret:
        yield
        return
    place = in_memory(attempt.ports.render, subject=str(attempt.claim.name))
    try:
        with scratch.within(place):
            yield
    except SynclineError as exc:
        raise masking.error(Hidden.of(attempt.decrypted | _texts(declared)), exc) from None


def _declared(tree: Tree) -> list[OpenTree]:
    """Of a tree and those that lend it files the ones whose repositories declare keys."""
    trees = tree.trees if isinstance(tree, WithLent) else (tree,)
    return [each for each in trees if isinstance(each, OpenTree)]


def _texts(trees: Iterable[OpenTree]) -> set[str]:
    return {text for each in trees for text in each.texts}
