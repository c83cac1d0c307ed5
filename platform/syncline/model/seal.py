"""Encryption and keyed digests with the platform key.

What must be kept outside a worker's memory (credentials given over the API, rendered manifests)
is sealed with AES-256-GCM; digests are keyed, so that a digest of a Secret tells nothing.
"""

from __future__ import annotations

import hashlib
import hmac
import os
from base64 import b64decode, b64encode
from dataclasses import dataclass, field

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from syncline.errors import CredentialRefused

KEY_BYTES = 32
_NONCE_BYTES = 12


@dataclass(frozen=True, slots=True)
class PlatformKey:
    """The one key of an installation: 32 bytes, from a file or the environment."""

    secret: bytes = field(repr=False)

    @classmethod
    def parse(cls, text: str) -> PlatformKey:
        """Read base64 of 32 bytes, as ``generate`` writes it."""
        try:
            secret = b64decode(text.strip(), validate=True)
        except ValueError:
            secret = b""
        if len(secret) != KEY_BYTES:
            raise CredentialRefused(
                "platform key",
                "is not base64 of 32 bytes: make one with `head -c 32 /dev/urandom | base64`",
            )
        return cls(secret)

    @staticmethod
    def generate() -> str:
        """Return a new key as text."""
        return b64encode(os.urandom(KEY_BYTES)).decode()

    def seal(self, plain: bytes, *, purpose: str) -> bytes:
        """Encrypt; ``purpose`` is bound to the text and must be given again to open it."""
        nonce = os.urandom(_NONCE_BYTES)
        return nonce + AESGCM(self.secret).encrypt(nonce, plain, purpose.encode())

    def open(self, sealed: bytes, *, purpose: str) -> bytes:
        """Decrypt what ``seal`` made.

        Raises:
            CredentialRefused: another key or purpose, or altered bytes.
        """
        nonce, text = sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:]
        try:
            return AESGCM(self.secret).decrypt(nonce, text, purpose.encode())
        except (InvalidTag, ValueError) as exc:
            raise CredentialRefused(
                purpose, "cannot be opened with this platform key: was the key replaced?"
            ) from exc

    def digest(self, data: bytes) -> str:
        """Return a keyed digest, 32 hex digits."""
        return hmac.new(self.secret, data, hashlib.sha256).hexdigest()[:32]
