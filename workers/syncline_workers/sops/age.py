"""Keys of age, and SSH keys that it takes as such."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from syncline.errors import CredentialRefused
from syncline.model.decryption import DecryptionKey
from syncline_workers.sops.metadata import Metadata


@dataclass(frozen=True, slots=True)
class AgeKey:
    """The identities of one file, as ``age-keygen`` writes it."""

    identities: tuple[Any, ...] = field(repr=False)
    recipients: tuple[str, ...]

    def data_key(self, about: Metadata) -> bytes | None:
        """See ``keys.Key``."""
        import pyrage  # noqa: PLC0415 - only who decrypts loads it

        for entry in about.masters.get("age", ()):
            try:
                return bytes(pyrage.decrypt(str(entry.get("enc")).encode(), list(self.identities)))
            except pyrage.DecryptError:
                continue  # for somebody else
        return None

    def names(self) -> tuple[str, ...]:
        """See ``keys.Key``."""
        return self.recipients


def read(declared: DecryptionKey, text: str, subject: str) -> AgeKey:
    """Read a file of identities.

    Raises:
        CredentialRefused: there is none in it.
    """
    import pyrage  # noqa: PLC0415 - only who decrypts loads it

    try:
        if "PRIVATE KEY-----" in text:
            found: tuple[Any, ...] = (pyrage.ssh.Identity.from_buffer(text.encode()),)
            return AgeKey(found, ("an SSH key",))
        lines = (line.strip() for line in text.splitlines())
        found = tuple(
            pyrage.x25519.Identity.from_str(line)
            for line in lines
            if line and not line.startswith("#")
        )
    except pyrage.IdentityError as exc:
        raise CredentialRefused(
            subject, f"{declared.ref} holds what is no age key: write it as age-keygen does"
        ) from exc
    if not found:
        raise CredentialRefused(subject, f"{declared.ref} holds no age key")
    return AgeKey(found, tuple(str(each.to_public()) for each in found))
