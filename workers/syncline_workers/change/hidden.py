"""Decrypted values, hidden by what they are in everything that people are shown.

They may stand anywhere: in a ConfigMap, an argument, an API server's message. A value is looked for
as it is, line by line, in base64 and as JSON writes it. What a template made of it (a digest, a
part of it) cannot be told from other text. Short values are hidden only where they are the whole.
What a live object loses may be what an earlier decrypted value was, and is hidden, too.
"""

from __future__ import annotations

import json
import re
from base64 import b64encode
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

from syncline.model.values import Manifest

HIDDEN: Final = "******"
CHANGED: Final = "****** (changed)"

_PART, _LINE, _WHOLE = 6, 8, 3
"""Characters from which a value is hidden within a text, as a line of it, and as the whole of it:
fewer are in any text."""

_WORDS: Final = frozenset(("true", "false", "null", "none", "default", "yes", "off"))
_TELLING: Final = frozenset(("apiVersion", "kind", "name", "namespace", "image", "labels"))
"""Fields of which an old value is shown: they name things."""

_IDENTITY: Final = ("apiVersion", "kind")
_CUT: Final = re.compile(r"( \[…\] |…)")
_NOTHING: Final[Any] = object()


@dataclass(frozen=True)
class Hidden:
    """The values of one render. False where there are none, and none may have been before."""

    values: frozenset[str] = frozenset()
    is_wary: bool = False  # there may have been others before

    @classmethod
    def of(cls, values: Iterable[str]) -> Hidden:
        """Hide these values, and what may have been one earlier."""
        return cls(frozenset(value for value in values if len(value) >= _WHOLE), is_wary=True)

    @cached_property
    def whole(self) -> frozenset[str]:
        """What is hidden where it is the whole of a field."""
        return frozenset(value for value in self.values if value.lower() not in _WORDS)

    @cached_property
    def forms(self) -> tuple[str, ...]:
        """How a value may stand within a text; the longest first."""
        found = {form for value in self.values for form in _forms(value)}
        return tuple(sorted(found, key=len, reverse=True))

    def __bool__(self) -> bool:
        """Whether anything is to be hidden."""
        return self.is_wary

    def text(self, text: str) -> str:
        """Hide them in a text."""
        for form in self.forms:  # by far quicker than one pattern of all
            if form in text:
                text = text.replace(form, HIDDEN)
        return text

    def message(self, text: str) -> str:
        """Hide them in a message, which may have been cut within one of them."""
        return "".join(self._whole(self.text(piece)) for piece in _CUT.split(text))

    def _whole(self, piece: str) -> str:
        """Hide what is left of a value at both ends."""
        tail = max((_begun(form, piece) for form in self.forms), default=0)
        if tail:
            piece = piece[:-tail] + HIDDEN
        head = max((_ended(form, piece) for form in self.forms), default=0)
        return HIDDEN + piece[head:] if head else piece

    def shown(self, manifest: Manifest) -> Manifest:
        """Hide them in an object; what names it stays."""
        return self._named(manifest, self._value(manifest))

    def both(
        self, before: Manifest | None, after: Manifest | None
    ) -> tuple[Manifest | None, Manifest | None]:
        """Hide them in two states of an object; that they differ is marked."""
        if not self:
            return before, after
        if before is None or after is None:
            lone = self.shown(after) if after is not None else None
            return (self._old(before) if before is not None else None), lone
        old, new = self._pair(before, after)
        return self._named(before, old), self._named(after, new)

    def _named(self, manifest: Manifest, shown: Any) -> Manifest:
        kept: Manifest = {key: manifest[key] for key in _IDENTITY if key in manifest}
        meta = manifest.get("metadata")
        if isinstance(meta, dict) and isinstance(shown.get("metadata"), dict):
            named = {key: meta[key] for key in ("name", "namespace") if key in meta}
            kept["metadata"] = shown["metadata"] | named
        return {**shown, **kept}

    def _value(self, value: Any) -> Any:
        if isinstance(value, dict):
            return {key: self._value(item) for key, item in value.items()}
        if isinstance(value, list):
            return [self._value(item) for item in value]
        if isinstance(value, str):
            return HIDDEN if value in self.whole else self.text(value)
        is_number = isinstance(value, int | float) and not isinstance(value, bool)
        return HIDDEN if is_number and str(value) in self.whole else value

    def _pair(self, old: Any, new: Any, field: str = "") -> tuple[Any, Any]:
        if isinstance(old, dict) and isinstance(new, dict):
            return self._pair_of_maps(old, new)
        if isinstance(old, list) and isinstance(new, list):
            return self._pair_of_lists(old, new, field)
        shown = self._value(new)
        if old == new:
            return shown, shown
        before = old if field in _TELLING and shown == new else self._gone(old)
        if shown == new:
            return before, new
        return HIDDEN, CHANGED if shown == HIDDEN else f"{shown} (changed)"

    def _pair_of_maps(self, old: dict[str, Any], new: dict[str, Any]) -> tuple[Any, Any]:
        before, after = {}, {}
        for key, value in old.items():
            if key in new:
                before[key], after[key] = self._pair(value, new[key], key)
            else:
                before[key] = value if key in _TELLING else self._gone(value)
        after |= {key: self._value(value) for key, value in new.items() if key not in old}
        return before, {key: after[key] for key in new}

    def _pair_of_lists(self, old: list[Any], new: list[Any], field: str) -> tuple[Any, Any]:
        """Items are compared by their names; those without, with what is at the same place."""
        named = {_name(item): item for item in old}
        before: list[Any] = [_NOTHING] * len(old)
        after = []
        for place, item in enumerate(new):
            other = named.get(_name(item), _NOTHING) if _name(item) else _at(old, place, item)
            if other is _NOTHING:
                after.append(self._value(item))
                continue
            at = next(number for number, one in enumerate(old) if one is other)
            before[at], shown = self._pair(other, item, field)
            after.append(shown)
        gone = zip(before, old, strict=True)
        return [self._gone(item) if kept is _NOTHING else kept for kept, item in gone], after

    def _old(self, manifest: Manifest) -> Manifest:
        """An object that goes, as a whole: it may hold what was decrypted once."""
        return self._named(manifest, self._gone(manifest))

    def _gone(self, value: Any) -> Any:
        if isinstance(value, dict):
            return {
                key: self._value(item) if key in _TELLING else self._gone(item)
                for key, item in value.items()
            }
        if isinstance(value, list):
            return [self._gone(item) for item in value]
        is_long = isinstance(value, str) and len(value) >= _PART
        return HIDDEN if is_long else self._value(value)


