"""What would change, gathered from targets that are asked one by one, or from a dry run of many.

Both come to the same: groups of targets that would change alike, those that would not change, and
those that could not be asked.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from syncline.cli import operations, previews
from syncline.cli.exits import CommandFailed, Exit
from syncline.cli.server import Server

_FAILED = ("failed", "superseded", "cancelled", "skipped")


@dataclass(slots=True, kw_only=True)
class Group:
    """Targets that would change alike; ``names`` may be the first ones only."""

    count: int
    names: list[str]
    differences: list[dict[str, Any]]
    application: str = ""  # whose targets all of them are, if it is one
    cut: bool = False


@dataclass(slots=True, kw_only=True)
class Found:
    """What came of all."""

    groups: list[Group] = field(default_factory=list)
    same: int = 0  # targets that would not change
    unchanged: list[str] = field(default_factory=list)  # their names, where all are asked for
    failed: list[dict[str, Any]] = field(default_factory=list)  # name, reason, message
    pending: list[str] = field(default_factory=list)  # not answered in time
    operation: str | None = None

    @property
    def changing(self) -> int:
        """How many targets would change."""
        return sum(group.count for group in self.groups)

    @property
    def total(self) -> int:
        """How many targets were asked."""
        return self.changing + self.same + len(self.failed) + len(self.pending)

    def document(self) -> dict[str, Any]:
        """All of it, for programs."""
        return {
            "operation": self.operation,
            "groups": [
                {
                    "count": group.count,
                    "targets": group.names,
                    "differences": group.differences,
                    "cut": group.cut,
                }
                for group in self.groups
            ],
            "unchanged": self.unchanged,
            "failed": self.failed,
            "pending": self.pending,
        }


def of_targets(
    server: Server, targets: Sequence[str], *, revision: str | None, timeout: timedelta
) -> Found:
    """Ask each target."""
    found, groups = Found(), dict[str, Group]()
    for answer in previews.each(
        server, targets, verb="diff", revision=revision, patience=timeout.total_seconds()
    ):
        name = answer["target"]
        if answer["state"] == "Pending":
            found.pending.append(name)
        elif answer["state"] == "Failed":
            reason, _, message = answer["error"].partition(": ")
            found.failed.append({"name": name, "reason": reason, "message": message})
        elif not answer["differences"]:
            found.unchanged.append(name)
        else:
            _join(groups, name, answer["differences"])
    found.same = len(found.unchanged)
    for group in groups.values():
        applications = {name.partition("@")[0] for name in group.names}
        group.application = applications.pop() if len(applications) == 1 else ""
    found.groups = sorted(groups.values(), key=lambda group: -group.count)
    return found


def of_operation(server: Server, name: str, *, timeout: timedelta | None, complete: bool) -> Found:
    """Wait for a dry run, and read what it found; ``complete``: with the names of all targets.

    Raises:
        CommandFailed: the operation is no dry run.
    """
    ended = operations.follow(server, name, timeout)
    if not ended["spec"]["dryRun"]:
        raise CommandFailed(f"operation {name}", "is no dry run: it compared nothing", Exit.USAGE)
    items = list(server.walk(f"/differences/{name}"))
    groups = [_group(server, name, each, complete=complete) for each in items]
    found = Found(groups=groups, operation=name)
    found.same = ended["counts"].get("synced", 0) - found.changing
    if complete:
        changing = {each for group in groups for each in group.names}
        found.unchanged = [each for each in _names(server, name, "synced") if each not in changing]
    for state in _FAILED:
        if ended["counts"].get(state):
            members = server.walk(f"/operations/{name}/targets", {"state": state})
            found.failed += [_failure(each) for each in members]
    if ended["state"] not in operations.ENDED:
        found.pending = [
            each for state in ("pending", "running") for each in _names(server, name, state)
        ]
    return found


def _join(groups: dict[str, Group], name: str, differences: list[dict[str, Any]]) -> None:
    key = json.dumps(differences, sort_keys=True)
    group = groups.setdefault(key, Group(count=0, names=[], differences=differences))
    group.count += 1
    group.names.append(name)


def _group(server: Server, operation: str, item: dict[str, Any], *, complete: bool) -> Group:
    names = item["targets"]
    if complete and item["count"] > len(names):
        members = server.walk(f"/operations/{operation}/targets", {"differs": item["digest"]})
        names = [each["name"] for each in members]
    return Group(
        count=item["count"],
        names=names,
        differences=item["differences"],
        application=item["application"],
        cut=item["cut"],
    )


def _names(server: Server, operation: str, state: str) -> Iterable[str]:
    members = server.walk(f"/operations/{operation}/targets", {"state": state})
    return (each["name"] for each in members)


def _failure(member: dict[str, Any]) -> dict[str, Any]:
    reason = member["reason"] or member["state"]
    return {"name": member["name"], "reason": reason, "message": member["message"]}
