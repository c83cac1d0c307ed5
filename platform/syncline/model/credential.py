"""A credential as documents name it: what it is, where its value is found, where it may be sent.

It says nothing of Git: whatever is reached by a URL names its credential like this.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, StringConstraints, model_validator

from syncline.model.values import Written

Reference = Annotated[
    str,
    StringConstraints(
        pattern=r"^(env:SYNCLINE_CRED_[A-Z0-9_]+|file:[A-Za-z0-9._-]+(/[A-Za-z0-9._-]+)*)$"
    ),
]
"""``env:SYNCLINE_CRED_NAME``, or ``file:NAME`` inside the credentials directory."""


class GitHubApp(Written):
    """A GitHub App's installation, which gives out tokens for an hour."""

    app_id: int = Field(ge=1, description="The app's number, of its settings.")
    installation_id: int = Field(
        ge=1, description="The number at the end of the URL of the installation's settings."
    )
    api_url: str | None = Field(
        default=None,
        max_length=2048,
        pattern=r"^https?://[A-Za-z0-9_.\[\]:-]+(/[A-Za-z0-9_./-]*)?$",
        description="Where its API is. None: https://api.github.com, or /api/v3 of the URL's host.",
    )


class CredentialValue(Written):
    """What a credential is, and where its value is found; the value is never in a document.

    A reference is ``env:SYNCLINE_CRED_NAME`` or ``file:NAME`` (inside the credentials directory).
    """

    type: Literal["token", "basic", "ssh", "github-app"] = Field(
        description="token: an HTTPS token; basic: the value is user:password; ssh: a private "
        "key; github-app: the private key of a GitHub App."
    )
    ref: Reference = Field(
        description="env:SYNCLINE_CRED_NAME or file:NAME inside the credentials directory."
    )
    known_hosts: str | None = Field(
        default=None, description="ssh: the lines of known_hosts that the host must match."
    )
    passphrase_ref: Reference | None = Field(
        default=None, description="ssh: the passphrase of the key, where it has one."
    )

    github: GitHubApp | None = Field(
        default=None, description="github-app: the app and its installation."
    )

    @model_validator(mode="after")
    def _fits(self) -> CredentialValue:
        if self.passphrase_ref is not None and self.type != "ssh":
            raise ValueError(f"passphraseRef goes with type ssh, not {self.type}")
        if (self.github is not None) != (self.type == "github-app"):
            raise ValueError("github goes with type github-app, and that with github")
        return self


class Credential(CredentialValue):
    """A credential, and the URLs that it may be sent to."""

    url_prefix: str = Field(
        min_length=1, description="The credential is sent only to URLs that start with this."
    )
