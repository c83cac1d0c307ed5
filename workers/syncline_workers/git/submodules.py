"""Submodules of one commit, each in a mirror of its own, opened when a path first leads into it.

What a submodule holds is named by its commit id in the tree above, so that its server cannot
exchange it. Where that server is, ``.gitmodules`` says, which anybody may write who can push: hence
it must be the repository's own host, below its credential's prefix, or where the document says.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from contextlib import AbstractContextManager, ExitStack
from dataclasses import dataclass, field
from typing import Final

from syncline.model import giturl
from syncline.model.giturl import GitUrl
from syncline_workers.git import declared, elsewhere
from syncline_workers.git.entries import Directory, Entry, Kind
from syncline_workers.git.mirrors import Mirrors, Opened
from syncline_workers.git.objects import TooLarge
from syncline_workers.git.stock import Stock
from syncline_workers.git.walk import Parts, Unsafe

MOST: Final = 20
"""Submodules of one commit that are opened: fewer than the mirrors that a process keeps."""

DEEPEST: Final = 5
"""Submodules within each other."""


@dataclass(slots=True)
class Module:
    """A commit that is opened: the repository's own, or a submodule's."""

    place: Parts
    opened: Opened
    stock: Stock
    above: tuple[str, ...]  # the repositories that it lies in, and itself, by their one spelling
    declared: dict[str, str] | None = None  # path → URL, once .gitmodules was read


@dataclass(slots=True)
class Submodules:
    """What a commit and its submodules consist of; ``tree.Objects`` over all of them."""

    mirrors: Mirrors
    stack: ExitStack  # holds what is open
    top: Module
    modules: dict[Parts, Module] = field(default_factory=dict)
    owners: dict[str, Stock] = field(default_factory=dict)  # ids that were seen in submodules

    @classmethod
    def of(cls, mirrors: Mirrors, opened: Opened, stack: ExitStack) -> Submodules:
        """Begin with a commit, of which nothing but its root is open."""
        top = Module((), opened, mirrors.stock(opened), (opened.url.normal,))
        return cls(mirrors, stack, top, {(): top})

    def entry(self, place: Parts, commit: str) -> Entry:
        """Give the root of what a submodule holds.

        Raises:
            Unsafe: it is declared nowhere, or may not be followed.
            RevisionNotFound, RepositoryUnreachable, …: as its server is reached.
        """
        known = self.modules.get(place)
        if known is None:
            known = self._open(place, commit, self._outer(place))
            self.modules[place] = known
            self.owners[known.opened.root.oid] = known.stock
        return known.opened.root

    def is_inside(self, place: Parts) -> bool:
        """Whether a place lies in a submodule that is open."""
        return self._outer((*place, "")) is not self.top

    def is_theirs(self, oid: str) -> bool:
        """Whether an id was seen in a submodule."""
        return oid in self.owners

    def directory(self, oid: str) -> Directory:
        """A tree's names; see `Stock`."""
        stock = self.owners.get(oid)
        if stock is None:
            return self.top.stock.directory(oid)
        names = stock.directory(oid)
        for entry in names.values():
            self.owners[entry.oid] = stock
        return names

    def load(self, trees: Collection[str]) -> None:
        """Read trees of the commit itself ahead; see `Stock`."""
        self.top.stock.load([oid for oid in trees if oid not in self.owners])

    def blob(self, oid: str, limit: int, near: Callable[[], Iterable[str]] = tuple) -> bytes:
        """A blob's bytes; see `Stock`."""
        stock = self._stock(oid)
        return stock.blob(oid, limit, lambda: (one for one in near() if self._stock(one) is stock))

    def link(self, oid: str, limit: int) -> bytes:
        """A link's target; see `Stock`."""
        return self._stock(oid).link(oid, limit)

    def _stock(self, oid: str) -> Stock:
        return self.owners.get(oid, self.top.stock)

    def _outer(self, place: Parts) -> Module:
        """The innermost that a place lies in."""
        return next(
            self.modules[place[:end]]
            for end in range(len(place) - 1, -1, -1)
            if place[:end] in self.modules
        )

    def _open(self, place: Parts, commit: str, outer: Module) -> Module:
        path = declared.shown(place)
        url = self._url(place, outer)
        if len(self.modules) > MOST or len(outer.above) > DEEPEST:
            raise Unsafe(f"{path} is one of more than {MOST} submodules, or {DEEPEST} levels deep")
        if url.normal in outer.above:
            raise Unsafe(f"the submodule {path} is {url.normal}, a repository that it lies in")
        _admit(path, url, self.top.opened)
        top = self.top.opened
        name = f"{top.repository.name}, submodule {path}"
        repository = elsewhere.record(name, url, top.repository, top.url)
        opening: AbstractContextManager[Opened] = self.mirrors.opened(repository, commit)
        opened = self.stack.enter_context(opening)
        return Module(place, opened, self.mirrors.stock(opened), (*outer.above, url.normal))

    def _url(self, place: Parts, outer: Module) -> GitUrl:
        if outer.declared is None:
            outer.declared = _declared(outer)
        inner = declared.shown(place[len(outer.place) :])
        written = outer.declared.get(inner)
        if written is None:
            raise Unsafe(
                f"{declared.shown(place)} is a submodule that {declared.FILE} does not declare"
            )
        return declared.resolved(written, outer.opened.url)


def _declared(outer: Module) -> dict[str, str]:
    entry = outer.stock.directory(outer.opened.root.oid).get(declared.FILE)
    if entry is None:
        return {}
    if entry.kind is not Kind.BLOB:
        raise Unsafe(f"{declared.FILE} is a {entry.kind}, which git refuses")
    try:
        content = outer.stock.blob(entry.oid, declared.LARGEST)
    except TooLarge as exc:
        raise Unsafe(f"{declared.FILE} has {exc.args[0]} bytes") from exc
    mirror = outer.opened.mirror
    return declared.read(content, mirror.environment, cwd=mirror.path.parent)


def _admit(path: str, url: GitUrl, top: Opened) -> None:
    """Let a submodule be where the document expects it.

    Raises:
        Unsafe: it is elsewhere.
    """
    spec = top.repository.spec
    if elsewhere.is_weaker(url, top.url):
        raise Unsafe(
            f"the submodule {path} is at {giturl.shown(url.address)}, and {url.scheme} is followed "
            f"from a repository at {url.scheme} only"
        )
    prefixes = [*spec.submodule_urls, *([spec.credential.url_prefix] if spec.credential else [])]
    if url.host == top.url.host or any(giturl.covers(each, url) for each in prefixes):
        return
    raise Unsafe(
        f"the submodule {path} is at {giturl.shown(url.address)}, another host than the "
        "repository's: name it in spec.submoduleUrls where it is meant"
    )
