"""Who can open a file: the keys that a repository declares, and nobody else's."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, Protocol

from syncline.credentials import CredentialSource
from syncline.model.decryption import DecryptionKey, KeyType
from syncline_workers.sops import age, pgp, vault
from syncline_workers.sops.metadata import Metadata


class Key(Protocol):
    """One that opens data keys."""

    def data_key(self, about: Metadata) -> bytes | None:
        """The data key of a file; None where the file was not encrypted for this key.

        Raises:
            DecryptionFailed: it was, and cannot be opened; says why.
            KeyServiceUnreachable: a key service does not answer.
        """

    def names(self) -> tuple[str, ...]:
        """Its public names, for people: fingerprints and recipients."""


_KINDS: Final[dict[KeyType, Callable[[DecryptionKey, str, str], Key]]] = {
    KeyType.AGE: age.read,
    KeyType.PGP: pgp.read,
    KeyType.VAULT: vault.read,
}


def read(declared: DecryptionKey, credentials: CredentialSource, *, subject: str) -> Key:
    """Read a declared key.

    Raises:
        CredentialRefused: its reference may not be used, or what is there is no such key.
    """
    text = credentials.read(declared.ref, subject=subject).get_secret_value()
    if declared.passphrase_ref is None:
        return _KINDS[declared.type](declared, text, subject)
    passphrase = credentials.read(declared.passphrase_ref, subject=subject).get_secret_value()
    return pgp.read(declared, text, subject, passphrase=passphrase.rstrip("\n"))
