"""What the demo prints."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

_COLOURS = {"Synced": "green", "OutOfSync": "yellow", "Unknown": "red"}


class Show:
    """Titles, tables and lines, with the time since the start."""

    def __init__(self) -> None:
        self._console = Console(highlight=False)
        self._begun = time.monotonic()
        self._last = ""

    def title(self, text: str) -> None:
        """A scene begins."""
        self._console.print()
        self._console.rule(Text(text, style="bold"))

    def say(self, text: str) -> None:
        """One line, with the time."""
        self.line(f"{time.monotonic() - self._begun:6.1f} s  {text}")

    def line(self, text: str) -> None:
        """One line, never folded: URLs and commands are there to be copied."""
        self._console.print(Text(text), soft_wrap=True)

    def progress(self, fleet: Mapping[str, Any]) -> None:
        """One line for each change of the fleet's summary."""
        sync = ", ".join(f"{count} {name}" for name, count in fleet["sync"].items() if count)
        line = f"{fleet['targets']} targets: {sync or 'none yet'}"
        if line != self._last:
            self._last = line
            self.say(line)

    def table(self, targets: Mapping[str, Mapping[str, Any]]) -> None:
        """Targets with their state."""
        table = Table("TARGET", "SYNC", "HEALTH", "REVISION", "REASON", box=None)
        for name, item in sorted(targets.items()):
            sync = Text(item["sync"], style=_COLOURS.get(item["sync"], ""))
            revision = Text((item["revision"] or "")[:12])
            table.add_row(Text(name), sync, Text(item["health"]), revision, Text(item["reason"]))
        self._console.print(table)

    def history(self, entries: Sequence[Mapping[str, Any]]) -> None:
        """Who, when, why."""
        for entry in entries:
            self.say(f"history: {entry['trigger']} by {entry['actor']}: {entry['why']}")
