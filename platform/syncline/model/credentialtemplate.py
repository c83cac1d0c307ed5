"""A credential for every repository below a URL: written once, taken where a document has none."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, field_validator, model_validator

from syncline.errors import InvalidDocument
from syncline.model import giturl
from syncline.model.credential import CredentialValue
from syncline.model.documents import Document
from syncline.model.tls import Tls
from syncline.model.values import Written

_SECURE = ("https", "oci")


class CredentialTemplateSpec(Written):
    """What repositories below a URL are given where their documents leave it out."""

    url_prefix: str = Field(
        min_length=1,
        max_length=2048,
        description="For repositories of this protocol, host and port whose path begins with "
        "these parts; of several templates the longest prefix decides.",
    )
    credential: CredentialValue | None = Field(
        default=None, description="Sent only to URLs below the prefix."
    )
    tls: Tls | None = Field(
        default=None, description="Whom to trust there, and which certificate to show."
    )

    @field_validator("url_prefix")
    @classmethod
    def _is_a_place(cls, prefix: str) -> str:
        try:
            url = giturl.parse(prefix)
        except InvalidDocument as exc:
            raise ValueError(f"{exc.subject} {exc.detail}") from exc
        if url.scheme == "file" or url.password:
            raise ValueError("is no prefix of https://, oci:// or ssh:// without a password")
        return prefix

    @model_validator(mode="after")
    def _gives(self) -> CredentialTemplateSpec:
        scheme = giturl.parse(self.url_prefix).scheme
        if self.credential is None and self.tls is None:
            raise ValueError("set credential, tls, or both")
        if self.tls is not None and scheme not in _SECURE:
            raise ValueError(f"tls does nothing for {scheme}:// URLs")
        if self.credential is not None and (self.credential.type == "ssh") != (scheme == "ssh"):
            raise ValueError(
                f"a credential of type {self.credential.type} does not fit {scheme}:// URLs"
            )
        return self


class CredentialTemplate(Document):
    """A credential for every repository below a URL that has none of its own."""

    kind: Literal["CredentialTemplate"] = Field(description="What this document is.")
    spec: CredentialTemplateSpec
