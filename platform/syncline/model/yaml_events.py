"""Builds plain values from a YAML parser's events, without recursion and within limits.

An alias is counted, with all that it stands for, before it is expanded: so a bomb costs nothing.
Expanded aliases are copies, so that changing one place never changes another.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, Final, NoReturn, TypeAlias

import yaml
from yaml.events import (
    AliasEvent,
    DocumentEndEvent,
    DocumentStartEvent,
    Event,
    MappingEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
)

from syncline.model.yaml_scalars import NotJson, as_key, plain, tagged

Fill: TypeAlias = Callable[[str], str]

PARSER: Final[Any] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_NO_KEY: Final = object()
_MERGE: Final = object()
_COLLECTION_TAGS: Final = (None, "!", "tag:yaml.org,2002:map", "tag:yaml.org,2002:seq")


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """How much one text may hold."""

    size: int = 10_000_000  # bytes
    documents: int = 20_000
    nodes: int = 2_000_000  # scalars, mappings and lists, expanded aliases included
    aliased: int = 50_000  # of these, how many may come from aliases
    depth: int = 200


class Refused(Exception):
    """A fact about one place of the text; ``limit`` where a limit is what it breaks."""

    def __init__(self, message: str, event: Any, *, limit: bool = False) -> None:
        super().__init__(message)
        self.message = message
        self.line: int = event.start_mark.line + 1
        self.column: int = event.start_mark.column + 1
        self.limit = limit


@dataclass(slots=True)
class _Frame:
    value: Any
    anchor: str | None
    first_node: int
    key: Any = _NO_KEY
    merges: list[dict[str, Any]] = field(default_factory=list)


class Builder:
    """The documents of one text. ``document`` is the number of the one being read, from 1."""

    def __init__(
        self, text: str, limits: Limits, *, fill: Fill | None, last_key_wins: bool
    ) -> None:
        self._text = text
        self._limits = limits
        self._fill = fill
        self._last_key_wins = last_key_wins
        self._stack: list[_Frame] = []
        self._anchors: dict[str, tuple[Any, int]] = {}  # name → value, nodes
        self._nodes = self._aliased = 0
        self._root: Any = None
        self.document = 1

    def documents(self) -> Iterator[Any]:
        """Yield each document's value; an empty one is None.

        Raises:
            Refused: a limit, or what JSON cannot hold.
            yaml.YAMLError: broken syntax.
        """
        next_event = PARSER(self._text).get_event
        while (event := next_event()) is not None:
            kind = type(event)
            if kind is ScalarEvent:
                self._scalar(event)
            elif kind is MappingStartEvent:
                self._open({}, event)
            elif kind is SequenceStartEvent:
                self._open([], event)
            elif kind is MappingEndEvent or kind is SequenceEndEvent:
                self._close(event)
            elif kind is AliasEvent:
                self._alias(event)
            elif kind is DocumentStartEvent:
                self._begin(event)
            elif kind is DocumentEndEvent:
                yield self._root
                self.document += 1

    def path(self) -> str:
        """Where in the document the reader stands: ``spec.ports[2]``."""
        steps = [
            f"[{len(frame.value)}]"
            if isinstance(frame.value, list)
            else f".{frame.key}" * isinstance(frame.key, str)
            for frame in self._stack
        ]
        return "".join(steps).removeprefix(".")

    def _begin(self, event: Event) -> None:
        if self.document > self._limits.documents:
            raise Refused(f"more than {self._limits.documents} documents", event, limit=True)
        self._root = None
        self._anchors = {}  # an anchor does not outlive its document

    def _scalar(self, event: Any) -> None:
        text = event.value
        if self._fill is not None and "${" in text and not self._awaits_key():
            text = self._fill(text)
        # implicit[0]: plain and untagged; implicit[1]: quoted and untagged, so a string.
        try:
            if event.implicit[0]:
                value: Any = plain(text)
            elif event.implicit[1]:
                value = text
            else:
                value = tagged(event.tag, text)
        except NotJson as exc:
            raise Refused(str(exc), event) from exc
        if event.anchor is not None:
            self._anchors[event.anchor] = (value, 1)
        self._count(1, event)
        self._put(value, event)

    def _open(self, value: Any, event: Any) -> None:
        if event.tag not in _COLLECTION_TAGS:
            raise Refused(f"the tag {event.tag} is not allowed", event)
        if len(self._stack) >= self._limits.depth:
            self._too_deep(event)
        if self._awaits_key():
            raise Refused("a key must be a string, not a mapping or a list", event)
        self._count(1, event)
        if event.anchor is not None:
            self._anchors.pop(event.anchor, None)
        self._stack.append(_Frame(value, event.anchor, self._nodes))

    def _close(self, event: Event) -> None:
        frame = self._stack.pop()
        for merged in frame.merges:  # what is written wins, then the earlier of the merged
            frame.value = {**merged, **frame.value}
        if frame.anchor is not None:
            self._anchors[frame.anchor] = (frame.value, self._nodes - frame.first_node + 1)
        self._put(frame.value, event)

    def _alias(self, event: Any) -> None:
        if any(frame.anchor == event.anchor for frame in self._stack):
            raise Refused(f"the anchor {event.anchor!r} contains itself", event)
        if event.anchor not in self._anchors:
            raise Refused(f"the anchor {event.anchor!r} is not defined", event)
        value, nodes = self._anchors[event.anchor]
        self._aliased += nodes
        if self._aliased > self._limits.aliased:
            raise Refused(
                f"aliases stand for more than {self._limits.aliased} values", event, limit=True
            )
        self._count(nodes, event)
        self._put(self._copy(value, self._limits.depth - len(self._stack), event), event)

    def _put(self, value: Any, event: Any) -> None:
        if not self._stack:
            self._root = value
            return
        frame = self._stack[-1]
        if isinstance(frame.value, list):
            frame.value.append(value)
        elif frame.key is _NO_KEY:
            frame.key = self._key(frame, value, event)
        elif frame.key is _MERGE:
            frame.merges += self._merge(value, event)
            frame.key = _NO_KEY
        else:
            frame.value[frame.key] = value
            frame.key = _NO_KEY

    def _key(self, frame: _Frame, value: Any, event: Any) -> object:
        if value == "<<" and type(event) is ScalarEvent and event.implicit[0]:
            return _MERGE
        try:
            key = as_key(value)
        except NotJson as exc:
            raise Refused(str(exc), event) from exc
        if key in frame.value and not self._last_key_wins:
            raise Refused(f"the key {key!r} is written twice", event)
        return key

    def _merge(self, value: Any, event: Event) -> list[dict[str, Any]]:
        merged = value if isinstance(value, list) else [value]
        if not all(isinstance(item, dict) for item in merged):
            raise Refused("<< takes a mapping, or a list of mappings", event)
        return merged

    def _awaits_key(self) -> bool:
        if not self._stack:
            return False
        frame = self._stack[-1]
        return isinstance(frame.value, dict) and frame.key is _NO_KEY

    def _count(self, nodes: int, event: Event) -> None:
        self._nodes += nodes
        if self._nodes > self._limits.nodes:
            raise Refused(f"more than {self._limits.nodes} values", event, limit=True)

    def _copy(self, value: Any, room: int, event: Event) -> Any:
        if not isinstance(value, dict | list):
            return value
        if room <= 0:
            self._too_deep(event)
        if isinstance(value, dict):
            return {key: self._copy(item, room - 1, event) for key, item in value.items()}
        return [self._copy(item, room - 1, event) for item in value]

    def _too_deep(self, event: Event) -> NoReturn:
        raise Refused(f"nested more than {self._limits.depth} deep", event, limit=True)
