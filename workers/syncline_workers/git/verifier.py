"""How a program that judges signatures is run: its keys, its private directory, its verdict."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, TypeAlias

from syncline.credentials import CredentialSource
from syncline.errors import InvalidDocument, RepositoryUnreachable
from syncline.model import verification
from syncline.model.signature import Signature, Verdict
from syncline.model.verification import Verification
from syncline_workers.git import commits

WITHIN: Final = 20.0
"""Seconds for one program; they take 0.02."""

ALTERED: Final = "it does not fit: what was signed was altered since"
UNLISTED: Final = "none of the keys in spec.verify made it"

Done: TypeAlias = "subprocess.CompletedProcess[str]"

_INHERITED: Final = ("PATH", "LD_LIBRARY_PATH", "TMPDIR")
_PACKAGES: Final = {"gpg": "gnupg", "ssh-keygen": "openssh-client"}  # of Debian


@dataclass(frozen=True, slots=True, kw_only=True)
class Keys:
    """The keys that count, and the environment of the programs."""

    about: str  # Repository/shop
    openpgp: Sequence[str]  # armoured
    signers: str  # lines of allowed_signers
    environment: Mapping[str, str] = field(repr=False)  # the worker's


def listed(
    about: str, asked: Verification, credentials: CredentialSource
) -> tuple[list[str], list[str]]:
    """Read the keys that a document refers to: OpenPGP's, and all others.

    Raises:
        CredentialRefused, InvalidDocument: one cannot be read, or is no public key.
    """
    openpgp: list[str] = []
    others: list[str] = []
    for ref in asked.key_refs:
        text = credentials.read(ref, subject=about).get_secret_value()
        try:
            verification.public(text)
        except ValueError as exc:
            raise InvalidDocument(about, f"spec.verify.keyRefs: {ref} {exc}") from None
        (openpgp if verification.is_openpgp(text) else others).append(text)
    return openpgp, others


def bad(
    subject: str, detail: str, *, signer: str = "", key: str = "", at: float = 0.0
) -> Signature:
    """A signature that is worth nothing, and why."""
    return Signature(
        subject=subject, verdict=Verdict.BAD, detail=detail, signer=signer, key=key, at=at
    )


def plain(text: bytes) -> str:
    """Write a signer's name for people."""
    return commits.one_line(text, "utf-8", commits.AUTHOR)


def run(command: Sequence[str], home: Path, keys: Keys, *, stdin: Path | None = None) -> Done:
    """Run a program to its end, with nothing but a private directory.

    Raises:
        RepositoryUnreachable: it is not there, or did not end.
    """
    kept = {name: keys.environment[name] for name in _INHERITED if name in keys.environment}
    private = {"HOME": str(home), "GNUPGHOME": str(home), "LC_ALL": "C", "TZ": "UTC"}
    program = command[0]
    try:
        with (stdin or Path(os.devnull)).open("rb") as given:
            done = subprocess.run(
                command,
                stdin=given,
                env={"PATH": os.defpath, **kept, **private},
                cwd=home,
                capture_output=True,
                text=True,
                errors="replace",
                timeout=WITHIN,
                check=False,
                start_new_session=True,  # a terminal's Ctrl-C is no verdict
            )
    except FileNotFoundError as exc:
        raise RepositoryUnreachable(
            keys.about,
            f"the worker has no {program}, which spec.verify needs: "
            f"install it (Debian: {_PACKAGES[program]})",
        ) from exc
    except subprocess.TimeoutExpired as exc:
        raise RepositoryUnreachable(
            keys.about,
            f"{program} did not judge a signature within {WITHIN:g} s: it is tried again",
        ) from exc
    if done.returncode < 0:
        raise failed(keys, program, f"it was ended by signal {-done.returncode}")
    return done


def failed(keys: Keys, program: str, why: str) -> RepositoryUnreachable:
    """A program that came to no verdict: it is tried again."""
    return RepositoryUnreachable(keys.about, f"{program} cannot judge a signature: {why[:300]}")
