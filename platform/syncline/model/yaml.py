"""YAML and JSON texts to plain values, safely and fast; and back, for people to read.

``load_all`` reads what kubectl would read (``yaml_scalars`` has the rules), builds no Python
objects, and refuses duplicate keys, bombs and what does not fit its limits, each with file,
document, line and column. What the values mean is ``parse``'s business.
"""

from __future__ import annotations

import json
from typing import Any, NoReturn

import yaml

from syncline.errors import LimitExceeded, ManifestInvalid, Permanent
from syncline.model.yaml_events import Builder, Fill, Limits, Refused
from syncline.model.yaml_scalars import is_plain_string, plain

__all__ = ["DEFAULT_LIMITS", "Limits", "dump", "dump_all", "load_all"]

DEFAULT_LIMITS = Limits()

_FIRST = ("apiVersion", "kind", "metadata", "name", "namespace")
_RANK = {name: rank for rank, name in enumerate(_FIRST)} | {"status": len(_FIRST) + 1}


def load_all(
    text: bytes | str,
    *,
    source: str,
    limits: Limits = DEFAULT_LIMITS,
    fault: type[Permanent] = ManifestInvalid,
    fill: Fill | None = None,
    last_key_wins: bool = False,
) -> list[Any]:
    """Read every document; an empty one is None, so that positions stay document numbers.

    Args:
        text: YAML of one or more documents, or JSON of one; UTF-8.
        source: what errors name: a path.
        limits: bytes, documents, values, aliases and depth that are accepted.
        fault: the error to raise for what is broken.
        fill: rewrites the text of values (not of keys) that hold ``${``, before they are read: an
            unquoted number that is filled in is a number, a quoted one stays a string.
        last_key_wins: accept keys that are written twice, as kubectl and Helm do.

    Raises:
        LimitExceeded: a limit is broken; known before memory is spent on it.
        Permanent: ``fault``, with document, line and column.
    """
    if len(text) > limits.size:
        raise LimitExceeded(source, f"is {len(text)} bytes; at most {limits.size} are read")
    text = _decoded(text, source, fault)
    if fill is None and text.startswith(("{", "[")):
        try:
            return [_json(text, limits)]
        except ValueError:
            pass  # YAML's flow style starts the same, and its parser names the place
    builder = Builder(text, limits, fill=fill, last_key_wins=last_key_wins)
    return _yaml(text, builder, source=source, fault=fault)


def dump(value: Any) -> str:
    """Write one document: stable order, identity first; what kubectl reads back is equal."""
    text: str = yaml.dump(
        _ordered(value),
        Dumper=_Dumper,
        sort_keys=False,
        default_flow_style=False,
        allow_unicode=True,
        width=1_000_000,
    )
    return text.removesuffix("...\n")


def dump_all(values: list[Any]) -> str:
    """Write documents with ``---`` between them."""
    return "---\n".join(dump(value) for value in values)


def _decoded(text: bytes | str, source: str, fault: type[Permanent]) -> str:
    if isinstance(text, str):
        return text.removeprefix("\ufeff")
    try:
        return text.decode("utf-8-sig")
    except UnicodeDecodeError as exc:
        line = text.count(b"\n", 0, exc.start) + 1
        raise fault(source, f"line {line}: byte {text[exc.start]:#04x} is not UTF-8") from exc


def _yaml(text: str, builder: Builder, *, source: str, fault: type[Permanent]) -> list[Any]:
    try:
        return list(builder.documents())
    except Refused as exc:
        path = builder.path()
        where = f"document {builder.document}, line {exc.line}, column {exc.column}"
        kind = LimitExceeded if exc.limit else fault
        raise kind(source, f"{where}: {exc.message}" + (f" (in {path})" if path else "")) from exc
    except yaml.MarkedYAMLError as exc:
        _raise_syntax(exc, f"document {builder.document}", source=source, fault=fault)
    except yaml.reader.ReaderError as exc:
        where = f"document {builder.document}, line {_line_of(exc, text)}"
        raise fault(source, f"{where}: {exc.reason}") from exc


def _raise_syntax(
    exc: yaml.MarkedYAMLError, where: str, *, source: str, fault: type[Permanent]
) -> NoReturn:
    if mark := exc.problem_mark or exc.context_mark:
        where += f", line {mark.line + 1}, column {mark.column + 1}"
    context = f" {exc.context}" if exc.context else ""
    raise fault(source, f"{where}: {exc.problem}{context}") from exc


def _line_of(exc: yaml.reader.ReaderError, text: str) -> int:
    return text.encode().count(b"\n", 0, exc.position) + 1


def _json(text: str, limits: Limits) -> Any:
    """Read strict JSON. Any doubt is a ValueError: the YAML parser then has the last word."""
    try:
        value = json.loads(
            text,
            object_pairs_hook=_unique,
            parse_float=_number,
            parse_int=_number,
            parse_constant=_number,
        )
    except RecursionError as exc:
        raise ValueError("nested too deep") from exc
    _check_depth(value, limits.depth)
    if "\\ud" in text.lower():  # a lone surrogate is no text that could be sent on
        json.dumps(value, ensure_ascii=False).encode()
    return value


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    value = dict(pairs)
    if len(value) != len(pairs):
        raise ValueError("a key is written twice")
    return value


def _number(text: str) -> Any:
    number = plain(text)  # NotJson is a ValueError
    if isinstance(number, str):
        raise ValueError(f"{text} is no JSON number")  # noqa: TRY004 - json has the type right
    return number


def _check_depth(value: Any, depth: int) -> None:
    level = [value]
    for _ in range(depth + 1):
        level = [
            inner
            for item in level
            if isinstance(item, dict | list)
            for inner in (item.values() if isinstance(item, dict) else item)
        ]
        if not level:
            return
    raise ValueError("nested too deep")


def _ordered(value: Any) -> Any:
    if isinstance(value, dict):
        keys = sorted(value, key=lambda key: (_RANK.get(key, len(_FIRST)), key))
        return {key: _ordered(value[key]) for key in keys}
    if isinstance(value, list):
        return [_ordered(item) for item in value]
    return value


class _Dumper(getattr(yaml, "CSafeDumper", yaml.SafeDumper)):  # type: ignore[misc]
    """Quotes what kubectl would not read as a string; writes lines of text as lines."""

    def ignore_aliases(self, data: Any) -> bool:  # noqa: ARG002 - PyYAML's signature
        return True


def _write_str(dumper: Any, text: str) -> Any:
    style = None
    if not is_plain_string(text):
        style = '"'
    elif "\n" in text and not any(line != line.rstrip() for line in text.split("\n")):
        style = "|"
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=style)


_Dumper.add_representer(str, _write_str)
