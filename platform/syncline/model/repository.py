"""A Git repository and how to reach it."""

from __future__ import annotations

from datetime import timedelta
from typing import Literal

from pydantic import Field

from syncline.model.documents import Document
from syncline.model.values import Duration, Written


class GitCredential(Written):
    """Where a credential's value is found; the value itself is never in a document.

    A reference is ``env:SYNCLINE_CRED_NAME`` or ``file:NAME`` (inside the credentials directory).
    """

    type: Literal["token", "basic", "ssh"] = Field(
        description="token: an HTTPS token; basic: the value is user:password; ssh: a private key."
    )
    ref: str = Field(
        pattern=r"^(env:SYNCLINE_CRED_[A-Z0-9_]+|file:[A-Za-z0-9._-]+(/[A-Za-z0-9._-]+)*)$",
        description="env:SYNCLINE_CRED_NAME or file:NAME inside the credentials directory.",
    )
    url_prefix: str = Field(
        min_length=1, description="The credential is sent only to URLs that start with this."
    )
    known_hosts: str | None = Field(
        default=None, description="ssh: the lines of known_hosts that the host must match."
    )


class RepositorySpec(Written):
    """How a repository is reached and how often it is looked up."""

    url: str = Field(
        min_length=1,
        max_length=2048,
        description="https://, ssh:// or git@host:path; http:// and local paths need the "
        "administrator's leave.",
    )
    credential: GitCredential | None = Field(default=None, description="None: anonymous.")
    interval: Duration = Field(
        default=timedelta(minutes=1),
        ge=timedelta(seconds=5),
        description="Between two look-ups of its revisions; one look-up serves the whole fleet.",
    )
    timeout: Duration = Field(
        default=timedelta(seconds=60),
        ge=timedelta(seconds=1),
        description="The longest that one fetch or look-up may take.",
    )


class Repository(Document):
    """A Git repository and how to reach it."""

    kind: Literal["Repository"] = Field(description="What this document is.")
    spec: RepositorySpec
