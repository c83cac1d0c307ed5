"""Which commits of a repository may be used: those that are signed as its document asks.

Nobody opens a commit before it was judged here. A good verdict is kept for a while by the ids of
what was signed and by the keys, so that runs cost nothing, and a key that is taken out counts no
more at once; one that expires, within that while. A bad verdict is kept by nobody: the next look
may find a tag, or another clock.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from syncline.credentials import CredentialSource
from syncline.errors import SignatureRefused
from syncline.model.records import RepositoryRecord
from syncline.model.signature import Signature, Verdict
from syncline.model.verification import Verification
from syncline_workers.git import policy, signed, verifier, verifiers
from syncline_workers.git.bounded import Bounded
from syncline_workers.git.refs import Candidate
from syncline_workers.git.signed import Ambiguous, Signed
from syncline_workers.git.verifier import Keys

KEPT: Final = 600.0
"""Seconds for which a good verdict holds."""

TAGS: Final = 10
"""Tags of one commit that are looked at."""

_VERDICTS: Final = 1000
_COMMIT = "commit"
_DIGEST = 64  # hex digits

Signatures = tuple[Signature, ...]
Read = Callable[[str], bytes]
"""The bytes of a commit or tag by its id."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sought:
    """A commit that is to be judged, and who may vouch for it."""

    commit: str
    read: Read
    tags: tuple[Candidate, ...] | None  # the one that was followed; None: any that names it
    ask: Callable[[], Sequence[Candidate]]  # which do; asked only where the mode needs it


class Trust:
    """Judges commits. Safe to use from several threads."""

    def __init__(self, credentials: CredentialSource) -> None:
        self._credentials = credentials
        self._good = Bounded[str, tuple[float, Signatures]](_VERDICTS)

    def judged(self, repository: RepositoryRecord, sought: Sought) -> Signatures:
        """Say what the signatures that a repository asks for are worth.

        Raises:
            CredentialRefused, InvalidDocument: the listed keys cannot be read.
            RepositoryUnreachable: a program is missing.
            As ``sought.read`` and ``sought.ask``.
        """
        asked = repository.spec.verify
        if asked is None:
            return ()
        keys = self._keys(repository, asked)
        name = _named(asked.mode, sought.commit, keys)
        exact = name if sought.tags is None else f"{name} {sought.tags}"
        known = self._good.get(exact)
        if known is not None and time.monotonic() < known[0]:
            return known[1]
        found = tuple(_looked(asked.mode, sought, keys))
        if is_good(found):
            for each in {name, exact}:  # whoever passes with this tag passes with any
                self._good.forget(each)
                self._good.put(each, (time.monotonic() + KEPT, found))
        return found

    def _keys(self, repository: RepositoryRecord, asked: Verification) -> Keys:
        about = policy.subject(repository)
        openpgp, signers = verifier.listed(about, asked, self._credentials)
        return Keys(
            about=about,
            openpgp=[*asked.gpg_keys, *openpgp],
            signers="\n".join([asked.allowed_signers, *signers]),
            environment=self._credentials.environment,
        )


def is_good(signatures: Iterable[Signature]) -> bool:
    """Whether all that was asked for is there, and good."""
    found = tuple(signatures)
    return bool(found) and all(each.verdict is Verdict.GOOD for each in found)


def insist(repository: RepositoryRecord, commit: str, signatures: Signatures) -> None:
    """Let a commit pass whose signatures are good.

    Raises:
        SignatureRefused: they are not; says which, and what to do.
    """
    if repository.spec.verify is None or is_good(signatures):
        return
    wrong = next(each for each in signatures if each.verdict is not Verdict.GOOD)
    by = " by ".join(part for part in (wrong.key, wrong.signer) if part)
    raise SignatureRefused(
        policy.subject(repository),
        f"{_revision(commit)} is not used: the signature of {_shown(wrong, commit)}"
        f"{f' ({by})' if by else ''} is {wrong.verdict}: {wrong.detail}; "
        "sign it anew with a key of spec.verify, or correct these keys",
    )


def _revision(revision: str) -> str:
    """Name a commit, or the digest of an archive."""
    return f"sha256:{revision}" if len(revision) == _DIGEST else f"commit {revision}"


def _shown(signature: Signature, commit: str) -> str:
    return commit[:12] if signature.subject == _COMMIT else signature.subject


def _looked(mode: str, sought: Sought, keys: Keys) -> Iterable[Signature]:
    if mode != "tag":
        yield _judged(_COMMIT, sought.commit, signed.commit, sought.read, keys)
    if mode != "commit":
        yield _vouched(sought, keys)


def _vouched(sought: Sought, keys: Keys) -> Signature:
    """The first tag with a good signature; else what is wrong with the first one."""
    tags = sought.ask() if sought.tags is None else sought.tags
    first: Signature | None = None
    for tag in tags[:TAGS]:
        found = _of_tag(tag, sought, keys)
        if found.verdict is Verdict.GOOD:
            return found
        first = first or found
    return first or Signature(
        subject="a tag", verdict=Verdict.MISSING, detail="no annotated tag names the commit"
    )


def _of_tag(tag: Candidate, sought: Sought, keys: Keys) -> Signature:
    subject = f"tag {tag.name}"
    if tag.oid == sought.commit:
        return Signature(
            subject=subject, verdict=Verdict.MISSING, detail="it is a lightweight tag: no signature"
        )
    own = signed.tagged(sought.read(tag.oid))
    wrong = ""
    if own is None or own.kind != "commit" or own.object != sought.commit:
        wrong = "it names another commit"
    elif own.name != tag.name:  # an old tag under a newer name
        wrong = f"it was signed as the tag {own.name[:100]}"
    if wrong:
        return Signature(subject=subject, verdict=Verdict.BAD, detail=wrong)
    return _judged(subject, tag.oid, signed.tag, sought.read, keys)


def _judged(
    subject: str, oid: str, apart: Callable[[bytes], Signed], read: Read, keys: Keys
) -> Signature:
    try:
        parts = apart(read(oid))
    except Ambiguous:
        return Signature(
            subject=subject, verdict=Verdict.BAD, detail="it has more than one signature"
        )
    return verifiers.judge(subject, parts, keys)


def _named(mode: str, commit: str, keys: Keys) -> str:
    digest = hashlib.sha256()
    for part in (mode, commit, keys.signers, *keys.openpgp):
        digest.update(b"%d:" % len(part) + part.encode())
    return digest.hexdigest()
