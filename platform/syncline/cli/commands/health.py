"""``syncline health``: what is made of the live objects in a file, and why. It needs no server."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Any

import typer

from syncline.cli import output
from syncline.cli.exits import Exit
from syncline.cli.files import read
from syncline.cli.output import Format, OutputOption
from syncline.cli.text import one_line, plain
from syncline.errors import InvalidDocument
from syncline.health import custom, objects, registry
from syncline.health.verdict import Judged
from syncline.model import parse
from syncline.model.healthrule import HealthRule
from syncline.model.status import HealthStatus, worst
from syncline.model.values import Manifest

_BAD = (HealthStatus.MISSING, HealthStatus.DEGRADED, HealthStatus.UNKNOWN)


def health(
    files: Annotated[
        list[str],
        typer.Option(
            "--filename",
            "-f",
            metavar="FILE|DIR",
            help="Live objects as `kubectl get -o yaml` prints them; - is standard input.",
        ),
    ],
    rules: Annotated[
        list[str] | None,
        typer.Option(
            "--rules", metavar="FILE|DIR", help="HealthRule documents, which then decide first."
        ),
    ] = None,
    output_format: OutputOption = Format.TABLE,
) -> None:
    """Judge live objects from files; exit 1 if one is Missing, Degraded or Unknown."""
    declared = custom.compile_all(_rules(rules)) if rules else custom.NONE
    judged = [(live, registry.explain(live, declared)) for live in _objects(files)]
    found = worst([each.health.status for _, each in judged])
    if output_format.is_for_programs:
        items = [_item(live, each) for live, each in judged]
        output.document({"health": str(found), "items": items}, output_format)
    else:
        output.table(
            ("object", "health", "reason", "judged by", "message"),
            [_row(live, each) for live, each in judged],
        )
    if found in _BAD:
        raise typer.Exit(Exit.DIFFERS)


def _objects(files: list[str]) -> Iterator[Manifest]:
    count = 0
    for name, text in read(files):
        for live in objects.read(text, source=name):
            count += 1
            yield live
    if not count:
        raise InvalidDocument(", ".join(files), "holds no object")


def _rules(files: list[str]) -> list[HealthRule]:
    """The rules; documents of other kinds beside them are passed over."""
    found = [
        document
        for name, text in read(files)
        for document in parse.parse_documents(text, source=name)
        if isinstance(document, HealthRule)
    ]
    if not found:
        raise InvalidDocument(", ".join(files), "holds no HealthRule")
    return found


def _item(live: Manifest, judged: Judged) -> dict[str, Any]:
    return {
        "apiVersion": live["apiVersion"],
        "kind": live["kind"],
        "namespace": live["metadata"].get("namespace") or "",
        "name": live["metadata"]["name"],
        "health": str(judged.health.status),
        "reason": judged.health.reason,
        "message": judged.health.message,
        "judgedBy": judged.by,
        "case": judged.case or None,
    }


def _row(live: Manifest, judged: Judged) -> tuple[object, ...]:
    namespace = live["metadata"].get("namespace")
    name = f"{namespace}/{live['metadata']['name']}" if namespace else live["metadata"]["name"]
    status = str(judged.health.status)
    return (
        f"{live['kind']}/{name}",
        plain(status, output.style_of(status)),
        judged.health.reason,
        judged.who,
        one_line(judged.health.message),
    )
