"""``docs/reference/resources.md``: every field of every document that people write."""

from typing import Any

from syncline.model import schemas
from syncline.model.documents import API_VERSION
from tools.reference import markdown

INTRODUCTION = f"""\
Documents are YAML or JSON with `apiVersion: {API_VERSION}`, a `kind`, `metadata` and `spec`. An
unknown field is an error that names the file, the document, the field and the nearest valid name.
`syncline schema KIND` prints the JSON Schema, for editors and for the CI of a fleet repository."""

Schema = dict[str, Any]


def render() -> str:
    """The page."""
    parts = [_kind(kind) for kind in schemas.KINDS]
    return markdown.page("Resources", "platform/syncline/model", INTRODUCTION, *parts)


def _kind(kind: str) -> str:
    schema = schemas.of(kind)
    definitions = schema.get("$defs", {})
    rows = [
        row
        for name in ("metadata", "spec")
        for row in _fields(name, _resolve(schema["properties"][name], definitions), definitions)
    ]
    summary = schema.get("description", "")
    headings = ("Field", "Type", "Default", "Meaning")
    return f"## {kind}\n\n{summary}\n\n" + markdown.table(headings, rows)


def _fields(path: str, schema: Schema, definitions: Schema) -> list[tuple[str, str, str, str]]:
    rows = []
    required = schema.get("required", [])
    for name, written in schema.get("properties", {}).items():
        field = _resolve(written, definitions)
        here = f"{path}.{name}"
        rows.append(
            (
                markdown.code(here),
                _type(field, definitions),
                "required" if name in required else _default(written),
                written.get("description") or field.get("description", ""),
            )
        )
        rows += _fields(*_inner(here, field, definitions), definitions)
    return rows


def _inner(path: str, field: Schema, definitions: Schema) -> tuple[str, Schema]:
    if "items" in field:
        return f"{path}[]", _resolve(field["items"], definitions)
    if values := _values(field):
        return f"{path}.NAME", _resolve(values, definitions)
    return path, field


def _values(field: Schema) -> Schema | None:
    """What a map holds; where its keys have a form, it stands by that."""
    by_form = list(field.get("patternProperties", {}).values())
    found = by_form[0] if by_form else field.get("additionalProperties")
    return found if isinstance(found, dict) else None


def _resolve(field: Schema, definitions: Schema) -> Schema:
    """Follow a reference, and look through `anyOf: [X, null]`."""
    options = [each for each in field.get("anyOf", []) if each.get("type") != "null"]
    if len(options) == 1:
        return _resolve(options[0], definitions)
    if "$ref" in field:
        found: Schema = definitions[field["$ref"].rpartition("/")[2]]
        return found
    return field


def _type(field: Schema, definitions: Schema) -> str:
    if "enum" in field:
        return " or ".join(markdown.code(str(each)) for each in field["enum"])
    if "const" in field:
        return markdown.code(str(field["const"]))
    if "items" in field:
        return "list of " + _type(_resolve(field["items"], definitions), definitions)
    if values := _values(field):
        return "map of " + _type(_resolve(values, definitions), definitions)
    return str(field.get("type", "any"))


def _default(written: Schema) -> str:
    value = written.get("default")
    if value in (None, "", [], {}) or isinstance(value, dict):
        return ""
    return markdown.code(str(value).lower() if isinstance(value, bool) else str(value))
