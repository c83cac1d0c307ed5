"""``get targets --watch``: the list once, then each change as it happens, without polling."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from syncline.cli import listing, output
from syncline.cli.exits import CommandFailed, Exit
from syncline.cli.listing import Item
from syncline.cli.output import Format
from syncline.cli.server import Server
from syncline.cli.text import clean
from syncline.model.names import TargetName

_PAUSE = 1.0
"""Seconds before we connect again after the stream broke."""


@dataclass(slots=True)
class Stream:
    """Server-sent events that go on where they broke off."""

    server: Server
    params: Mapping[str, str]
    last: str = ""
    path: str = "/events"
    _fields: dict[str, str] = field(default_factory=dict)

    def read(self) -> Iterator[dict[str, Any]]:
        """Yield each event's data, for as long as somebody reads."""
        while True:
            try:
                for text in self.server.lines(self.path, params=self.params, last=self.last):
                    yield from self._take(text)
            except CommandFailed as exc:
                if exc.exit is not Exit.UNREACHABLE:
                    raise
                output.notice(f"{exc}: connecting again ...")
            self._fields.clear()
            time.sleep(_PAUSE)

    def _take(self, text: str) -> Iterator[dict[str, Any]]:
        if text:
            name, _, value = text.partition(":")
            self._fields[name] = value.removeprefix(" ")
            return
        done, self._fields = self._fields, {}
        self.last = done.get("id", self.last)
        if "data" in done:
            yield {"event": done.get("event", ""), **json.loads(done["data"])}


def targets(server: Server, filters: Mapping[str, str], output_format: Format) -> None:
    """Print the targets, then one line for each change, until interrupted."""
    position = server.get("/events/position")["id"]
    _print(server.walk("/targets", filters), output_format)
    params = {key: value for key, value in filters.items() if key in ("application", "cluster")}
    for event in Stream(server, params, last=position).read():
        if event["event"] == "reset":  # we were away for longer than events are kept
            _print(server.walk("/targets", filters), output_format)
        if event["event"] == "target" and _fits(event, filters):
            _print_change(event, output_format)


def _fits(event: Item, filters: Mapping[str, str]) -> bool:
    """Judge what the server does not filter events by."""
    seen = {**event, "project": TargetName.parse(event["name"]).project}
    judged = ("project", "sync", "health")
    return event["name"].startswith(filters.get("begins", "")) and all(
        seen.get(key) == filters[key] for key in judged if key in filters
    )


def _print(items: Iterator[dict[str, Any]], output_format: Format) -> None:
    if output_format.is_for_programs:
        for item in items:
            output.json_line(item)
    else:
        listing.show_items(listing.TARGETS, items, output_format)


def _print_change(event: Item, output_format: Format) -> None:
    if output_format.is_for_programs:
        output.json_line(event)
        return
    cells = listing.TARGETS.shown(output_format).values()
    output.line("   ".join(clean(str(cell(event))) for cell in cells))
