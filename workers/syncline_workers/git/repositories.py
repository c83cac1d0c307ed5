"""Git as the pipeline sees it: `pipeline.repositories.Repositories`, one for each worker process.

Composes what the other modules know: may it be reached (policy), with which credential (access),
what do names mean (refs), where is the copy (mirror), what is in it (tree). Children are started
when they are first needed, so that it may be made before the process forks.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager

from syncline.credentials import CredentialSource
from syncline.errors import InvalidDocument, Permanent, RevisionNotFound
from syncline.model import giturl
from syncline.model.commit import Commit
from syncline.model.records import RepositoryRecord
from syncline.settings import GitSettings
from syncline_workers.git import elsewhere, policy, refs, trust
from syncline_workers.git.large import LargeFiles, Source
from syncline_workers.git.mirrors import Mirrors, Opened
from syncline_workers.git.refs import Candidate, Refs, Resolved
from syncline_workers.git.submodules import Submodules
from syncline_workers.git.tree import CommitTree
from syncline_workers.git.trust import Signatures, Sought, Trust
from syncline_workers.git.turns import Hosts


def open_repositories(
    settings: GitSettings,
    credentials: CredentialSource,
    hosts: Hosts | None = None,
    large: Source | None = None,
) -> GitRepositories:
    """Make Git ready for one worker process; nothing is started and nothing is reached yet.

    ``hosts``: counts what all workers ask of a host; None: nobody does. ``large``: fetches large
    files; None: a repository that wants them is refused.
    """
    return GitRepositories(settings, credentials, hosts, large)


class GitRepositories:
    """Git. Safe to use from several threads; `close` ends its children."""

    def __init__(
        self,
        settings: GitSettings,
        credentials: CredentialSource,
        hosts: Hosts | None = None,
        large: Source | None = None,
    ) -> None:
        self._settings, self._large = settings, large
        self._mirrors = Mirrors(settings, credentials, hosts)
        self._trust = Trust(credentials)

    def resolve(self, repository: RepositoryRecord, revisions: Iterable[str]) -> Resolved:
        """Resolve branches, tags, commits and ranges by one request.

        Full commit ids mean themselves, unasked; `tree` finds out whether they exist.

        Where the repository asks for signatures, commits without a good one are judged here and
        count as missing: nobody is told of them. That needs the commit itself.

        Returns:
            A commit for each revision, or the error that says what is there instead.

        Raises:
            RepositoryUnreachable, NotFound: the server did not answer, or has no such repository.
            CredentialRefused, InvalidDocument, UnsafePath: it may not be reached like this.
        """
        wanted = set(revisions)
        pinned = {revision: revision for revision in wanted if refs.is_commit(revision)}
        url = policy.admitted(repository, self._settings)
        if len(pinned) == len(wanted):
            return Resolved(commits=pinned, missing={})
        listed = self._mirrors.refs(repository, url)
        found = listed.resolved(wanted, policy.subject(repository))
        return self._passed(repository, listed, found) if repository.spec.verify else found

    def signatures(self, repository: RepositoryRecord, revision: str) -> Signatures:
        """Say what the signatures of a commit are worth, fetching it where the mirror lacks it.

        Returns:
            One for each that the repository asks for; none where it asks for none.

        Raises:
            As `tree`, but for those signatures.
        """
        if repository.spec.verify is None:
            return ()
        with self._mirrors.opened(repository, revision) as opened:
            return self._judged(opened, tags=None)

    @contextmanager
    def tree(self, repository: RepositoryRecord, revision: str) -> Iterator[CommitTree]:
        """Open a commit, fetching it first where the mirror lacks it.

        Raises:
            RevisionNotFound: it is no full commit id, or the server does not give it out.
            SignatureRefused: it is not signed as the repository asks.
            As `resolve`.
        """
        with ExitStack() as stack:
            opened = stack.enter_context(self._mirrors.opened(repository, revision))
            if repository.spec.verify is not None:
                trust.insist(repository, revision, self._judged(opened, tags=None))
            yield self._read(opened, stack)

    @contextmanager
    def base(
        self,
        repository: RepositoryRecord,
        address: str,
        ref: str,
        known: RepositoryRecord | None = None,
    ) -> Iterator[CommitTree]:
        """Open what a kustomization of the repository names by URL.

        ``known``: who is registered there, and says how it is reached and what is asked of it;
        else the repository's own access goes along as far as it may.

        Raises:
            UnsafePath: the repository's document does not allow it.
            RevisionNotFound: it is not named by a full commit id; says which one it is now.
            As `tree`.
        """
        home, url = policy.admitted(repository, self._settings), giturl.parse(address)
        record = elsewhere.base(repository, home, url)
        if known is not None:
            record, url = known, policy.admitted(known, self._settings)
        if not refs.is_commit(ref):
            now = self._mirrors.refs(record, url).find(ref)
            hint = f"write ?ref={now}, which it is now" if now else "write a full commit id"
            raise RevisionNotFound(policy.subject(record), f"{ref} may be moved: {hint}")
        with self.tree(record, ref) as tree:
            yield tree

    def _read(self, opened: Opened, stack: ExitStack) -> CommitTree:
        modules = None
        if opened.repository.spec.submodules:
            modules = Submodules.of(self._mirrors, opened, stack)
        return CommitTree(
            opened.commit,
            opened.root,
            modules or self._mirrors.stock(opened),
            kept=self._mirrors.kept,
            about=policy.subject(opened.repository),
            limit=self._settings.max_file,
            modules=modules,
            large=self._larger(opened, stack) if opened.repository.spec.lfs else None,
        )

    def _larger(self, opened: Opened, stack: ExitStack) -> LargeFiles:
        repository, url, *_ = opened
        if self._large is None:
            raise InvalidDocument(
                policy.subject(repository), "spec.lfs: large files are not fetched here"
            )
        source = self._large.opened(repository, url, lambda: self._mirrors.reached(repository, url))
        return stack.enter_context(source)

    def _passed(self, repository: RepositoryRecord, listed: Refs, found: Resolved) -> Resolved:
        """Leave the commits out that are not signed as the repository asks."""
        commits: dict[str, str] = {}
        missing = dict(found.missing)
        asked = repository.spec.verify
        has_tags = asked is not None and asked.mode != "commit"

        def candidates(revision: str) -> tuple[Candidate, ...] | None:
            return listed.candidates(revision) if has_tags else None  # all tags are looked at

        for revision, commit in found.commits.items():
            try:
                with self._mirrors.opened(repository, commit) as opened:
                    judged = self._judged(opened, tags=candidates(revision))
                trust.insist(repository, commit, judged)
                commits[revision] = commit
            except Permanent as exc:
                missing[revision] = exc
        return Resolved(commits=commits, missing=missing)

    def _judged(self, opened: Opened, *, tags: tuple[Candidate, ...] | None) -> Signatures:
        repository, mirrors = opened.repository, self._mirrors

        def ask() -> Sequence[Candidate]:
            return mirrors.refs(repository, opened.url).candidates(opened.commit)

        def read(oid: str) -> bytes:
            return mirrors.head(opened, oid)

        sought = Sought(commit=opened.commit, read=read, tags=tags, ask=ask)
        return self._trust.judged(repository, sought)

    def commit(self, repository: RepositoryRecord, revision: str) -> Commit | None:
        """Tell who made a commit that the mirror has; None where it has not: nothing is fetched."""
        url = policy.admitted(repository, self._settings)
        mirror = self._mirrors.of(repository, url)
        return mirror.commit(revision) if refs.is_commit(revision) else None

    def is_mirrored(self, repository: RepositoryRecord) -> bool:
        """Whether this host has a mirror of it; asks nobody, and makes none.

        Raises:
            InvalidDocument, UnsafePath, CredentialRefused: it may not be reached like this.
        """
        url = policy.admitted(repository, self._settings)
        return self._mirrors.of(repository, url).path.is_dir()

    def tidy(self) -> None:
        """Remove mirrors that are not used any more; most calls only look at the time."""
        self._mirrors.tidy()

    def close(self) -> None:
        """End all children. It may be used again afterwards."""
        self._mirrors.close()
        if self._large is not None:
            self._large.close()
