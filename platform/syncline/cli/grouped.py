"""Differences as people read them: what many targets share is shown once."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Sequence

from rich.text import Text

from syncline.cli import sidebyside
from syncline.cli.differences import Found, Group
from syncline.cli.text import plain

_NAMED = 3
"""Targets of a group that are named; -o json has all."""

_STYLES = {"+": "green", "-": "red", "@": "cyan"}
_WIDTH = 130  # columns where there is no terminal


def lines(found: Found, *, side_by_side: bool) -> Iterator[Text]:
    """Each group, and where there are several targets what it comes to."""
    for group in found.groups:
        yield from _group(group, side_by_side=side_by_side)
    if len(found.groups) > 1 or any(group.count > 1 for group in found.groups):
        yield plain(_summary(found), "bold")


def _summary(found: Found) -> str:
    """``216 of 1000 targets would change: the same 3 changes on 212, 4 differ``."""
    first = found.groups[0]
    told = f"{found.changing} of {found.total} targets would change"
    if first.count == 1:
        return f"{told}, each otherwise"
    others = found.changing - first.count
    return f"{told}: {_same(first)} on {first.count}" + (f", {others} differ" if others else "")


def _group(group: Group, *, side_by_side: bool) -> Iterator[Text]:
    alone = group.count == 1
    if not alone:
        whose = f"{group.application}: " if group.application else ""
        yield plain(f"{whose}{_same(group)} on {_where(group)}", "bold")
    elif group.cut:
        yield plain(group.names[0], "bold")
    if group.cut:
        yield plain(f"  too much to be kept: syncline diff {group.names[0]}")
    for difference in group.differences:
        told = f"{difference['subject']} {difference['action']}"
        yield plain(f"{group.names[0]}: {told}" if alone else told, "bold")
        if difference["cut"]:
            yield plain(f"  too large to be kept: syncline diff {group.names[0]}")
        yield from _body(difference["unified"], side_by_side=side_by_side)


def _same(group: Group) -> str:
    count = len(group.differences)
    if not count:
        return "the same changes"
    return f"the same {count} change{'s' if count > 1 else ''}"


def _where(group: Group) -> str:
    """``212 clusters: c001, c002, c003 and 209 more``: of one application, clusters will do."""
    if not group.application:
        return f"{group.count} targets: {some(group.names, group.count)}"
    clusters = [name.partition("@")[2] for name in group.names]
    return f"{group.count} clusters: {some(clusters, group.count)}"


def some(names: Sequence[str], count: int) -> str:
    """Name the first ones."""
    shown = ", ".join(names[:_NAMED])
    return shown if count <= _NAMED else f"{shown} and {count - _NAMED} more"


def _body(unified: str, *, side_by_side: bool) -> Iterator[Text]:
    if side_by_side:
        yield from sidebyside.lines(unified, shutil.get_terminal_size((_WIDTH, 24)).columns)
    else:
        for text in unified.splitlines():
            yield plain(text, _STYLES.get(text[:1], ""))
