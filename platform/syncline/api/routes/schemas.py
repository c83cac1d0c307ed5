"""The JSON Schemas of what people write."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter

from syncline.api.auth import needs
from syncline.model import schemas
from syncline.model.access import Scope

router = APIRouter(prefix="/schemas", tags=["schemas"], dependencies=[needs(Scope.READ)])


@router.get("", summary="The schema of any document")
def any_kind() -> dict[str, Any]:
    """One JSON Schema that a document of any kind satisfies."""
    return schemas.any_kind()


@router.get("/{kind}", summary="The schema of one kind")
def one_kind(kind: str) -> dict[str, Any]:
    """Application, Cluster, Repository or HealthRule; Plugin or PluginInput."""
    return schemas.of(kind)
