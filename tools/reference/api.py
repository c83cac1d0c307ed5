"""``docs/reference/api.md``: every route, from the app's own OpenAPI document."""

from typing import Any

from syncline.api import app as api
from syncline.api.errors import STATUS
from tools.reference import markdown

INTRODUCTION = """\
The API answers under `/api/v1`; its OpenAPI document is at `/openapi.json`, and pages to try it out
are at `/docs`. Everything but `/healthz` and `/readyz` needs `Authorization: Bearer TOKEN`. A token
has scopes: `read` for what only looks, `hook` for webhooks, `admin` for all.

- **Lists** are `{"items": [...], "cursor": "..."}`; give `cursor` back until it is null. `limit` is
  500 at most.
- **Refusals** all have one body: `{"error": {"reason", "subject", "message", "details"}}`.
- **Asynchronous work** (operations, previews) is answered with 202 and an id at once.
- **`Idempotency-Key`** on `POST /api/v1/operations`: the same key gives the same operation.
- Each answer has an `X-Request-Id`, which the server's log has too; send one to choose it.
- Bodies are at most 1 MB, 20 MB for `/api/v1/apply`."""

Document = dict[str, Any]


def render() -> str:
    """The page."""
    document = api.describe()
    routes = [
        _route(method, path, operation)
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
    ]
    models = [
        _model(name, schema)
        for name, schema in sorted(document["components"]["schemas"].items())
        if "properties" in schema
    ]
    parts = (INTRODUCTION, _statuses(), "## Routes", *routes, "## Models", *models)
    return markdown.page("API", "platform/syncline/api", *parts)


def _statuses() -> str:
    rows = [
        (str(status.value), markdown.code(kind.reason), (kind.__doc__ or "").splitlines()[0])
        for kind, status in sorted(STATUS.items(), key=lambda item: item[1])
    ]
    return "## Refusals\n\n" + markdown.table(("Status", "Reason", "Meaning"), rows)


def _route(method: str, path: str, operation: Document) -> str:
    parts = [
        f"### {method.upper()} {path}",
        operation.get("summary", "") + ".",
        operation.get("description", ""),
        _scope(operation),
        _parameters(operation),
        _bodies(operation),
    ]
    return "\n\n".join(part for part in parts if part)


def _scope(operation: Document) -> str:
    needed = [scope for each in operation.get("security", []) for scope in each["token"]]
    return f"Scope: `{needed[0]}`." if needed else "No token is needed."


def _parameters(operation: Document) -> str:
    rows = [
        (
            markdown.code(each["name"]),
            each["in"],
            _type(each["schema"]),
            "required" if each.get("required") else _default(each["schema"]),
            each.get("description", ""),
        )
        for each in operation.get("parameters", [])
    ]
    headings = ("Parameter", "In", "Type", "Default", "Meaning")
    return markdown.table(headings, rows) if rows else ""


def _bodies(operation: Document) -> str:
    lines = []
    for kind, content in operation.get("requestBody", {}).get("content", {}).items():
        lines.append(f"Body, `{kind}`: {_type(content.get('schema', {}))}.")
    for status, answer in operation["responses"].items():
        content = answer.get("content", {})
        shapes = [f"`{kind}`: {_type(each.get('schema', {}))}" for kind, each in content.items()]
        if status not in ("default", "422"):
            lines.append(f"Answer {status}: {'; '.join(shapes) or 'nothing'}.")
    return "\n\n".join(lines)


def _model(name: str, schema: Document) -> str:
    required = schema.get("required", [])
    rows = [
        (
            markdown.code(field),
            _type(written),
            "required" if field in required else _default(written),
            written.get("description", ""),
        )
        for field, written in schema["properties"].items()
    ]
    summary = schema.get("description", "")
    table = markdown.table(("Field", "Type", "Default", "Meaning"), rows)
    return f"### {name}\n\n{summary}\n\n{table}"


def _type(schema: Document) -> str:
    if "$ref" in schema:
        name = schema["$ref"].rpartition("/")[2]
        return f"[{name}](#{name.lower()})"
    if "anyOf" in schema:
        return " or ".join(_type(each) for each in schema["anyOf"])
    if "enum" in schema:
        return " or ".join(markdown.code(str(each)) for each in schema["enum"])
    if "items" in schema:
        return f"list of {_type(schema['items'])}"
    if isinstance(schema.get("additionalProperties"), dict):
        return f"map of {_type(schema['additionalProperties'])}"
    return str(schema.get("format") or schema.get("type", "any"))


def _default(schema: Document) -> str:
    value = schema.get("default")
    return "" if value in (None, "", [], {}) else markdown.code(str(value))
