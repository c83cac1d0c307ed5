"""Reads the documents that people write: every mistake of a file at once, each with its place.

A field that is unknown is never skipped: the message names the nearest one that exists. Whether
names refer to something that is registered is not looked at here.
"""

from __future__ import annotations

import difflib
import typing
from collections.abc import Iterable, Sequence
from typing import Any, TypeAlias, TypeVar, cast

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from syncline.errors import InvalidDocument
from syncline.model import yaml
from syncline.model.application import Application
from syncline.model.cluster import Cluster
from syncline.model.credentialtemplate import CredentialTemplate
from syncline.model.documents import API_VERSION
from syncline.model.healthrule import HealthRule
from syncline.model.names import application_name
from syncline.model.repository import Repository
from syncline.model.schemas import KINDS
from syncline.model.windows import SyncWindow

Parsed: TypeAlias = (
    Application | Cluster | Repository | HealthRule | SyncWindow | CredentialTemplate
)

_M = TypeVar("_M", bound=BaseModel)


def parse_documents(
    text: bytes | str, *, source: str, limits: yaml.Limits = yaml.DEFAULT_LIMITS
) -> list[Parsed]:
    """Read every document of a file, in order; empty ones are skipped.

    Args:
        text: YAML of any number of documents, or JSON of one.
        source: the file's path, for errors.
        limits: what the file may hold.

    Raises:
        InvalidDocument: one line for each mistake, with document, field path and a suggestion.
        LimitExceeded: the file breaks a limit.
    """
    parsed: list[Parsed] = []
    mistakes: list[str] = []
    values = yaml.load_all(text, source=source, limits=limits, fault=InvalidDocument)
    for number, value in enumerate(values, start=1):
        if value is None:
            continue
        found = _parse(value)
        if isinstance(found, list):
            title = _title(value)
            place = f"document {number} ({title})" if title else f"document {number}"
            mistakes += [f"{place}: {line}" for line in found]
        else:
            parsed.append(found)
    mistakes += _repeated(parsed)
    if mistakes:
        raise InvalidDocument(source, "\n".join(mistakes))
    return parsed


def parse_mapping(value: Any, *, source: str) -> Parsed:
    """Read one document that is a plain mapping already.

    Raises:
        InvalidDocument: one line for each mistake, with field path and a suggestion.
    """
    found = _parse(value)
    if isinstance(found, list):
        title = _title(value)
        raise InvalidDocument(source, "\n".join(f"{title}: {x}" if title else x for x in found))
    return found


def fit(model: type[_M], value: Any, *, source: str) -> _M:
    """Read a mapping as one model.

    Raises:
        InvalidDocument: one line for each mistake, with field path and a suggestion.
    """
    if not isinstance(value, dict):
        raise InvalidDocument(source, f"must be a mapping, not {_shown(value)}")
    try:
        return model.model_validate(value, by_alias=True, by_name=False)
    except ValidationError as exc:
        lines = [_line(model, error) for error in exc.errors(include_url=False)]
        raise InvalidDocument(source, "\n".join(lines)) from exc


def nearest(word: str, known: Iterable[str]) -> str:
    """Suggest what was probably meant, or list what there is: to end an error message with."""
    names = sorted(known)
    by_lower = {name.lower(): name for name in names}
    found = difflib.get_close_matches(word.lower().replace("_", ""), by_lower, n=1)
    return f"did you mean {by_lower[found[0]]}?" if found else f"there is {', '.join(names)}"


def _parse(value: Any) -> Parsed | list[str]:
    if not isinstance(value, dict):
        return [f"a document must be a mapping, not {_shown(value)}"]
    if wrong := _wrong_type(value):
        return wrong
    model = KINDS[value["kind"]]
    try:
        return cast("Parsed", model.model_validate(value, by_alias=True, by_name=False))
    except ValidationError as exc:
        return [_line(model, error) for error in exc.errors(include_url=False)]


def _wrong_type(value: dict[str, Any]) -> list[str]:
    lines = []
    version, kind = value.get("apiVersion"), value.get("kind")
    if version is None:
        lines.append(f"apiVersion: is required; write {API_VERSION}")
    elif version != API_VERSION:
        lines.append(f"apiVersion: {_shown(version)} is unknown; write {API_VERSION}")
    if kind is None:
        lines.append(f"kind: is required; there is {', '.join(KINDS)}")
    elif not isinstance(kind, str) or kind not in KINDS:
        lines.append(f"kind: {_shown(kind)} is unknown; {nearest(str(kind), KINDS)}")
    return lines


def _line(model: type[BaseModel], error: ErrorDetails) -> str:
    path, value, fault = error["loc"], error["input"], error["type"]
    where = _path(path)
    if fault == "extra_forbidden":
        known = _fields(_model_at(model, path[:-1]))
        return f"{where}: unknown field; {nearest(str(path[-1]), known)}"
    if fault == "missing":
        return f"{where}: is required"
    if fault in ("model_type", "dict_type"):
        return f"{where}: must be a mapping; got {_shown(value)}"
    message = error["msg"].removeprefix("Value error, ")
    if fault == "string_type" and isinstance(value, int | float):
        message += f"; got {_shown(value)}: put it in quotes"
    elif fault != "value_error":
        message += f"; got {_shown(value)}"
    return f"{where}: {message}" if where else message


def _path(path: Sequence[int | str]) -> str:
    steps = [f"[{step}]" if isinstance(step, int) else f".{step}" for step in path]
    return "".join(steps).removeprefix(".")


def _model_at(model: type[BaseModel], path: Sequence[int | str]) -> type[BaseModel]:
    for step in path:
        if step in (fields := _fields(model)):  # else it counts items, or is a key of a map
            inner = _model_in(fields[str(step)])
            if inner is None:
                break
            model = inner
    return model


def _fields(model: type[BaseModel]) -> dict[str, Any]:
    return {field.alias or name: field.annotation for name, field in model.model_fields.items()}


def _model_in(annotation: Any) -> type[BaseModel] | None:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    found = (_model_in(inner) for inner in typing.get_args(annotation))
    return next((model for model in found if model), None)


def _repeated(parsed: list[Parsed]) -> list[str]:
    titles = [_title(document.model_dump(by_alias=True)) for document in parsed]
    return [
        f"{title} is written twice" for title in dict.fromkeys(titles) if titles.count(title) > 1
    ]


def _title(value: Any) -> str:
    """``Application shop/web``, as far as that is known."""
    if not isinstance(value, dict) or not isinstance(value.get("kind"), str):
        return ""
    metadata = value.get("metadata")
    metadata = metadata if isinstance(metadata, dict) else {}
    name, project = metadata.get("name"), metadata.get("project", "default")
    shown = application_name(project, name) if isinstance(name, str) else ""
    return f"{value['kind']} {shown}".strip()


def _shown(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 80 else f"{text[:77]}..."  # noqa: PLR2004 - a line's worth
