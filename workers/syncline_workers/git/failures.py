"""What git's error output means: one of our errors, with the fact and the next step.

Git has one exit status for everything, so its (untranslated) words decide. Anything unknown counts
as unreachable and is tried again.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
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
    step: str  # with {host}, {trusted}, {certificate} and {credential}: see `_step`


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
        r"(response|HTTP code|returned error:) 407|No authentication method was acceptable|"
        r"User was rejected by the SOCKS5",
        CredentialRefused,
        "{proxy} {proxy_credential}",
    ),
    Meaning(
        r"Could not resolve proxy",
        RepositoryUnreachable,
        "the worker finds no address of {proxy}: correct spec.proxy.url, or its DNS",
    ),
    Meaning(
        r"CONNECT tunnel failed|Received HTTP code \d+ from proxy|Proxy CONNECT aborted|"
        r"complete SOCKS5 connection|connection to proxy closed",
        RepositoryUnreachable,
        "{proxy} does not let it through to {host}: ask who runs it",
    ),
    Meaning(
        r"Failed to connect to the proxy",
        RepositoryUnreachable,
        "nobody answers at {proxy}: correct spec.proxy.url, or look at it",
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
        "{credential}",
    ),
    Meaning(
        r"returned error: 404|repository '.*' not found|Repository not found|"
        r"does not appear to be a git repository|project you were looking for could not be found",
        NotFound,
        "it does not exist, or the credential may not see it: check spec.url and spec.credential",
    ),
    Meaning(
        r"not our ref|unadvertised object|couldn't find remote ref|no such remote ref|"
        r"want [0-9a-f]{40} not valid",  # JGit's: Gerrit
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
        r"alert (certificate required|bad certificate|unknown ca|certificate unknown)",
        CredentialRefused,
        "the server {certificate}",
    ),
    Meaning(
        r"TLS fatal alert has been received|alert handshake failure",
        RepositoryUnreachable,
        "the server ended the TLS handshake; most often it {certificate}",
    ),
    Meaning(
        r"does not match target host name|no alternative certificate subject name",
        RepositoryUnreachable,
        "the server's certificate is for another name than {host}: correct spec.url, or have its "
        "owner get one for this name",
    ),
    Meaning(
        r"SSL certificate|certificate verif(y|ication) failed|server verification failed",
        RepositoryUnreachable,
        "the server's certificate is not trusted: {trusted}",
    ),
    Meaning(
        r"Could not resolve host",
        RepositoryUnreachable,
        "the worker finds no address of {host}: correct spec.url, or the worker's DNS",
    ),
    Meaning(
        r"Failed to connect to|connect to host .* port|No route to host|Network is unreachable",
        RepositoryUnreachable,
        "nobody answers at {host}: correct spec.url, or look at the server and at what is between",
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
_SCRATCH = re.compile(r"/\S*/syncline-[a-z]+-\w+/")  # another one each time


def is_damaged(stderr: str) -> bool:
    """Whether git complains about our mirror, and not about what the server said."""
    return bool(_DAMAGED.search(_REMOTE.sub("", stderr)))


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """Who was asked, and with what."""

    about: str  # Repository/shop
    host: str  # the server, for ssh as known_hosts names it: [git.example.com]:2222
    credential: str = ""  # the reference that was used, "" = none
    authorities: str = ""  # where those that it trusts are written, "" = the worker's own
    certificate: str = ""  # the reference of what was shown, "" = nothing
    proxy: str = ""  # host and port of spec.proxy, "" = what the worker has, if any
    proxy_credential: str = ""  # the reference of its user and password, "" = none
    secrets: tuple[str, ...] = field(default=(), repr=False)


def explain(asked: Asked, stderr: str) -> SynclineError:
    """Make the error that git's output stands for."""
    said = quoted(stderr, asked.secrets)
    if asked.proxy:
        host, _, port = asked.proxy.rpartition(":")
        stderr = stderr.replace(f"connect to {host} port {port}", "connect to the proxy")
        stderr = stderr.replace(f"resolve host: {host}\n", "resolve proxy")  # curl's, for SOCKS
    for meaning in _MEANINGS:
        if re.search(meaning.words, stderr):
            return meaning.error(asked.about, f"{_step(meaning.step, asked)}; git: {said}")
    return RepositoryUnreachable(asked.about, f"git: {said or 'ended without a word'}")


def quoted(stderr: str, secrets: Sequence[str]) -> str:
    """Cut git's output to one line that may be shown."""
    text = _SCRATCH.sub("", giturl.shown(stderr))
    for secret in secrets:
        text = text.replace(secret, "***")
    lines = (line.strip() for line in text.splitlines())
    text = "; ".join(line for line in lines if not _NOISE.fullmatch(line))
    return text if len(text) <= LONGEST else text[: LONGEST - 1] + "…"


def _step(step: str, asked: Asked) -> str:
    filled = {
        "host": asked.host,
        "trusted": f"none of the authorities in {asked.authorities} signed it"
        if asked.authorities
        else "give its authorities in spec.tls.ca, or to all workers (GIT_SSL_CAINFO)",
        "proxy": f"the proxy {asked.proxy}" if asked.proxy else "the worker's proxy (https_proxy)",
        "proxy_credential": f"refused {asked.proxy_credential}: it is wrong or expired"
        if asked.proxy_credential
        else "asks for a user and password: set spec.proxy.ref",
        "certificate": f"refuses the certificate {asked.certificate}"
        if asked.certificate
        else "wants a client certificate: set spec.tls.certificateRef and keyRef",
        "credential": f"the server refused the credential {asked.credential}: it is wrong, expired "
        "or too narrow"
        if asked.credential
        else "the server asks for a credential: set spec.credential",
    }
    return step.format(**filled)
