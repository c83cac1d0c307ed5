"""With which keys the encrypted files of a repository are read. Keys are named, never written."""

from __future__ import annotations

from enum import StrEnum

from pydantic import Field, model_validator

from syncline.errors import InvalidDocument
from syncline.model import weburl
from syncline.model.credential import Reference
from syncline.model.values import Written


class KeyType(StrEnum):
    """What a key is. Order means nothing."""

    AGE = "age"
    PGP = "pgp"
    VAULT = "vault"


class DecryptionKey(Written):
    """Where one key is found; the key itself is never in a document."""

    type: KeyType = Field(
        description="age: identities as age-keygen writes them, or an SSH key; pgp: an armored "
        "secret key; vault: a token for the transit engine of Vault or "
        "OpenBao."
    )
    ref: Reference = Field(
        description="env:SYNCLINE_CRED_NAME or file:NAME inside the credentials directory."
    )
    passphrase_ref: Reference | None = Field(
        default=None, description="pgp: the passphrase of the key, where it has one."
    )
    address: str | None = Field(
        default=None,
        max_length=weburl.LONGEST,
        description="vault: the https:// address of the server; the token is sent nowhere else.",
    )
    ca: str | None = Field(
        default=None,
        max_length=100_000,
        description="vault: the certificates, in PEM, that its own is checked with. None: those "
        "that the host trusts.",
    )

    @model_validator(mode="after")
    def _fits(self) -> DecryptionKey:
        if self.passphrase_ref is not None and self.type is not KeyType.PGP:
            raise ValueError(f"passphraseRef goes with type pgp, not {self.type}")
        if self.type is not KeyType.VAULT:
            if self.address is not None or self.ca is not None:
                raise ValueError("address and ca are for keys of type vault alone")
            return self
        if self.address is None:
            raise ValueError("a key of type vault needs the server's address")
        try:
            found = weburl.parse(self.address.rstrip("/"))
        except InvalidDocument as exc:
            raise ValueError(f"address {exc.detail}") from None
        if found.scheme != "https" or found.query:
            raise ValueError("address must be an https:// URL without a query")
        return self


class Decryption(Written):
    """How files that SOPS encrypted are read."""

    keys: tuple[DecryptionKey, ...] = Field(
        min_length=1,
        max_length=20,
        description="Tried in this order; only these open this repository's files.",
    )
