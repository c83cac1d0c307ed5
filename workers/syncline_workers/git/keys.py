"""Private keys, opened in memory where they have a passphrase.

Opening one takes 0.1 s of CPU on purpose, so opened keys are kept by this process: it has the key
and its passphrase at hand anyhow. A file that is rotated is another key.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Final, cast

from syncline.errors import CredentialRefused
from syncline_workers.git.need import Need

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.types import PrivateKeyTypes

KEPT: Final = 64
"""Opened keys that a process keeps."""

_OPENSSH: Final = "BEGIN OPENSSH PRIVATE KEY"


def opened(need: Need, ref: str, passphrase_ref: str | None, *, where: str) -> PrivateKeyTypes:
    """Read a key in OpenSSH's form or PEM.

    Args:
        need: whose references are read.
        ref: the key's reference.
        passphrase_ref: that of its passphrase; None: it has none.
        where: the field that names the passphrase, for errors.

    Raises:
        CredentialRefused: it is no key, or the passphrase is missing, wrong or not needed.
    """
    from cryptography.exceptions import UnsupportedAlgorithm  # noqa: PLC0415 -- few need it

    passphrase = need.read(passphrase_ref).rstrip("\r\n") if passphrase_ref else ""
    try:
        return _read(need.read(ref), passphrase)
    except TypeError as exc:
        wants = f"has a passphrase: name it in {where}"
        if passphrase:
            wants = f"has no passphrase: take {where} away"
        raise CredentialRefused(need.about, f"{ref} {wants}") from exc
    except (ValueError, UnsupportedAlgorithm) as exc:
        opens = f", or {passphrase_ref} does not open it" if passphrase else ""
        raise CredentialRefused(
            need.about, f"{ref} is no private key that can be read (OpenSSH, PEM){opens}"
        ) from exc


@lru_cache(maxsize=KEPT)
def _read(text: str, passphrase: str) -> PrivateKeyTypes:
    from cryptography.hazmat.primitives import serialization  # noqa: PLC0415 -- few need it

    given = passphrase.encode() or None
    if _OPENSSH in text:
        return cast("PrivateKeyTypes", serialization.load_ssh_private_key(text.encode(), given))
    return serialization.load_pem_private_key(text.encode(), given)
