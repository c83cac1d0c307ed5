"""The kinds of files that SOPS encrypts value by value: YAML, JSON, dotenv; any other as a whole.

Each is read, opened and written again as what it is. Written texts are quoted, so that a decrypted
``on`` or ``0123`` stays the text that it was; comments of YAML are left out.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, Final

import yaml as pyyaml
from yaml.events import (
    AliasEvent,
    Event,
    MappingEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
)

from syncline_workers.sops import metadata, scalars, sealed
from syncline_workers.sops.metadata import FIELD, Metadata
from syncline_workers.sops.sealed import Broken, Comment, Time, Value

_PARSER: Final[Any] = getattr(pyyaml, "CSafeLoader", pyyaml.SafeLoader)
_DUMPER: Final[Any] = getattr(pyyaml, "CSafeDumper", pyyaml.SafeDumper)


@dataclass(slots=True)
class Opening:
    """One file while it is opened: decrypts its values in their order, and gathers its MAC."""

    about: Metadata
    key: bytes = field(repr=False)
    texts: set[str] = field(default_factory=set, repr=False)  # every decrypted value
    _mac: Any = field(default_factory=hashlib.sha512, repr=False)

    def __post_init__(self) -> None:
        self._mac.update(self.about.begun)

    def value(self, text: str, path: tuple[str, ...]) -> Value:
        """Decrypt what stands at a path.

        Raises:
            Broken: says where.
        """
        place = "".join(f"{step}:" for step in path) or ":"
        try:
            found = sealed.opened(text, self.key, place)
        except Broken as exc:
            raise Broken(f"{'.'.join(path) or 'a comment'} {exc}") from exc
        if not isinstance(found, Comment):
            self._mac.update(sealed.as_bytes(found))
            self.texts.add(sealed.as_bytes(found).decode())
        return found

    def clear(self, in_mac: bytes) -> None:
        """Note a value that is not encrypted."""
        if not self.about.only_encrypted:
            self._mac.update(in_mac)

    def check(self) -> None:
        """Compare the MAC, at the end.

        Raises:
            Broken: it does not fit.
        """
        self.about.check(self.key, self._mac.hexdigest().upper())


@dataclass(frozen=True, slots=True)
class Format:
    """How one kind of file is read and written."""

    metadata: Callable[[bytes], Metadata | None]
    rewrite: Callable[[bytes, Opening], bytes]


def of(path: str) -> Format:
    """Choose by the path's end, as SOPS does."""
    if path.endswith((".yaml", ".yml")):
        return _YAML
    if path.endswith(".json"):
        return _JSON
    return _DOTENV if path.endswith(".env") else _BINARY


def _yaml_metadata(content: bytes) -> Metadata | None:
    """The first document's; what is broken is for whoever reads it next to name."""
    try:
        return metadata.read(_YamlField(FIELD).value(content.decode("utf-8-sig")))
    except (pyyaml.YAMLError, UnicodeDecodeError):
        return None


@dataclass(slots=True)
class _YamlField:
    """Builds one field of the first document, and nothing else."""

    name: str
    stack: list[Any] = field(default_factory=list)  # collections about the place; outer first
    keys: list[str | None] = field(default_factory=list)  # of each, whose value comes next

    def value(self, text: str) -> Any:
        """Give it; None where there is none."""
        next_event = _PARSER(text).get_event
        while (event := next_event()) is not None:
            if isinstance(event, MappingStartEvent | SequenceStartEvent):
                self.stack.append({} if isinstance(event, MappingStartEvent) else [])
                self.keys.append(None)
            elif isinstance(event, MappingEndEvent | SequenceEndEvent):
                self.keys.pop()
                self._put(self.stack.pop())
                if not self.stack:
                    return None
            elif isinstance(event, ScalarEvent):
                self._put(event.value)
            elif isinstance(event, AliasEvent):
                self._put(None)
            if len(self.stack) == 1 and isinstance(self.stack[0], dict) and self.stack[0]:
                return self.stack[0][self.name]
        return None

    def _put(self, value: Any) -> None:
        if not self.stack:
            return
        holder, key = self.stack[-1], self.keys[-1]
        if isinstance(holder, list):
            holder.append(value)
        elif key is None:
            self.keys[-1] = str(value)
        else:
            self.keys[-1] = None
            if len(self.stack) > 1 or key == self.name:
                holder[key] = value


def _yaml_rewrite(content: bytes, opening: Opening) -> bytes:
    """By events, so that depth and size cost nothing more than they did when it was read."""
    events = _YamlWalk(opening).events(content.decode("utf-8-sig"))
    text = pyyaml.emit(events, Dumper=_DUMPER, width=1_000_000, allow_unicode=True)
    return str(text).encode()


@dataclass(slots=True)
class _Level:
    is_mapping: bool
    key: str | None = None  # whose value comes next


