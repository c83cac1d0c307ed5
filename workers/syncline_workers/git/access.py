"""A credential on its way to git: by environment or private file, and to one repository only.

Never an argument (every user of the host reads those) and never part of a URL (git prints it).
A header travels under git's own ``http.<url>`` rule for the repository's address, and redirects
are not followed then: git would send the header along. An ssh key needs known hosts.
"""

from __future__ import annotations

import base64
import shlex
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from syncline.credentials import CredentialSource
from syncline.errors import CredentialRefused
from syncline.model import giturl
from syncline.model.giturl import GitUrl
from syncline.model.records import RepositoryRecord
from syncline.model.repository import GitCredential
from syncline_workers import scratch
from syncline_workers.git import command, policy

TOKEN_USER = "x-access-token"  # noqa: S105 -- GitHub's; GitLab, Gitea and Azure take any name
_PROTOCOLS = {"token": ("https", "http"), "basic": ("https", "http"), "ssh": ("ssh",)}
_OPENSSH = b"openssh-key-v1\0"
_NO_CIPHER = b"\0\0\0\x04none"
_SHORTEST_MASKED = 4  # masking single letters would garble messages and hide nothing


@dataclass(frozen=True, slots=True, kw_only=True)
class Access:
    """How one repository is reached, for as long as its context lasts."""

    about: str  # Repository/shop
    url: GitUrl
    timeout: float  # seconds
    credential: str = ""  # the reference, "" = anonymous
    environment: Mapping[str, str] = field(repr=False)
    secrets: tuple[str, ...] = field(default=(), repr=False)


@contextmanager
def granted(
    repository: RepositoryRecord, url: GitUrl, credentials: CredentialSource
) -> Iterator[Access]:
    """Give git what it needs to reach the repository; what is written to disk goes again.

    Raises:
        CredentialRefused: the credential may not be used for this URL, or cannot be read.
    """
    about = policy.subject(repository)
    credential = repository.spec.credential
    with scratch.directory("ssh") as private:
        config: dict[str, str] = {}
        extra: dict[str, str] = {}
        secrets: tuple[str, ...] = ()
        if credential is not None:
            _check(about, credential, url)
            value = credentials.read(credential.ref, subject=about).get_secret_value()
            if credential.type == "ssh":
                extra = _ssh(about, credential, value, private)
            else:
                config, secrets = _header(about, credential, value, url)
        elif url.scheme == "ssh":
            raise CredentialRefused(about, "ssh needs a key: set spec.credential with type ssh")
        yield Access(
            about=about,
            url=url,
            timeout=repository.spec.timeout.total_seconds(),
            credential=credential.ref if credential else "",
            environment=command.environment(
                credentials.environment, protocol=url.scheme, config=config, extra=extra
            ),
            secrets=secrets,
        )


def _check(about: str, credential: GitCredential, url: GitUrl) -> None:
    """Bind the credential to its prefix: else a hostile URL would collect it."""
    if not giturl.covers(credential.url_prefix, url):
        raise CredentialRefused(
            about,
            f"{credential.ref} is for {giturl.shown(credential.url_prefix)} and is not sent to "
            f"{giturl.shown(url.address)}: correct spec.credential.urlPrefix or spec.url",
        )
    if url.scheme not in _PROTOCOLS[credential.type]:
        raise CredentialRefused(
            about, f"a credential of type {credential.type} does not fit a {url.scheme}:// URL"
        )


def _header(
    about: str, credential: GitCredential, value: str, url: GitUrl
) -> tuple[dict[str, str], tuple[str, ...]]:
    secret = value.strip()
    if any(char < " " for char in secret):
        raise CredentialRefused(about, f"{credential.ref} holds more than one line")
    if credential.type == "basic" and ":" not in secret:
        raise CredentialRefused(about, f"{credential.ref} is not user:password")
    pair = secret if credential.type == "basic" else f"{TOKEN_USER}:{secret}"
    encoded = base64.b64encode(pair.encode()).decode()
    config = {
        f"http.{url.address}.extraHeader": f"Authorization: Basic {encoded}",
        "http.followRedirects": "false",
    }
    password = pair.partition(":")[2]
    return config, tuple(s for s in (encoded, pair, password) if len(s) >= _SHORTEST_MASKED)


def _ssh(about: str, credential: GitCredential, key: str, private: Path) -> dict[str, str]:
    if not (credential.known_hosts or "").strip():
        raise CredentialRefused(
            about,
            "ssh needs spec.credential.knownHosts, or anybody could answer for the host: "
            "take the host's lines from its provider, or from ssh-keyscan and compare them",
        )
    if _is_encrypted(key):
        raise CredentialRefused(
            about,
            f"{credential.ref} has a passphrase, for which nobody is there to ask: "
            "give a key without one (ssh-keygen -p), for this use alone",
        )
    key_file, hosts_file = private / "key", private / "known_hosts"
    for path, text in ((key_file, key), (hosts_file, credential.known_hosts or "")):
        path.touch(mode=0o600)
        path.write_text(text.rstrip("\n") + "\n")  # ssh refuses a key without a last line end
    options = {
        "BatchMode": "yes",
        "ClearAllForwardings": "yes",
        "GlobalKnownHostsFile": "/dev/null",
        "IdentitiesOnly": "yes",
        "IdentityAgent": "none",
        "IdentityFile": str(key_file),
        "PasswordAuthentication": "no",
        "StrictHostKeyChecking": "yes",
        "UpdateHostKeys": "no",
        "UserKnownHostsFile": str(hosts_file),
    }
    words = ["ssh", "-F", "/dev/null"]
    for name, value in options.items():
        words += ["-o", f"{name}={value}"]
    return {"GIT_SSH_COMMAND": shlex.join(words), "GIT_SSH_VARIANT": "ssh"}


def _is_encrypted(key: str) -> bool:
    """Whether a private key has a passphrase; ssh would only say that it was refused."""
    if "ENCRYPTED" in key:
        return True
    if "BEGIN OPENSSH" not in key:
        return False
    body = "".join(line for line in key.splitlines() if not line.startswith("-"))
    try:
        head = base64.b64decode(body)
    except ValueError:
        return False
    return head.startswith(_OPENSSH) and not head.startswith(_OPENSSH + _NO_CIPHER)
