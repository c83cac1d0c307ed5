"""Which repositories may be reached at all: the administrator's settings against a user's URL."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

from syncline.errors import CredentialRefused, InvalidDocument, UnsafePath
from syncline.model import giturl
from syncline.model.giturl import GitUrl
from syncline.model.records import RepositoryRecord
from syncline.settings import GitSettings


def subject(repository: RepositoryRecord) -> str:
    """Name the repository in errors."""
    return f"Repository/{repository.name}"


def admitted(repository: RepositoryRecord, settings: GitSettings) -> GitUrl:
    """Read the repository's URL, as far as it may be used here; local paths with links resolved.

    Raises:
        InvalidDocument: the URL's form or protocol is not allowed.
        UnsafePath: a local path lies outside the allowed directories.
        CredentialRefused: a secret is written into the URL.
    """
    about = subject(repository)
    try:
        url = giturl.parse(repository.spec.url)
    except InvalidDocument as exc:
        raise InvalidDocument(about, f"spec.url {exc.subject!r} {exc.detail}") from exc
    if url.password or (url.user and url.scheme in ("https", "http")):
        raise CredentialRefused(
            about, "spec.url holds a user or password: move it to spec.credential, by reference"
        )
    if url.scheme == "oci":
        raise InvalidDocument(about, f"{url.address} is no Git URL: leave spec.type out")
    if url.scheme == "http" and not settings.allow_http:
        raise InvalidDocument(
            about,
            f"{url.address} is not encrypted, so the network can alter what is deployed: use "
            "https://, or have the administrator set SYNCLINE_GIT_ALLOW_HTTP=true",
        )
    return _local(about, url, settings) if url.scheme == "file" else url


def _local(about: str, url: GitUrl, settings: GitSettings) -> GitUrl:
    real = Path(os.path.realpath(url.path))
    allowed = [Path(os.path.realpath(directory)) for directory in settings.allow_local]
    if not any(real.is_relative_to(directory) for directory in allowed):
        named = ", ".join(map(str, settings.allow_local)) or "none"
        raise UnsafePath(
            about,
            f"{url.path} lies in no directory that local repositories may lie in ({named}): "
            "the administrator sets them in SYNCLINE_GIT_ALLOW_LOCAL",
        )
    return replace(url, path=str(real))