@dataclass(slots=True)
class _YamlWalk:
    opening: Opening
    levels: list[_Level] = field(default_factory=list)
    skipped: int | None = None  # levels at which the metadata stands; None: it does not

    def events(self, text: str) -> Iterator[Event]:
        parser = _PARSER(text)
        while (event := parser.get_event()) is not None:
            if isinstance(event, AliasEvent):
                raise Broken("has an alias (*), which SOPS never writes: write it out")
            kept = self._visit(event)
            if kept is not None:
                yield kept

    def _visit(self, event: Any) -> Any:
        if isinstance(event, MappingStartEvent | SequenceStartEvent):
            self.levels.append(_Level(isinstance(event, MappingStartEvent)))
            return event if self.skipped is None else None
        if isinstance(event, MappingEndEvent | SequenceEndEvent):
            self.levels.pop()
            return self._ended(event)
        if not isinstance(event, ScalarEvent):
            return event
        level = self.levels[-1] if self.levels else None
        if level is not None and level.is_mapping and level.key is None:
            return self._key(event, level)
        return self._ended(event if self.skipped is not None else self._scalar(event))

    def _key(self, event: Any, level: _Level) -> Any:
        level.key = event.value
        if len(self.levels) == 1 and event.value == FIELD:
            self.skipped = 1
        return event if self.skipped is None else None

    def _ended(self, event: Event) -> Event | None:
        """A value is whole: the next scalar of a mapping is a key again."""
        if self.levels and self.levels[-1].is_mapping:
            self.levels[-1].key = None
        was_skipped = self.skipped is not None
        if self.skipped == len(self.levels):
            self.skipped = None
        return None if was_skipped else event

    def _scalar(self, event: Any) -> Any:
        if not sealed.is_sealed(event.value):
            is_plain = event.implicit[0] and event.style in (None, "")
            self.opening.clear(scalars.in_mac(event.value, is_plain=is_plain, tag=event.tag))
            return event
        path = tuple(level.key for level in self.levels if level.key is not None)
        return _written(self.opening.value(event.value, path))


def _written(value: Value) -> ScalarEvent:
    if isinstance(value, str) and not isinstance(value, Time):
        return ScalarEvent(None, None, (False, True), str(value), style='"')
    text = sealed.as_bytes(value).decode()
    text = {"True": "true", "False": "false"}.get(text, text)
    return ScalarEvent(None, None, (True, False), text, style="")


def _json_metadata(content: bytes) -> Metadata | None:
    try:
        value = json.loads(content)
    except (ValueError, RecursionError):
        return None
    return metadata.read(value.get(FIELD)) if isinstance(value, dict) else None


def _json_opened(content: bytes, opening: Opening) -> dict[str, Any]:
    value = json.loads(content)
    value.pop(FIELD)
    found: dict[str, Any] = _json_walk(value, (), opening)
    return found


def _json_walk(value: Any, path: tuple[str, ...], opening: Opening) -> Any:
    if isinstance(value, dict):
        return {key: _json_walk(item, (*path, key), opening) for key, item in value.items()}
    if isinstance(value, list):
        return [_json_walk(item, path, opening) for item in value]
    if isinstance(value, str) and sealed.is_sealed(value):
        return opening.value(value, path)
    if value is not None:
        opening.clear(sealed.as_bytes(value))
    return value


def _json_rewrite(content: bytes, opening: Opening) -> bytes:
    return json.dumps(_json_opened(content, opening), ensure_ascii=False).encode()


def _binary_rewrite(content: bytes, opening: Opening) -> bytes:
    whole = _json_opened(content, opening).get("data")
    if not isinstance(whole, str):
        raise Broken("holds no data")
    return whole.encode()


def _dotenv_metadata(content: bytes) -> Metadata | None:
    return metadata.read(metadata.unflattened(dict(_pairs(content))))


def _dotenv_rewrite(content: bytes, opening: Opening) -> bytes:
    lines = []
    for line in _lines(content):
        name, equals, text = line.partition("=")
        if line.startswith("#"):
            is_sealed = sealed.is_sealed(line[1:])
            lines.append(f"#{opening.value(line[1:], ())}" if is_sealed else line)
        elif equals and not metadata.is_flat(name):
            lines.append(f"{name}={_dotenv_value(text, name, opening)}")
    return "".join(f"{line}\n" for line in lines).encode()


def _dotenv_value(text: str, name: str, opening: Opening) -> str:
    text = text.replace("\\n", "\n")
    if sealed.is_sealed(text):
        text = str(opening.value(text, (name,)))
    else:
        opening.clear(text.encode())
    return text.replace("\n", "\\n")


def _pairs(content: bytes) -> Iterator[tuple[str, str]]:
    for line in _lines(content):
        name, equals, text = line.partition("=")
        if equals and not line.startswith("#"):
            yield name, text


def _lines(content: bytes) -> list[str]:
    return [line for line in content.decode(errors="replace").split("\n") if line]


_YAML: Final = Format(_yaml_metadata, _yaml_rewrite)
_JSON: Final = Format(_json_metadata, _json_rewrite)
_DOTENV: Final = Format(_dotenv_metadata, _dotenv_rewrite)
_BINARY: Final = Format(_json_metadata, _binary_rewrite)
