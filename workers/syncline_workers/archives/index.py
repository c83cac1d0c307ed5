"""A Helm repository's index, read as a stream, and kept on the disk as a small table.

An index has up to 30 MB, of which a look-up needs version, digest and URL of one chart's releases.
It is parsed once for each change and host, without ever being in memory as a whole; the table gives
one chart's releases by one read.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, Final, NamedTuple

import orjson
import yaml

RELEASES: Final = 500_000
"""Releases of one index: the largest public ones have 30,000."""

_FORMAT: Final = 1
_FIELDS: Final = frozenset({"version", "digest", "urls"})
_LONGEST: Final = 2048  # characters of a field
_OPENING = (yaml.MappingStartEvent, yaml.SequenceStartEvent)
_CLOSING = (yaml.MappingEndEvent, yaml.SequenceEndEvent)


class Unreadable(Exception):
    """Why it is no index."""


class Release(NamedTuple):
    """One version of a chart. The digest has 64 digits, "" where the index names none."""

    version: str
    digest: str
    url: str  # as written: relative to the index, or whole


@dataclass(frozen=True, slots=True)
class Table:
    """The index of a repository, as it was when ``etag`` or ``modified`` was told."""

    path: Path
    digest: str  # of the index
    etag: str
    modified: str
    places: dict[str, tuple[int, int]]  # chart → where its releases are
    start: int

    def releases(self, chart: str) -> tuple[Release, ...]:
        """Read one chart's releases, in the index's order; nothing where there is no such chart."""
        if chart not in self.places:
            return ()
        offset, size = self.places[chart]
        with self.path.open("rb") as file:
            file.seek(self.start + offset)
            return tuple(Release(*one) for one in orjson.loads(file.read(size)))


def write(stream: BinaryIO, path: Path, *, digest: str, etag: str, modified: str) -> None:
    """Read an index of this digest, and write its table.

    Raises:
        Unreadable: it is no index.
    """
    charts: dict[str, list[Release]] = {}
    count = 0
    try:
        for chart, release in _releases(stream):
            count += 1
            if count > RELEASES:
                raise Unreadable(f"it has more than {RELEASES} releases")
            charts.setdefault(chart, []).append(release)
    except (yaml.YAMLError, UnicodeError, RecursionError) as exc:
        raise Unreadable(f"it is no sound YAML: {' '.join(str(exc).split())[:300]}") from exc
    places, parts, offset = {}, [], 0
    for chart, releases in charts.items():
        part = orjson.dumps([list(one) for one in releases])
        places[chart] = (offset, len(part))
        parts.append(part)
        offset += len(part)
    head = {
        "format": _FORMAT,
        "digest": digest,
        "etag": etag,
        "modified": modified,
        "places": places,
    }
    path.write_bytes(orjson.dumps(head) + b"\n" + b"".join(parts))


def opened(path: Path) -> Table | None:
    """Open a table; None where there is none that can be read."""
    try:
        with path.open("rb") as file:
            line = file.readline()
        head = orjson.loads(line)
        if head["format"] != _FORMAT:
            return None
        places = {chart: (start, size) for chart, (start, size) in head["places"].items()}
        told = (head["digest"], head["etag"], head["modified"])
        return Table(path, *told, places, len(line))
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _releases(stream: BinaryIO) -> Iterator[tuple[str, Release]]:
    events = _events(stream)
    for key in _keys(events, "the index"):
        if key == "entries":
            for chart in _keys(events, "entries"):
                yield from ((chart, release) for release in _of_chart(events))
            return  # nothing of what follows is needed
        _skip(events)
    raise Unreadable("it has no entries")


def _events(stream: BinaryIO) -> Iterator[Any]:
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    for event in yaml.parse(stream, Loader=loader):
        if not isinstance(event, yaml.StreamStartEvent | yaml.DocumentStartEvent):
            yield event


def _keys(events: Iterator[Any], what: str) -> Iterator[str]:
    """Give the keys of the mapping that comes next; the caller takes each value."""
    first = next(events)
    if isinstance(first, yaml.ScalarEvent) and first.value in ("", "~", "null"):
        return
    if not isinstance(first, yaml.MappingStartEvent):
        raise Unreadable(f"{what} is no mapping")
    for event in events:
        if isinstance(event, yaml.MappingEndEvent):
            return
        if not isinstance(event, yaml.ScalarEvent):
            raise Unreadable(f"{what} has a key that is no text")
        yield event.value


def _of_chart(events: Iterator[Any]) -> Iterator[Release]:
    first = next(events)
    if not isinstance(first, yaml.SequenceStartEvent):
        _skip(events, first)
        return
    for event in events:
        if isinstance(event, yaml.SequenceEndEvent):
            return
        if isinstance(event, yaml.MappingStartEvent):
            yield _release(events)
        else:
            _skip(events, event)


def _release(events: Iterator[Any]) -> Release:
    found: dict[str, str] = {}
    for event in events:
        if isinstance(event, yaml.MappingEndEvent):
            break
        value = next(events)
        name = event.value if isinstance(event, yaml.ScalarEvent) else ""
        if name in _FIELDS and isinstance(value, yaml.SequenceStartEvent):
            value = next(events)
            if isinstance(value, yaml.ScalarEvent):
                found[name] = value.value[:_LONGEST]
                _rest(events)
            elif not isinstance(value, yaml.SequenceEndEvent):
                _skip(events, value)
                _rest(events)
        elif name in _FIELDS and isinstance(value, yaml.ScalarEvent):
            found[name] = value.value[:_LONGEST]
        else:
            _skip(events, value)
    digest = found.get("digest", "").removeprefix("sha256:")
    return Release(found.get("version", ""), digest, found.get("urls", ""))


def _rest(events: Iterator[Any]) -> None:
    """Take what is left of the sequence that is open."""
    for event in events:
        if isinstance(event, yaml.SequenceEndEvent):
            return
        _skip(events, event)


def _skip(events: Iterator[Any], event: Any = None) -> None:
    """Take the value that comes next, or the rest of the one that begins with ``event``."""
    depth = int(isinstance(next(events) if event is None else event, _OPENING))
    while depth:
        each = next(events)
        if isinstance(each, _OPENING):
            depth += 1
        elif isinstance(each, _CLOSING):
            depth -= 1
