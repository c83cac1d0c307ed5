"""What an ssh server says of the HTTP server for its large files: ``git-lfs-authenticate``."""

from __future__ import annotations

import shlex
import subprocess
from collections.abc import Mapping
from typing import Final

from pydantic import ValidationError

from syncline.errors import RepositoryUnreachable
from syncline.model.values import Stored
from syncline_workers.git import remote
from syncline_workers.git.access import Access
from syncline_workers.git.command import Output

_MOST: Final = 100_000  # bytes
_NOT_FOUND: Final = 127  # a shell's


class Grant(Stored):
    """Where large files are, and what is sent there."""

    href: str
    header: Mapping[str, str] = {}


def ask(access: Access) -> Grant:
    """Ask the repository's own server, with its key, for downloads.

    Raises:
        RepositoryUnreachable, CredentialRefused, NotFound: as ssh's words mean.
    """
    output = _run(access)
    if output.status:
        if output.status == _NOT_FOUND or "git-lfs-authenticate" in output.stderr:
            raise _failed(access, "it has no git-lfs-authenticate, so no large files by ssh")
        raise remote.explained(access, output)
    try:
        return Grant.model_validate_json(output.stdout[:_MOST])
    except ValidationError as exc:
        raise _failed(access, "git-lfs-authenticate did not answer with an address") from exc


def _run(access: Access) -> Output:
    url = access.url
    command = [*shlex.split(access.environment["GIT_SSH_COMMAND"])]
    command += ["-p", str(url.port)] if url.port else []
    account = f"{url.user}@{url.host.strip('[]')}" if url.user else url.host.strip("[]")
    asked = f"git-lfs-authenticate {shlex.quote(url.path)} download"
    try:
        done = subprocess.run(
            [*command, "--", account, asked],
            env=dict(access.environment),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=access.timeout,
            check=False,
        )
    except subprocess.TimeoutExpired as exc:
        raise _failed(access, f"it did not answer within {access.timeout:g} s") from exc
    except FileNotFoundError as exc:
        raise _failed(access, "the worker has no ssh (Debian: openssh-client)") from exc
    return Output(
        done.returncode, done.stdout.decode(errors="replace"), done.stderr.decode(errors="replace")
    )


def _failed(access: Access, why: str) -> RepositoryUnreachable:
    return RepositoryUnreachable(access.about, f"{access.url.address}: {why}")
