"""Whose signatures a repository asks for, before anything of a commit or archive is used."""

from __future__ import annotations

import re
from typing import Annotated, Final, Literal

from pydantic import AfterValidator, Field, model_validator

from syncline.model.credential import Reference
from syncline.model.values import Written

_MOST: Final = 200_000  # characters of all keys of one document
_BLOCK: Final = "-----BEGIN PGP PUBLIC KEY BLOCK-----"
_PRIVATE: Final = re.compile(r"BEGIN [A-Z ]*PRIVATE KEY")
_PEM: Final = "-----BEGIN PUBLIC KEY-----"
_SIGNER: Final = re.compile(r"\S.* (sk-)?(ssh|ecdsa)-\S+ +[A-Za-z0-9+/=]+( .*)?")


def public(text: str) -> str:
    """Refuse a private key.

    Raises:
        ValueError: it holds one.
    """
    if _PRIVATE.search(text):
        raise ValueError("holds a private key: take it out, replace it, and give the public one")
    return text


def is_openpgp(text: str) -> bool:
    """Whether a text holds armoured OpenPGP keys; else it is lines of allowed_signers."""
    return _BLOCK in text


def _armoured(text: str) -> str:
    if not is_openpgp(text):
        raise ValueError(f"has no {_BLOCK}: write what gpg --armor --export prints")
    return text


def _pem(text: str) -> str:
    if _PEM not in text:
        raise ValueError(f"has no {_PEM}: write what cosign.pub holds")
    return text


def _signers(text: str) -> str:
    for number, line in enumerate(text.splitlines(), start=1):
        if line.strip() and not line.startswith("#") and not _SIGNER.fullmatch(line.rstrip()):
            raise ValueError(
                f"line {number} is none of allowed_signers: write PRINCIPAL KEYTYPE KEY, "
                "as in: ana@example.com ssh-ed25519 AAAA…"
            )
    return text


class Verification(Written):
    """Nothing of a revision is looked at before its signature is good; see docs/repositories.md."""

    mode: Literal["commit", "tag", "tagAndCommit"] = Field(
        default="commit",
        description="git: what must be signed: the commit, an annotated tag that names it, or "
        "both.",
    )
    gpg_keys: tuple[Annotated[str, AfterValidator(public), AfterValidator(_armoured)], ...] = Field(
        default=(),
        max_length=100,
        description="OpenPGP public keys, armoured, that count: for commits and tags, and for the "
        "provenance files of charts. No other does.",
    )
    allowed_signers: Annotated[str, AfterValidator(public), AfterValidator(_signers)] = Field(
        default="",
        description="git: SSH keys that count: lines of an allowed_signers file (ssh-keygen(1)).",
    )
    cosign_keys: tuple[Annotated[str, AfterValidator(public), AfterValidator(_pem)], ...] = Field(
        default=(),
        max_length=100,
        description="oci: public keys (PEM, as cosign.pub is) whose signatures by cosign count.",
    )
    key_refs: tuple[Reference, ...] = Field(
        default=(),
        max_length=100,
        description="Where more of these are found: env:SYNCLINE_CRED_NAME or file:NAME inside the "
        "credentials directory. They are read anew each time.",
    )

    @model_validator(mode="after")
    def _has_keys(self) -> Verification:
        keys = (*self.gpg_keys, *self.cosign_keys, self.allowed_signers.strip())
        if not any(keys) and not self.key_refs:
            raise ValueError("names no key: write gpgKeys, allowedSigners, cosignKeys or keyRefs")
        if sum(map(len, keys)) > _MOST:
            raise ValueError(f"has more than {_MOST} characters of keys: use keyRefs")
        return self
