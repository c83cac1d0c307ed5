"""How git speaks over ssh: one key, hosts that are known, and nothing of this user's own."""

from __future__ import annotations

import base64
import shlex
from typing import Final

from syncline.errors import CredentialRefused
from syncline.model.credential import Credential
from syncline_workers.git import keys
from syncline_workers.git.need import Means, Need

_OPENSSH: Final = b"openssh-key-v1\0"
_NO_CIPHER: Final = b"\0\0\0\x04none"


def key(need: Need, credential: Credential) -> Means:
    """Give a private key, in a file that goes again.

    Raises:
        CredentialRefused: no host is known, or the key cannot be used.
    """
    if not (credential.known_hosts or "").strip():
        raise CredentialRefused(
            need.about,
            "ssh needs spec.credential.knownHosts, or anybody could answer for the host: "
            "take the host's lines from its provider, or from ssh-keyscan and compare them",
        )
    text = need.read(credential.ref)
    if credential.passphrase_ref or _is_encrypted(text):
        text = _opened(need, credential)
    options = {
        "BatchMode": "yes",
        "ClearAllForwardings": "yes",
        "GlobalKnownHostsFile": "/dev/null",
        "IdentitiesOnly": "yes",
        "IdentityAgent": "none",
        "IdentityFile": str(need.keep("key", text)),
        "PasswordAuthentication": "no",
        "StrictHostKeyChecking": "yes",
        "UpdateHostKeys": "no",
        "UserKnownHostsFile": str(need.keep("known_hosts", credential.known_hosts or "")),
    }
    words = ["ssh", "-F", "/dev/null"]
    for name, value in options.items():
        words += ["-o", f"{name}={value}"]
    return Means(variables={"GIT_SSH_COMMAND": shlex.join(words), "GIT_SSH_VARIANT": "ssh"})


def _opened(need: Need, credential: Credential) -> str:
    from cryptography.hazmat.primitives import serialization  # noqa: PLC0415 -- few need it

    where = "spec.credential.passphraseRef"
    found = keys.opened(need, credential.ref, credential.passphrase_ref, where=where)
    return found.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.OpenSSH,
        serialization.NoEncryption(),
    ).decode()


def _is_encrypted(text: str) -> bool:
    """Whether a private key has a passphrase; ssh would only say that it was refused."""
    if "ENCRYPTED" in text:
        return True
    if "BEGIN OPENSSH" not in text:
        return False
    body = "".join(line for line in text.splitlines() if not line.startswith("-"))
    try:
        head = base64.b64decode(body)
    except ValueError:
        return False
    return head.startswith(_OPENSSH) and not head.startswith(_OPENSSH + _NO_CIPHER)
