"""Blobs that a partial mirror lacks: which of a commit are fetched together.

A request for each would cost more than a clone. So the first ones take along what is likely to be
read next, and a commit of which much is read gets all its manifests at once. Links are asked for
by whoever looks a path up: all of a commit's come with the first.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, suppress
from dataclasses import dataclass
from itertools import islice
from typing import Final

from syncline_workers.git import command
from syncline_workers.git.access import Access
from syncline_workers.git.mirror import Mirror
from syncline_workers.git.objects import Damaged

MOST: Final = 50_000
"""Blobs by one request."""

NARROW: Final = 2
"""Requests of a process for single files of a mirror, before it asks for all manifests."""

_AGAIN: Final = 16  # requests after which all manifests are asked for once more
_NOTHING: Final = "4b825dc642cb6eb9a060e54bf8d69288fbee4904"  # the empty tree: git knows it
_WITHIN: Final = 60.0  # seconds to list a commit
_LINK: Final = "120000"
_MANIFESTS: Final = (
    ":(glob)**/*.yaml",
    ":(glob)**/*.yml",
    ":(glob)**/*.tpl",
    ":(glob)**/*.env",
    ":(glob)**/*.properties",
    ":(glob)**/*.jsonnet",
    ":(glob)**/*.libsonnet",
    ":(glob)**/Kustomization",
    ":(glob)**/.helmignore",
    ":(glob)**/NOTES.txt",
)


@dataclass(frozen=True, slots=True)
class Supply:
    """Fetches blobs for one commit of a mirror."""

    mirror: Mirror
    revision: str
    reached: Callable[[], AbstractContextManager[Access]]  # the repository, and a turn at its host

    def files(self, oids: Iterable[str]) -> None:
        """Fetch those of these blobs that are missing, the first of them at least.

        Raises:
            As `Mirror.bring`.
        """
        self.mirror.missed += 1
        wanted = dict.fromkeys(islice(oids, MOST))
        if self.mirror.missed % _AGAIN == NARROW + 1:
            wanted |= dict.fromkeys(islice(self._listed(*_MANIFESTS), MOST))
        self._bring(wanted)

    def links(self, oid: str) -> None:
        """Fetch a link's target, and those of all other links of the commit.

        Raises:
            As `Mirror.bring`.
        """
        self._bring({oid: None} | dict.fromkeys(islice(self._listed(link=True), MOST)))

    def _bring(self, wanted: Iterable[str]) -> None:
        try:
            missing = self.mirror.reader.absent(list(wanted))
        except Damaged:
            return  # the next look finds that too, and the mirror is made anew
        if missing:
            with self.reached() as access:
                self.mirror.bring(access, missing)

    def _listed(self, *where: str, link: bool = False) -> Iterator[str]:
        """Blobs of the commit; fewer where it has more names than anybody wants to know."""
        words = ("diff-tree", "-r", "--raw", "--no-abbrev", "-z", _NOTHING, self.revision)
        with suppress(command.TimedOut, command.Flooded):
            listed = command.run(
                ["--git-dir", str(self.mirror.path), *words, "--", *where],
                self.mirror.environment,
                cwd=self.mirror.path.parent,
                within=_WITHIN,
            )
            for entry in listed.stdout.split("\0")[::2]:  # each is followed by its path
                mode, oid = entry[8:14], entry[56:96]
                if oid and (mode == _LINK) is link:
                    yield oid
