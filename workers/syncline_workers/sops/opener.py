"""From an encrypted file to what it holds: the data key, each value, the MAC."""

from __future__ import annotations

from dataclasses import dataclass, field

from yaml import YAMLError

from syncline.credentials import CredentialSource
from syncline.errors import DecryptionFailed
from syncline.model.decryption import Decryption
from syncline_workers.sops import formats, keys, sealed
from syncline_workers.sops.formats import Opening
from syncline_workers.sops.metadata import Metadata
from syncline_workers.sops.sealed import Broken

_KEY_BYTES = 32


@dataclass(frozen=True, slots=True)
class Opened:
    """What a file holds."""

    content: bytes = field(repr=False)
    texts: frozenset[str] = field(repr=False)  # every value that was encrypted


@dataclass(frozen=True, slots=True, kw_only=True)
class Opener:
    """Opens the files of one repository, with its own keys. Keys are read when one is needed."""

    declared: Decryption
    credentials: CredentialSource
    subject: str  # Repository/shop

    def opened(self, path: str, content: bytes) -> Opened | None:
        """Decrypt a file; None where SOPS did not encrypt it.

        Raises:
            DecryptionFailed: no key fits, or it was changed; names the file.
            KeyServiceUnreachable: a key service does not answer.
            CredentialRefused: a declared key cannot be read.
        """
        about = metadata_of(path, content)
        if about is None:
            return None
        try:
            opening = Opening(about, self._data_key(path, about))
            plain = formats.of(path).rewrite(content, opening)
            opening.check()
        except Broken as exc:
            raise DecryptionFailed(path, f"cannot be decrypted: {exc}") from exc
        except (YAMLError, RecursionError):  # what they say may quote a value
            raise DecryptionFailed(
                path, "cannot be decrypted: it is broken, or nested too deep"
            ) from None
        return Opened(plain, frozenset(opening.texts))

    def _data_key(self, path: str, about: Metadata) -> bytes:
        names: list[str] = []
        for declared in self.declared.keys:
            key = keys.read(declared, self.credentials, subject=self.subject)
            found = key.data_key(about)
            if found is not None and len(found) == _KEY_BYTES:
                return found
            names += key.names()
        raise DecryptionFailed(
            path,
            f"is encrypted for {about.wanted()}, and {self.subject} has {', '.join(names)}: "
            "add the key to its spec.decryption.keys, or encrypt the file for one of these",
        )


def metadata_of(path: str, content: bytes) -> Metadata | None:
    """What SOPS wrote into a file; None where it did not encrypt it.

    Raises:
        DecryptionFailed: it wants more than one key at once.
    """
    if not sealed.is_marked(content):
        return None
    try:
        return formats.of(path).metadata(content)
    except Broken as exc:
        raise DecryptionFailed(path, str(exc)) from exc


def refused(path: str, about: Metadata, subject: str) -> DecryptionFailed:
    """The error for a file that nothing is declared to decrypt with."""
    return DecryptionFailed(
        path,
        f"is encrypted with SOPS for {about.wanted()}, and {subject} declares no keys: set its "
        "spec.decryption.keys. Nothing of it was applied",
    )
