"""Records as hashes: the document as JSON, and beside it what scripts and reports change.

Parsing a document costs ten times what the rest of a claim does, so parsed documents are kept by
their text.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from enum import StrEnum
from functools import lru_cache
from typing import Any, NamedTuple

import orjson
from pydantic import BaseModel

from syncline.model import filling
from syncline.model.application import ApplicationSpec
from syncline.model.cluster import ClusterSpec
from syncline.model.credentialtemplate import CredentialTemplateSpec
from syncline.model.documents import Document
from syncline.model.filling import Template
from syncline.model.names import Uid
from syncline.model.records import (
    ApplicationRecord,
    ClusterRecord,
    CredentialTemplateRecord,
    Record,
    RepositoryRecord,
    SyncWindowRecord,
)
from syncline.model.repository import RepositorySpec
from syncline.model.windows import SyncWindowSpec


class Kind(StrEnum):
    """What can be registered; the words are the documents' ``kind``."""

    REPOSITORY = "Repository"
    CLUSTER = "Cluster"
    APPLICATION = "Application"
    SYNC_WINDOW = "SyncWindow"
    CREDENTIAL_TEMPLATE = "CredentialTemplate"


FIELDS = (
    "uid",
    "name",
    "project",
    "document",
    "digest",
    "declared_in",
    "generation",
    "created_at",
    "deleting",
    "orphan",
    "repository_name",
    "kube_uid",
    "version",
    "revision",
    "others",
    "template",
)
"""What is read of a record, in the order of ``RECORD_FIELDS`` in scripts."""

_SPECS: dict[Kind, type[BaseModel]] = {
    Kind.REPOSITORY: RepositorySpec,
    Kind.CLUSTER: ClusterSpec,
    Kind.APPLICATION: ApplicationSpec,
    Kind.SYNC_WINDOW: SyncWindowSpec,
    Kind.CREDENTIAL_TEMPLATE: CredentialTemplateSpec,
}


class Content(NamedTuple):
    """A document's text, the digest of all of it, and the digest of what a run depends on."""

    text: bytes
    digest: str
    needed: str


def content(document: Document, spec: BaseModel) -> Content:
    """Write a document as it is stored; equal documents give equal texts."""
    meta = document.metadata
    needed = {"spec": spec.model_dump(mode="json", by_alias=True), "labels": meta.labels}
    text = _canonical({**needed, "annotations": meta.annotations})
    # When to run, and what to look at after a run, is nothing to run for.
    needed["spec"].get("syncPolicy", {}).pop("windows", None)
    needed["spec"].pop("dependsOn", None)
    needed["spec"].pop("checks", None)
    return Content(text, _sha(text), _sha(_canonical(needed)))


def _canonical(value: object) -> bytes:
    return orjson.dumps(value, option=orjson.OPT_SORT_KEYS)


def _sha(text: bytes) -> str:
    return hashlib.sha256(text).hexdigest()[:32]


@lru_cache(maxsize=8192)
def _parsed(kind: Kind, text: str) -> tuple[Any, dict[str, str], dict[str, str]]:
    document = orjson.loads(text)
    return (
        _SPECS[kind].model_validate(document["spec"]),
        document["labels"],
        document["annotations"],
    )


def specification(document: str) -> ApplicationSpec:
    """Read the spec of an application's document."""
    spec: ApplicationSpec = _parsed(Kind.APPLICATION, document)[0]
    return spec


def repository(document: str) -> RepositorySpec:
    """Read the spec of a repository's document, without what a template fills in."""
    spec: RepositorySpec = _parsed(Kind.REPOSITORY, document)[0]
    return spec


def parse(kind: Kind, values: Sequence[str | None], repository: str | None = None) -> Record | None:
    """Read a record from its ``FIELDS``; None where it is gone.

    Args:
        kind: what it is.
        values: as HMGET returns them.
        repository: an application's repository by uid, where it is registered.
    """
    return _read(kind, tuple(values), repository)


@lru_cache(maxsize=4096)
def _read(kind: Kind, values: tuple[str | None, ...], repository: str | None) -> Record | None:
    """Runs ask for the same records again and again; they are frozen, so all may share one."""
    found = dict(zip(FIELDS, values, strict=True))
    return None if found["uid"] is None else _record(kind, found, repository)


def parse_hash(kind: Kind, fields: Mapping[str, str], repository: str | None = None) -> Record:
    """Read a record from its whole hash."""
    return _record(kind, {name: fields.get(name) for name in FIELDS}, repository)


def _record(kind: Kind, found: Mapping[str, str | None], repository: str | None) -> Record:
    spec, labels, annotations = _parsed(kind, found["document"] or "")
    common: dict[str, Any] = {
        "uid": found["uid"],
        "name": found["name"],
        "labels": labels,
        "annotations": annotations,
        "declared_in": found["declared_in"] or "",
        "generation": int(found["generation"] or 1),
        "created_at": float(found["created_at"] or 0),
        "deleting": bool(found["deleting"]),
        "orphan": bool(found["orphan"]),
        "spec": spec,
    }
    match kind:
        case Kind.APPLICATION:
            owner = Uid(repository) if repository else None
            return ApplicationRecord(**common, project=found["project"] or "", repository=owner)
        case Kind.CLUSTER:
            return ClusterRecord(
                **common, kube_uid=found["kube_uid"] or "", version=found["version"] or ""
            )
        case Kind.SYNC_WINDOW:
            return SyncWindowRecord(**common)
        case Kind.CREDENTIAL_TEMPLATE:
            return CredentialTemplateRecord(**common)
        case _:
            return RepositoryRecord(**_filled(common, found["template"] or ""))


def _filled(common: dict[str, Any], text: str) -> dict[str, Any]:
    """Give a repository's fields, with what its credential template fills in."""
    if not text:
        return common
    template = Template.read(text)
    spec, names = filling.fill(common["spec"], template)
    return {**common, "spec": spec, "template": template.name, "filled": names}
