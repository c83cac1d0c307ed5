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


class CredentialValue(Written):
    """What a credential is, and where its value is found; the value is never in a document.

    A reference is ``env:SYNCLINE_CRED_NAME`` or ``file:NAME`` (inside the credentials directory).
    """

    type: Literal["token", "basic", "ssh"] = Field(
        description="token: an HTTPS token; basic: the value is user:password; ssh: a private key."
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

    @model_validator(mode="after")
    def _fits(self) -> CredentialValue:
        if self.passphrase_ref is not None and self.type != "ssh":
            raise ValueError(f"passphraseRef goes with type ssh, not {self.type}")
        return self


class Credential(CredentialValue):
    """A credential, and the URLs that it may be sent to."""

    url_prefix: str = Field(
        min_length=1, description="The credential is sent only to URLs that start with this."
    )
