"""A PGP key, without gpg: as ``gpg --armor --export-secret-keys`` writes it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from syncline.errors import CredentialRefused
from syncline.model.decryption import DecryptionKey
from syncline_workers.sops.metadata import Metadata


@dataclass(frozen=True, slots=True)
class PgpKey:
    """One secret key."""

    decryptor: Any = field(repr=False)
    fingerprint: str

    def data_key(self, about: Metadata) -> bytes | None:
        """See ``keys.Key``."""
        import pysequoia  # noqa: PLC0415 - only who decrypts loads it

        for entry in about.masters.get("pgp", ()):
            try:
                found = pysequoia.decrypt(str(entry.get("enc")).encode(), self.decryptor)
            except Exception:  # noqa: BLE001, S112 - its errors have no class; for another key
                continue
            return found.bytes
        return None

    def names(self) -> tuple[str, ...]:
        """See ``keys.Key``."""
        return (self.fingerprint,)


def read(
    declared: DecryptionKey, text: str, subject: str, *, passphrase: str | None = None
) -> PgpKey:
    """Read an armored secret key.

    Raises:
        CredentialRefused: there is none, or it has another passphrase.
    """
    import pysequoia  # noqa: PLC0415 - only who decrypts loads it

    try:
        secret = pysequoia.Tsk.from_bytes(text.encode())
        return PgpKey(
            secret.decryptor(passphrase), secret.extract_certificate().fingerprint.upper()
        )
    except Exception as exc:  # its errors have no class
        raise CredentialRefused(
            subject,
            f"{declared.ref} holds no PGP key that can decrypt: write it as gpg --armor "
            "--export-secret-keys does, and name its passphrase by passphraseRef",
        ) from exc
