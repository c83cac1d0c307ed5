"""Which archives of a repository may be used: those that are signed as its document asks.

One good signature by a listed key is enough. A good verdict is kept for a while by the archive and
the keys, as for commits; what was fetched to judge it stays on the disk, and is fetched anew where
nothing of it is good.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from syncline.credentials import CredentialSource
from syncline.errors import SignatureRefused
from syncline.model.records import RepositoryRecord
from syncline.model.signature import Signature, Verdict
from syncline.model.verification import Verification
from syncline_workers.archives import cosign, proofs, provenance
from syncline_workers.archives.naming import Wanted
from syncline_workers.archives.proofs import Form, Proof
from syncline_workers.git import policy, verifier
from syncline_workers.git.bounded import Bounded
from syncline_workers.git.trust import KEPT, Signatures, is_good
from syncline_workers.git.verifier import Keys

_VERDICTS: Final = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class Sought:
    """An archive that is to be judged."""

    repository: RepositoryRecord
    wanted: Wanted
    identity: str  # of the way to it
    note: Callable[[], AbstractContextManager[Path]]  # a file of this host, for what was fetched
    fetch: Callable[[], Sequence[Proof]]

    @property
    def subject(self) -> str:
        """What it is, in a signature."""
        return "chart" if self.wanted.chart else "artifact"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Listed:
    """The keys that count."""

    gpg: Keys
    cosign: tuple[str, ...]  # PEM

    @property
    def name(self) -> str:
        digest = hashlib.sha256()
        for part in ("gpg", *self.gpg.openpgp, "cosign", *self.cosign):
            digest.update(b"%d:" % len(part) + part.encode())
        return digest.hexdigest()


class Trust:
    """Judges archives. Safe to use from several threads."""

    def __init__(self, credentials: CredentialSource) -> None:
        self._credentials = credentials
        self._good = Bounded[tuple[str, ...], tuple[float, Signatures]](_VERDICTS)

    def judged(self, sought: Sought) -> Signatures:
        """Say what the signature that a repository asks for is worth; nothing where it asks none.

        Raises:
            CredentialRefused, InvalidDocument: the listed keys cannot be read.
            RepositoryUnreachable: the proofs cannot be fetched, or gpg is missing.
        """
        asked = sought.repository.spec.verify
        if asked is None:
            return ()
        listed = self._listed(sought.repository, asked)
        key = (listed.name, sought.identity, *sought.wanted)
        known = self._good.get(key)
        if known is not None and time.monotonic() < known[0]:
            return known[1]
        found = (_judged(sought, listed),)
        if is_good(found):
            self._good.forget(key)
            self._good.put(key, (time.monotonic() + KEPT, found))
        return found

    def _listed(self, repository: RepositoryRecord, asked: Verification) -> _Listed:
        about = policy.subject(repository)
        openpgp, pems = verifier.listed(about, asked, self._credentials)
        gpg = Keys(
            about=about,
            openpgp=[*asked.gpg_keys, *openpgp],
            signers="",
            environment=self._credentials.environment,
        )
        return _Listed(gpg=gpg, cosign=(*asked.cosign_keys, *pems))


def insist(sought: Sought, signatures: Signatures) -> None:
    """Let an archive pass whose signature is good.

    Raises:
        SignatureRefused: it is not; says why, and what to do.
    """
    if sought.repository.spec.verify is None or is_good(signatures):
        return
    wrong = signatures[0]
    by = " by ".join(part for part in (wrong.key, wrong.signer) if part)
    raise SignatureRefused(
        policy.subject(sought.repository),
        f"{sought.wanted.chart or 'the artifact'} sha256:{sought.wanted.digest} is not used: its "
        f"signature{f' ({by})' if by else ''} is {wrong.verdict}: {wrong.detail}; sign it anew "
        "with a key of spec.verify, or correct these keys",
    )


def _judged(sought: Sought, listed: _Listed) -> Signature:
    with sought.note() as note:
        kept = proofs.kept(note)
        first = _best(sought, listed, kept)
        if first is not None and first.verdict is Verdict.GOOD:
            return first
        fetched = tuple(sought.fetch())[: proofs.MOST]
        found = first if fetched == kept else _best(sought, listed, fetched)
        proofs.keep(note, fetched)
    return found or Signature(
        subject=sought.subject, verdict=Verdict.MISSING, detail="it is not signed"
    )


def _best(sought: Sought, listed: _Listed, given: Sequence[Proof]) -> Signature | None:
    """The first good signature, else what is wrong with the first one."""
    worst: Signature | None = None
    for found in _looked(sought.subject, listed, given):
        if found.verdict is Verdict.GOOD:
            return found
        worst = worst or found
    return worst


def _looked(subject: str, listed: _Listed, given: Sequence[Proof]) -> Iterator[Signature]:
    for proof in given:
        if proof.form is not Form.PROVENANCE and listed.cosign:
            yield cosign.judge(subject, proof, listed.cosign, about=listed.gpg.about)
        elif proof.form is Form.PROVENANCE and listed.gpg.openpgp:
            yield provenance.judge(subject, proof, listed.gpg)
        else:
            yield verifier.bad(subject, f"{verifier.UNLISTED}: none of them is of its kind")
