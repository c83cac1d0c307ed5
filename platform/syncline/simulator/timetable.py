"""Faults that come and go by themselves, at times given beforehand."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from functools import partial
from random import Random
from typing import Any

from syncline.simulator.controllers.clock import Clock
from syncline.simulator.faults import Fault
from syncline.simulator.line import Line

ALL = "all"


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One fault of some clusters, `at` seconds after the timetable began, for `lasts` seconds.

    `lasts` is None where it stays until the timetable ends.
    """

    at: float
    lasts: float | None
    clusters: tuple[str, ...]
    fault: Fault

    def shown(self) -> dict[str, Any]:
        """Return the entry as it was written, with its clusters by name."""
        when = {"at": self.at, "for": self.lasts, "clusters": list(self.clusters)}
        return {**when, **asdict(self.fault)}


def chosen(wanted: Any, names: Iterable[str], chance: Random) -> tuple[str, ...]:
    """Return the clusters meant by a list of names, by a share (0.1: a tenth), or by `all`.

    Raises:
        TypeError: it is none of these.
        ValueError: it names a cluster that there is not.
    """
    known = list(names)
    if wanted == ALL:
        return tuple(known)
    if isinstance(wanted, int | float) and not isinstance(wanted, bool) and 0 <= wanted <= 1:
        return tuple(sorted(chance.sample(known, round(wanted * len(known)))))
    if not isinstance(wanted, list):
        raise TypeError('clusters is a list of names, a share from 0 to 1, or "all"')
    if strangers := [name for name in wanted if name not in known]:
        raise ValueError(f"no such cluster: {', '.join(map(str, strangers[:5]))}")
    return tuple(wanted)


def read(value: Any, names: Iterable[str]) -> list[Entry]:
    """Return a timetable's entries: `{"seed": 0, "entries": […]}`, or the entries alone.

    Shares are drawn anew for each entry, in the way that the seed says.

    Raises:
        TypeError: it is no timetable.
        ValueError: an entry cannot be read; the message says which.
    """
    table = {"entries": value} if isinstance(value, list) else value
    if not isinstance(table, dict) or not isinstance(table.get("entries"), list):
        raise TypeError("a timetable is a list of entries, or has one under `entries`")
    chance = Random(int(table.get("seed", 0)))  # noqa: S311 - chosen by seed, no secret
    return list(_entries(table["entries"], list(names), chance))


def _entries(written: list[Any], names: list[str], chance: Random) -> Iterator[Entry]:
    for number, one in enumerate(written):
        try:
            rest = dict(one)
            at, lasts = float(rest.pop("at", 0.0)), rest.pop("for", None)
            clusters = chosen(rest.pop("clusters", ALL), names, chance)
            lasts = None if lasts is None else float(lasts)
            yield Entry(at=at, lasts=lasts, clusters=clusters, fault=Fault.read(rest))
        except (ValueError, TypeError) as exc:
            raise ValueError(f"entry {number}: {exc}") from exc


class Timetable:
    """The timetable under way, if there is one."""

    def __init__(self, clock: Clock, lines: Mapping[str, Line]) -> None:
        self._clock = clock
        self._lines = lines
        self._entries: list[Entry] = []

    def begin(self, entries: list[Entry]) -> None:
        """Begin now, in place of what was under way."""
        self.end()
        self._entries = entries
        for entry in entries:
            self._clock.later(entry.at, partial(self._start, entry, entries))

    def end(self) -> None:
        """End it and all its faults."""
        entries, self._entries = self._entries, []
        for entry in entries:
            for name in entry.clusters:
                self._lines[name].end(entry.fault)

    def shown(self) -> dict[str, Any]:
        """Return the entries."""
        return {"entries": [entry.shown() for entry in self._entries]}

    def _start(self, entry: Entry, entries: list[Entry]) -> None:
        if entries is not self._entries:
            return  # another timetable has begun since
        for name in entry.clusters:
            self._lines[name].begin(entry.fault)
        if entry.lasts is not None:
            self._clock.later(entry.lasts, partial(self._stop, entry, entries))

    def _stop(self, entry: Entry, entries: list[Entry]) -> None:
        if entries is not self._entries:
            return
        for name in entry.clusters:
            self._lines[name].end(entry.fault)
