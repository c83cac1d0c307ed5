"""``git fetch`` into a mirror's directory, without the blobs that nobody may ever need.

A large repository's mirror has commits and trees, and those blobs that were asked for. A small
one's has all but the largest blobs: to ask for them apart would be most of its cost. The filter is
told to each fetch, and git finds it nowhere else: a process that reads cannot begin to fetch what
is missing, blob by blob. A server that knows no filters ignores ours, and sends all.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

from syncline_workers import tallies
from syncline_workers.git import failures, packs, remote
from syncline_workers.git.access import Access

LARGE: Final = "blob:none"
"""What mirrors of large repositories are fetched without."""

SMALL: Final = "blob:limit=1000000"
"""What those of small ones are."""

WHOLE: Final = ""
"""Those of servers that give out no blob by its id lack nothing."""

FEW: Final = 5_000
"""Commits and trees of a small repository."""

_ORIGIN: Final = "origin"
_FILTER: Final = "filter"  # a file in mirrors whose filter is not that of large ones
_REFS: Final = ("+refs/heads/*:refs/heads/*", "+refs/tags/*:refs/tags/*")
_QUIETLY: Final = (
    "--quiet",
    "--force",
    "--no-tags",
    "--no-write-fetch-head",
    "--no-show-forced-updates",
    "--refmap=",
)


class Broken(Exception):
    """Git says that the mirror, and not the server, is at fault."""


def filtered(directory: Path) -> str:
    """What a mirror is fetched without: ``LARGE``, ``SMALL`` or ``WHOLE``."""
    try:
        return (directory / _FILTER).read_text()
    except FileNotFoundError:
        return LARGE


def make(access: Access, directory: Path, *, whole: bool) -> None:
    """Make a mirror in an empty directory: branches and tags, and what they lead to.

    Raises:
        RepositoryUnreachable, CredentialRefused, NotFound: as git's words mean.
    """
    _git(access, directory, ("init", "--quiet", "--bare", "--template="))
    if whole:
        (directory / _FILTER).write_text(WHOLE)
    refs(access, directory)
    if not whole and packs.count(directory) <= FEW:
        widen(access, directory, SMALL)


def refs(access: Access, directory: Path) -> None:
    """Fetch branches and tags; those that are gone go.

    Raises:
        Broken: the mirror is damaged.
        RepositoryUnreachable, CredentialRefused, NotFound: as git's words mean.
    """
    _fetch(access, directory, (*_QUIETLY, "--prune"), _REFS)


def commit(access: Access, directory: Path, revision: str) -> None:
    """Fetch a commit that no branch or tag leads to.

    Raises:
        RevisionNotFound: the server does not have it, or does not give it out.
        As `refs`.
    """
    _fetch(access, directory, _QUIETLY, (revision,))


def blobs(access: Access, directory: Path, oids: Sequence[str]) -> None:
    """Fetch blobs by one request.

    Raises:
        RevisionNotFound: the server does not have one of them, or gives out none by its id.
        As `refs`.
    """
    # What we have is no help: the server need not hear of it.
    config = {"fetch.negotiationAlgorithm": "noop"}
    _fetch(access, directory, (*_QUIETLY, "--stdin"), (), config=config, given=oids)


def widen(access: Access, directory: Path, filtered: str) -> None:
    """Fetch all again that branches and tags lead to, with another filter from now on.

    Raises:
        As `refs`.
    """
    (directory / _FILTER).write_text(filtered)
    _fetch(access, directory, (*_QUIETLY, "--refetch"), _REFS)


def _fetch(
    access: Access,
    directory: Path,
    options: Sequence[str],
    what: Sequence[str],
    *,
    config: Mapping[str, str] | None = None,
    given: Sequence[str] | None = None,
) -> None:
    settings = {f"remote.{_ORIGIN}.url": access.url.address, **(config or {})}
    if without := filtered(directory):
        settings[f"remote.{_ORIGIN}.promisor"] = "true"
        settings[f"remote.{_ORIGIN}.partialclonefilter"] = without
        options = (*options, f"--filter={without}")
    tallies.count(tallies.FETCH)
    words = ("fetch", *options, "--end-of-options", _ORIGIN, *what)
    _git(access, directory, words, config=settings, given=given)


def _git(
    access: Access,
    directory: Path,
    arguments: Sequence[str],
    *,
    config: Mapping[str, str] | None = None,
    given: Sequence[str] | None = None,
) -> None:
    words = ["--git-dir", str(directory), *arguments]
    output = remote.call(access, words, cwd=directory.parent, config=config, given=given)
    if output.status and failures.is_damaged(output.stderr):
        raise Broken(failures.quoted(output.stderr, access.secrets))
    if output.status:
        raise remote.explained(access, output)