NOTHING: Final = Hidden()
"""Nothing is hidden."""


def _name(item: Any) -> str | None:
    name = item.get("name") if isinstance(item, dict) else None
    return name if isinstance(name, str) else None


def _at(old: list[Any], place: int, item: Any) -> Any:
    """What an item without a name is compared with."""
    if place < len(old) and _name(old[place]) is None and type(old[place]) is type(item):
        return old[place]
    return _NOTHING


def _begun(form: str, piece: str) -> int:
    """How many characters at the end of a text begin a value."""
    at = piece.find(form[:_PART], max(0, len(piece) - len(form) + 1))
    while at >= 0 and not form.startswith(piece[at:]):
        at = piece.find(form[:_PART], at + 1)
    return len(piece) - at if at >= 0 else 0


def _ended(form: str, piece: str) -> int:
    """How many characters at the beginning of a text end a value."""
    at = piece.rfind(form[-_PART:], 0, len(form) - 1)
    while at >= 0 and not form.endswith(piece[: at + _PART]):
        at = piece.rfind(form[-_PART:], 0, at + _PART - 1)
    return at + _PART if at >= 0 else 0


def _forms(value: str) -> Iterator[str]:
    """How a value may stand within a text."""
    lines = [line.strip() for line in value.splitlines()] if "\n" in value else []
    whole = value.strip()
    found = [whole] if len(whole) >= _PART else []
    for text in (*found, *(line for line in lines if len(line) >= _LINE)):
        yield text
        yield json.dumps(text)[1:-1]
        yield json.dumps(text, ensure_ascii=False)[1:-1]
    if len(value) >= _PART:
        yield b64encode(value.encode()).decode().rstrip("=")
