"""OpenPGP signatures, judged by ``gpg`` with the listed keys and no others.

No agent is started, no network is reached, no trust database asked: a key counts because it is
listed. Its status lines are read, whose format is fixed, and not its words.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Final, NamedTuple
from urllib.parse import unquote_to_bytes

from syncline.errors import InvalidDocument
from syncline.model.signature import Signature, Verdict
from syncline_workers.git import verifier
from syncline_workers.git.verifier import Done, Keys

BEGIN: Final = b"-----BEGIN PGP SIGNATURE-----"

_GPG: Final = (
    "gpg",
    "--no-options",
    "--batch",
    "--no-tty",
    "--quiet",
    "--no-autostart",
    "--disable-dirmngr",
    "--no-auto-key-retrieve",
    "--no-auto-check-trustdb",
    "--trust-model=always",
    "--status-fd=1",
)
_STATUS: Final = re.compile(r"^\[GNUPG:\] (\w+) ?(.*)$", re.MULTILINE)
_VERDICTS: Final = frozenset({"NEWSIG", "NODATA"})  # it has looked at what it was given
_OTHER: Final = "not a detached signature"  # of which no status line tells
_WEAK: Final = {"1": "MD5", "2": "SHA-1", "3": "RIPEMD-160"}  # RFC 4880, 9.4
_DOCUMENTS: Final = frozenset({"00", "01"})  # classes of signatures; others are of keys
_REFUSED: Final = {
    "EXPSIG": "the signature has expired",
    "EXPKEYSIG": "the key has expired",
    "REVKEYSIG": "the key is revoked",
    "BADSIG": verifier.ALTERED,
    "NO_PUBKEY": verifier.UNLISTED,
}


class _Valid(NamedTuple):
    """What gpg tells of a signature that fits, whatever its key is worth."""

    at: float
    digest: str
    kind: str
    key: str  # the primary key's fingerprint


def judge(subject: str, home: Path, keys: Keys) -> Signature:
    """Say what ``home/signature`` of ``home/payload`` is worth.

    Raises:
        InvalidDocument: no listed key can be read.
        RepositoryUnreachable: gpg is not there, or did not end.
    """
    (home / "listed.asc").write_text("\n".join(keys.openpgp))
    program = (*_GPG, f"--homedir={home}")
    known = verifier.run((*program, "--import", "--", str(home / "listed.asc")), home, keys)
    _insist_on_keys(keys, known)
    files = (str(home / "signature"), str(home / "payload"))
    said = verifier.run((*program, "--verify", "--", *files), home, keys)
    status = _STATUS.findall(said.stdout)
    if not _VERDICTS & {word for word, _ in status} and _OTHER not in said.stderr:
        raise verifier.failed(keys, "gpg", said.stderr.strip())
    return _told(subject, status, is_accepted=said.returncode == 0)


def _insist_on_keys(keys: Keys, known: Done) -> None:
    """Tell a document without keys from a program that could not keep them."""
    status = dict(_STATUS.findall(known.stdout))
    if "IMPORT_OK" in status:
        return
    if "NODATA" in status or not status.get("IMPORT_RES", "0 ").startswith("0 "):
        raise InvalidDocument(keys.about, "spec.verify: gpg finds no OpenPGP public key in it")
    raise verifier.failed(keys, "gpg", known.stderr.strip())


def _told(subject: str, status: list[tuple[str, str]], *, is_accepted: bool) -> Signature:
    words = [word for word, _ in status]
    first = dict(reversed(status))
    valid = _valid(first.get("VALIDSIG", "").split())
    named = next((first[w] for w in ("GOODSIG", *_REFUSED) if w in first), "")
    signer = verifier.plain(unquote_to_bytes(named.partition(" ")[2]))
    key = valid.key if valid else _signing_key(first, named)
    at = valid.at if valid else 0.0
    why = _wrong(words, valid)
    if not why and is_accepted and words.count("GOODSIG") == words.count("VALIDSIG") == 1:
        return Signature(subject=subject, verdict=Verdict.GOOD, signer=signer, key=key, at=at)
    return verifier.bad(subject, why or "gpg cannot read it", signer=signer, key=key, at=at)


def _wrong(words: list[str], valid: _Valid | None) -> str:
    """What speaks against a signature; "" = nothing."""
    if words.count("NEWSIG") > 1:
        return "there is more than one signature"
    refused = next((text for word, text in _REFUSED.items() if word in words), "")
    if refused or valid is None:
        return refused
    if valid.digest in _WEAK:
        return f"its digest is {_WEAK[valid.digest]}, which can be forged"
    return "" if valid.kind in _DOCUMENTS else "it is no signature of a document"


def _valid(fields: list[str]) -> _Valid | None:
    """Read VALIDSIG: key, date, time, expiry, version, reserved, cipher, digest, class, primary."""
    if len(fields) < 10:  # noqa: PLR2004 -- as counted above
        return None
    at = float(fields[2]) if fields[2].isdigit() else 0.0
    return _Valid(at, fields[7], fields[8], fields[9])


def _signing_key(first: Mapping[str, str], named: str) -> str:
    """The key as far as the signature itself says: ERRSIG ends with its fingerprint, or with -."""
    error = first.get("ERRSIG", "").split()
    if not error:
        return named.partition(" ")[0]
    return error[-1] if error[-1] != "-" else error[0]
