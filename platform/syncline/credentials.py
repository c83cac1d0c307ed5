"""Where credentials are found: ``env:SYNCLINE_CRED_NAME``, or ``file:NAME`` in one directory.

A document holds a reference and never a value. References are written by users, so they reach
nothing but what the administrator set apart for this: a reference to any file, sent to any URL,
would hand over the host's files. Whether a value may go where it is about to be sent is the
caller's question.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from pydantic import SecretStr

from syncline.errors import CredentialRefused

MAX_BYTES: Final = 1_000_000
"""The largest kubeconfig seen was 200 kB; whatever is longer is no credential."""

_VARIABLE = re.compile(r"SYNCLINE_CRED_[A-Z0-9_]+")
_NAME = re.compile(r"[A-Za-z0-9._-]+(/[A-Za-z0-9._-]+)*")


@dataclass(frozen=True, slots=True, kw_only=True)
class CredentialSource:
    """The one directory that ``file:`` means (None: it means nothing), and the environment."""

    directory: Path | None
    environment: Mapping[str, str] = field(repr=False)

    def read(self, ref: str, *, subject: str) -> SecretStr:
        """Read the value of a reference, afresh each time: files are rotated under us.

        Args:
            ref: ``env:SYNCLINE_CRED_NAME`` or ``file:NAME``.
            subject: who asks, for the error: ``Repository/shop``.

        Returns:
            The text as it is, line ends included.

        Raises:
            CredentialRefused: the reference may not be used, is missing, empty or too large.
        """
        kind, _, name = ref.partition(":")
        if kind == "env" and _VARIABLE.fullmatch(name):
            value = self._variable(ref, name, subject)
        elif kind == "file" and _NAME.fullmatch(name):
            value = self._file(ref, name, subject)
        else:
            raise CredentialRefused(
                subject, f"{ref!r} is no reference: write env:SYNCLINE_CRED_NAME or file:NAME"
            )
        if not value.strip():
            raise CredentialRefused(subject, f"{ref} is empty")
        return SecretStr(value)

    def _variable(self, ref: str, name: str, subject: str) -> str:
        value = self.environment.get(name)
        if value is None:
            raise CredentialRefused(subject, f"{ref} is not set: give {name} to the workers")
        if len(value) > MAX_BYTES:
            raise CredentialRefused(subject, f"{ref} is longer than {MAX_BYTES} characters")
        return value

    def _file(self, ref: str, name: str, subject: str) -> str:
        if self.directory is None:
            raise CredentialRefused(
                subject, f"{ref} needs a credentials directory: set SYNCLINE_CREDENTIALS"
            )
        try:
            content = _contained(self.directory, name)
        except _NotAllowedError as exc:
            raise CredentialRefused(subject, f"{ref} {exc}") from exc
        except OSError as exc:
            raise CredentialRefused(subject, f"{ref} cannot be read: {exc.strerror}") from exc
        try:
            return content.decode()
        except UnicodeDecodeError:
            raise CredentialRefused(subject, f"{ref} is not UTF-8 text") from None


NO_CREDENTIALS: Final = CredentialSource(directory=None, environment={})
"""None at all: every reference is refused."""


class _NotAllowedError(Exception):
    """Why a file may not be read."""


def _contained(directory: Path, name: str) -> bytes:
    """Read a regular file of the directory.

    Kubernetes lays a mounted Secret out as links within its directory, so links that stay inside
    are followed; the directory is the administrator's, hence no race with whoever writes links.
    """
    root = directory.resolve(strict=True)
    path = (root / name).resolve(strict=True)
    if ".." in name.split("/") or not path.is_relative_to(root):
        raise _NotAllowedError("leads outside the credentials directory")
    if not path.is_file():  # a pipe would hang the worker
        raise _NotAllowedError("is no regular file")
    with path.open("rb") as file:
        content = file.read(MAX_BYTES + 1)
    if len(content) > MAX_BYTES:
        raise _NotAllowedError(f"is larger than {MAX_BYTES} bytes")
    return content
