"""The rules that come with Syncline: ``rules/<group>.yaml``, read when a group is first met.

A group without rules costs one look at what files there are, once in a process.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from importlib import resources
from typing import Final

from syncline.errors import InvalidDocument
from syncline.health import compiled
from syncline.health.compiled import Compiled
from syncline.health.rule import RuleFile
from syncline.model import parse, yaml

ANY: Final = "*"
_SUFFIX: Final = ".yaml"


@cache
def rule_for(group: str, kind: str) -> Compiled | None:
    """Find who judges a kind: its own rule, its group's for any kind, one for groups within."""
    for name in _lookups(group):
        file = file_of(name)
        if file and (name == group or file.subgroups):
            return _compiled(file, kind) or _compiled(file, ANY)
    return None


@cache
def groups() -> frozenset[str]:
    """The groups that have a file."""
    folder = resources.files(__package__) / "rules"
    return frozenset(
        each.name.removesuffix(_SUFFIX) for each in folder.iterdir() if each.name.endswith(_SUFFIX)
    )


@cache
def file_of(group: str) -> RuleFile | None:
    """Read the rules of a group; None where there are none."""
    if group not in groups():
        return None
    found = resources.files(__package__) / "rules" / f"{group}{_SUFFIX}"
    return read(found.read_text("utf-8"), source=f"rules/{group}{_SUFFIX}")


def read(text: str, *, source: str) -> RuleFile:
    """Read a file of rules.

    Raises:
        InvalidDocument: it does not fit the schema, or an expression is wrong.
    """
    documents = yaml.load_all(text, source=source, fault=InvalidDocument)
    if len(documents) != 1:
        raise InvalidDocument(source, f"holds {len(documents)} documents; write one")
    return parse.fit(RuleFile, documents[0], source=source)


def compile_file(file: RuleFile) -> dict[str, Compiled]:
    """Compile every rule of a file, by kind.

    Raises:
        InvalidDocument: an expression is wrong, or a kind has two rules.
    """
    ready: dict[str, Compiled] = {}
    for rule in file.rules:
        for kind in rule.kinds:
            name = f"rule {file.group}/{kind}"
            if kind in ready:
                raise InvalidDocument(name, "is written twice")
            ready[kind] = compiled.compile_rule(rule, name=name, source=file.group)
    return ready


def _compiled(file: RuleFile, kind: str) -> Compiled | None:
    for rule in file.rules:
        if kind in rule.kinds:
            name = f"rule {file.group}/{kind}"
            return compiled.compile_rule(rule, name=name, source=file.group)
    return None


def _lookups(group: str) -> Iterator[str]:
    """``a.b.c``, ``b.c``, ``c``."""
    while group:
        yield group
        group = group.partition(".")[2]
