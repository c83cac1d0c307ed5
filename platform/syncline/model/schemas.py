"""The JSON Schemas of what people write, for editors and for CI of fleet repositories."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import GenerateJsonSchema

from syncline.errors import NotFound
from syncline.model.application import Application
from syncline.model.cluster import Cluster
from syncline.model.credentialtemplate import CredentialTemplate
from syncline.model.documents import API_VERSION, Document
from syncline.model.healthrule import HealthRule
from syncline.model.plugin import Plugin, PluginInput
from syncline.model.repository import Repository
from syncline.model.values import format_duration
from syncline.model.windows import SyncWindow

KINDS: dict[str, type[Document]] = {
    "Application": Application,
    "Cluster": Cluster,
    "Repository": Repository,
    "HealthRule": HealthRule,
    "SyncWindow": SyncWindow,
    "CredentialTemplate": CredentialTemplate,
}
"""Every kind that can be written, by its name."""

OF_PLUGINS: dict[str, type[BaseModel]] = {"Plugin": Plugin, "PluginInput": PluginInput}
"""What the administrator declares of a plugin, and what a plugin is given: no documents."""

_DIALECT = "https://json-schema.org/draft/2020-12/schema"
_HOME = f"https://{API_VERSION}"


def of(kind: str) -> dict[str, Any]:
    """Return the schema of one kind, or of a plugin's parts, with its version in ``$id``.

    Raises:
        NotFound: no such kind.
    """
    known: dict[str, type[BaseModel]] = {**KINDS, **OF_PLUGINS}
    model = known.get(kind)
    if model is None:
        raise NotFound(f"kind {kind!r}", f"does not exist: write one of {', '.join(known)}")
    schema = model.model_json_schema(by_alias=True, schema_generator=_Generator)
    return {"$schema": _DIALECT, "$id": f"{_HOME}/{kind}", **schema}


def any_kind() -> dict[str, Any]:
    """Return one schema that a document of any kind satisfies."""
    definitions: dict[str, Any] = {}
    for kind, model in KINDS.items():
        schema = model.model_json_schema(by_alias=True, schema_generator=_Generator)
        definitions |= schema.pop("$defs", {})
        definitions[kind] = schema
    return {
        "$schema": _DIALECT,
        "$id": _HOME,
        "oneOf": [{"$ref": f"#/$defs/{kind}"} for kind in KINDS],
        "$defs": definitions,
    }


class _Generator(GenerateJsonSchema):
    """Writes defaults as people write them: ``5m``, not ``PT5M``; camelCase."""

    def encode_default(self, dft: Any) -> Any:
        if isinstance(dft, BaseModel):
            return dft.model_dump(mode="json", by_alias=True)
        return format_duration(dft) if isinstance(dft, timedelta) else super().encode_default(dft)
