"""Where sources are (Git, charts, artifacts), and how that is reached."""

from __future__ import annotations

from datetime import timedelta
from enum import StrEnum
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, model_validator

from syncline.errors import InvalidDocument
from syncline.model import giturl
from syncline.model.credential import Credential
from syncline.model.decryption import Decryption
from syncline.model.documents import Document
from syncline.model.proxy import Proxy
from syncline.model.tls import Tls
from syncline.model.values import Duration, Written
from syncline.model.verification import Verification


class RepositoryType(StrEnum):
    """What a repository is. Order means nothing."""

    GIT = "git"
    HELM = "helm"
    OCI = "oci"


def _address(url: str) -> str:
    try:
        giturl.parse(url)
    except InvalidDocument as exc:
        raise ValueError(f"{exc.subject} {exc.detail}") from None
    return url


class RepositorySpec(Written):
    """How a repository is reached and how often it is looked up."""

    type: RepositoryType | None = Field(
        default=None,
        description="git; helm: charts over HTTP, with an index.yaml; oci: charts or artifacts in "
        "a registry. None: oci where the URL begins with oci://, else git.",
    )
    url: str = Field(
        min_length=1,
        max_length=2048,
        description="https://, oci://, ssh:// or git@host:path; http:// and local paths need the "
        "administrator's leave.",
    )
    credential: Credential | None = Field(
        default=None, description="None: that of a CredentialTemplate, else anonymous."
    )
    tls: Tls | None = Field(
        default=None, description="https: whom to trust, and which certificate to show."
    )
    proxy: Proxy | None = Field(
        default=None,
        description="https, http: what it is reached through; None: what the workers have.",
    )
    credential_templates: bool = Field(
        default=True,
        description="Take what is left out of credential and tls from the CredentialTemplate with "
        "the longest prefix of the URL.",
    )
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
    verify: Verification | None = Field(
        default=None,
        description="Signatures that every commit, or archive, must have. None: no matter who made "
        "it.",
    )
    decryption: Decryption | None = Field(
        default=None,
        description="With which keys files that SOPS encrypted are read. None: an encrypted file "
        "is an error.",
    )
    submodules: bool = Field(
        default=False,
        description="Follow submodules, each in a mirror of its own: on the repository's host, "
        "below the credential's urlPrefix, or below submoduleUrls.",
    )
    submodule_urls: tuple[Annotated[str, AfterValidator(_address)], ...] = Field(
        default=(),
        max_length=100,
        description="Where submodules may be, too: prefixes of their URLs.",
    )
    lfs: bool = Field(
        default=False,
        description="Fetch the files that Git LFS keeps apart. Else a pointer where a manifest is "
        "expected is an error.",
    )
    remote_bases: tuple[Annotated[str, AfterValidator(_address)], ...] = Field(
        default=(),
        max_length=100,
        description="Prefixes of URLs that its kustomizations may name as bases, at full commit "
        "ids. None: remote bases are refused.",
    )

    @model_validator(mode="after")
    def _fits(self) -> RepositorySpec:
        asked, kind = self.verify, self.serves
        only = (
            ("submodules", self.submodules, RepositoryType.GIT),
            ("remoteBases", self.remote_bases, RepositoryType.GIT),
            ("lfs", self.lfs, RepositoryType.GIT),
            ("verify.mode", asked and asked.mode != "commit", RepositoryType.GIT),
            ("verify.allowedSigners", asked and asked.allowed_signers, RepositoryType.GIT),
            ("verify.cosignKeys", asked and asked.cosign_keys, RepositoryType.OCI),
        )
        for name, is_set, serves in only:
            if is_set and kind is not serves:
                raise ValueError(f"{name} is for repositories of type {serves}: leave it out")
        return self

    @property
    def serves(self) -> RepositoryType:
        """What it is, also where the document leaves that out."""
        if self.type is not None:
            return self.type
        return RepositoryType.OCI if self.url.startswith("oci://") else RepositoryType.GIT


class Repository(Document):
    """A Git or Helm repository, or a place in a registry, and how to reach it."""

    kind: Literal["Repository"] = Field(description="What this document is.")
    spec: RepositorySpec
