"""What git's error output means: one of our errors, with the fact and the next step.

Git has one exit status for everything, so its (untranslated) words decide. Anything unknown counts
as unreachable and is tried again.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from syncline.errors import (
    CredentialRefused,
    NotFound,
    RepositoryUnreachable,
    RevisionNotFound,
    SynclineError,
)
from syncline.model import giturl

LONGEST: Final = 500
"""Characters of foreign output that an error quotes."""


@dataclass(frozen=True, slots=True)
class Meaning:
    """Words of git, the error that they stand for, and the next step."""

    words: str  # a regular expression
    error: type[SynclineError]
    step: str  # {host} stands for the server, as known_hosts names it


# The order matters: the first that is found decides.
_MEANINGS: Final = (
    Meaning(
        r"No space left on device|Disk quota exceeded",
        RepositoryUnreachable,
        "the worker's disk for mirrors is full: free or enlarge SYNCLINE_GIT_CACHE",
    ),
    Meaning(
        r"insufficient permission for adding|(unable to create|cannot open).*Permission denied",
        RepositoryUnreachable,
        "the worker may not write its mirrors: check the owner of SYNCLINE_GIT_CACHE",
    ),
    Meaning(
        r"REMOTE HOST IDENTIFICATION HAS CHANGED",
        CredentialRefused,
        "the key of {host} is another than in spec.credential.knownHosts: ask its owner whether it "
        "was replaced, and only then put the new one there (ssh-keyscan)",
    ),
    Meaning(
        r"Host key verification failed|host key is known",
        CredentialRefused,
        "no key of {host} is in spec.credential.knownHosts: compare and add it (ssh-keyscan)",
    ),
    Meaning(
        r"Load key .* (invalid format|error in libcrypto)",
        CredentialRefused,
        "the credential is no private key that ssh reads: it must be unencrypted OpenSSH or PEM",
    ),
    Meaning(
        r"returned error: 30[12378]|unable to update url base from redirection",
        RepositoryUnreachable,
        "the server redirects, which is not followed with a credential: "
        "write the final URL into spec.url (on GitLab it ends with .git)",
    ),
    Meaning(
        r"returned error: 40[13]|Authentication failed|could not read (Username|Password)|"
        r"Permission denied \(|HTTP Basic: Access denied|Invalid username or",
        CredentialRefused,
        "",  # depends on whether a credential was given
    ),
    Meaning(
        r"returned error: 404|repository '.*' not found|Repository not found|"
        r"does not appear to be a git repository|project you were looking for could not be found",
        NotFound,
        "it does not exist, or the credential may not see it: check spec.url and spec.credential",
    ),
    Meaning(
        r"not our ref|unadvertised object|couldn't find remote ref|no such remote ref",
        RevisionNotFound,
        "the server does not have that commit, or does not give it out: "
        "a forced push may have removed it",
    ),
    Meaning(
        r"ssh: (command )?not found|cannot run ssh",
        RepositoryUnreachable,
        "the worker has no ssh: install it (Debian: openssh-client)",
    ),
    Meaning(
        r"dubious ownership",
        CredentialRefused,
        "the local repository belongs to another user of the host: change its owner",
    ),
    Meaning(
        r"SSL certificate|certificate verify failed|server verification failed",
        RepositoryUnreachable,
        "the server's certificate is not trusted: give the workers its CA (GIT_SSL_CAINFO)",
    ),
    Meaning(
        r"returned error: 429",
        RepositoryUnreachable,
        "the server asks for fewer requests: raise spec.interval",
    ),
)

_DAMAGED = re.compile(
    r"not a git repository|is corrupt|corrupt (loose )?object|garbage at end of loose|"
    r"bad (object|tree object|packed|signature|config)|missing (blob|tree|commit)|"
    r"unable to read (tree|sha1|[0-9a-f]{40})|does not match index|wrong index|"
    r"index file .* is too small|unexpected line in|(object file|ref) .* is empty|"
    r"could not (open|read) pack|is not a GIT packfile|packfile .* (cannot|is far)|"
    r"Unable to create '.*\.lock'|cannot lock ref|did not send all necessary objects",
)
# The last of them name private files of ours, and steps that only fit those.
_NOISE = re.compile(
    r"[\s@]*|Please make sure you have the correct access rights|and the repository exists\.|"
    r"@ +WARNING: REMOTE HOST IDENTIFICATION HAS CHANGED! +@|IT IS POSSIBLE THAT SOMEONE.*|"
    r"Someone could be eavesdropping.*|It is also possible that a host key.*|"
    r"Please contact your system administrator\.|"
    r"Add correct host key in .*|Offending .* key in .*|remove with:|ssh-keygen -f .*"
)
_REMOTE = re.compile(r"^remote:.*$", re.MULTILINE)


def is_damaged(stderr: str) -> bool:
    """Whether git complains about our mirror, and not about what the server said."""
    return bool(_DAMAGED.search(_REMOTE.sub("", stderr)))


def explain(
    about: str, stderr: str, *, host: str, credential: str, secrets: Sequence[str]
) -> SynclineError:
    """Make the error that git's output stands for.

    Args:
        about: ``Repository/shop``.
        stderr: git's error output.
        host: the server, as known_hosts names it: ``[git.example.com]:2222``.
        credential: the reference that was used, "" = none.
        secrets: values that must not be shown.
    """
    said = quoted(stderr, secrets)
    for meaning in _MEANINGS:
        if re.search(meaning.words, stderr):
            step = meaning.step.replace("{host}", host) or _asked(credential)
            return meaning.error(about, f"{step}; git: {said}")
    return RepositoryUnreachable(about, f"git: {said or 'ended without a word'}")


def quoted(stderr: str, secrets: Sequence[str]) -> str:
    """Cut git's output to one line that may be shown."""
    text = giturl.shown(stderr)
    for secret in secrets:
        text = text.replace(secret, "***")
    lines = (line.strip() for line in text.splitlines())
    text = "; ".join(line for line in lines if not _NOISE.fullmatch(line))
    return text if len(text) <= LONGEST else text[: LONGEST - 1] + "…"


def _asked(credential: str) -> str:
    if credential:
        return f"the server refused the credential {credential}: it is wrong, expired or too narrow"
    return "the server asks for a credential: set spec.credential"
