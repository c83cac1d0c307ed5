"""The lists that ``get`` shows: for each kind its path, its filters and its columns."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from syncline.cli import output
from syncline.cli.output import Format
from syncline.cli.server import Server
from syncline.cli.text import one_line, plain, time_of

Item = Mapping[str, Any]
Cell = Callable[[Item], object]

SHORT = 12
"""Digits of a commit that people compare by eye."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """One kind of list. ``columns`` are always shown, ``wide`` with ``-o wide``, ``last`` last."""

    plural: str
    filters: frozenset[str]
    columns: Mapping[str, Cell]
    wide: Mapping[str, Cell]
    last: Mapping[str, Cell]

    @property
    def path(self) -> str:
        """Where the API has it."""
        return f"/{self.plural}"

    def shown(self, output_format: Format) -> Mapping[str, Cell]:
        """Return the columns of a format."""
        extra = self.wide if output_format is Format.WIDE else {}
        return {**self.columns, **extra, **self.last}


def show(server: Server, kind: Kind, filters: Mapping[str, Any], output_format: Format) -> None:
    """Print a whole list, however many pages it has."""
    items = server.walk(kind.path, filters)
    if output_format.is_for_programs:
        output.document({"items": list(items)}, output_format)
    else:
        show_items(kind, items, output_format)


def show_items(kind: Kind, items: Iterable[Item], output_format: Format) -> None:
    """Print items as a table."""
    columns = kind.shown(output_format)
    output.table(tuple(columns), ([cell(item) for cell in columns.values()] for item in items))


def field(name: str) -> Cell:
    """Show a field as it is; nothing where it is null."""
    return lambda item: "" if item.get(name) is None else item[name]


def status(name: str) -> Cell:
    """Show a status in its colour."""
    return lambda item: plain(item.get(name) or "", output.style_of(item.get(name) or ""))


def commit(name: str) -> Cell:
    """Show the first digits of a revision."""
    return lambda item: str(item.get(name) or "")[:SHORT]


def when(name: str) -> Cell:
    """Show a time to the second."""
    return lambda item: time_of(item.get(name))


def message(item: Item) -> object:
    """Show a message on one line."""
    return one_line(str(item.get("message") or ""))


def labels(item: Item) -> object:
    """Show labels as a selector would be written."""
    return ",".join(f"{key}={value}" for key, value in sorted(item["labels"].items()))


def parts(name: str, *words: str) -> Cell:
    """Show ``3/5``: how many of all targets have this status."""
    return lambda item: f"{sum(item[name].get(word, 0) for word in words)}/{item['targets']}"


def of_sources(name: str) -> Cell:
    """Show a field of an application's source, or of each of several."""

    def cell(item: Item) -> str:
        spec = item["spec"]
        return ", ".join(each.get(name) or "-" for each in spec.get("sources") or [spec["source"]])

    return cell


def of_target(item: Item) -> object:
    """Show who keeps a target back, and its message where all is not well."""
    pin = item.get("pinned")
    if not pin:
        return message(item)
    told = one_line(f"pinned by {pin['actor']}: {pin['why']}")
    return told if item["reason"] == "Succeeded" else f"{told}; {message(item)}"


def signed(signatures: Iterable[Item]) -> object:
    """Show who signed, or what is wrong with a signature."""
    return one_line(
        ", ".join(
            each["signer"] or each["key"] if each["verdict"] == "good" else each["verdict"]
            for each in signatures
        )
    )


TARGETS = Kind(
    plural="targets",
    filters=frozenset(
        {"application", "cluster", "project", "sync", "health", "aside", "held", "pinned", "begins"}
    ),
    columns={
        "name": field("name"),
        "sync": status("sync"),
        "health": status("health"),
        "revision": commit("revision"),
        "reason": field("reason"),
    },
    wide={
        "observed": commit("observed"),
        "signed": lambda item: signed(item["signatures"]),
        "phase": field("phase"),
        "synced at": when("syncedAt"),
        "operation": field("operation"),
        "held until": when("heldUntil"),
    },
    last={"message": of_target},
)

APPLICATIONS = Kind(
    plural="applications",
    filters=frozenset({"project", "repository", "selector"}),
    columns={
        "name": field("name"),
        "sync": status("sync"),
        "health": status("health"),
        "synced": parts("syncCounts", "Synced"),
        "revision": commit("revision"),
        "reason": field("reason"),
    },
    wide={
        "repository": of_sources("repository"),
        "chart": of_sources("chart"),
        "path": of_sources("path"),
        "wants": of_sources("revision"),
        "declared in": field("declaredIn"),
    },
    last={"message": message},
)

CLUSTERS = Kind(
    plural="clusters",
    filters=frozenset({"selector"}),
    columns={
        "name": field("name"),
        "sync": status("sync"),
        "health": status("health"),
        "synced": parts("syncCounts", "Synced"),
        "version": field("version"),
        "reason": field("reason"),
    },
    wide={"labels": labels, "declared in": field("declaredIn")},
    last={"message": message},
)

REPOSITORIES = Kind(
    plural="repositories",
    filters=frozenset({"selector"}),
    columns={"name": field("name"), "url": field("url"), "reason": field("reason")},
    wide={
        "interval": lambda item: item["spec"]["interval"],
        "template": field("credentialTemplate"),
        "declared in": field("declaredIn"),
    },
    last={"message": message},
)

OPERATIONS = Kind(
    plural="operations",
    filters=frozenset(),
    columns={
        "name": field("name"),
        "state": status("state"),
        "targets": field("total"),
        "actor": lambda item: item["spec"]["actor"],
        "created": when("createdAt"),
    },
    wide={
        "verb": lambda item: item["spec"]["verb"],
        "finished": when("finishedAt"),
        "revision": commit("revision"),
    },
    last={"why": lambda item: one_line(item["spec"]["reason"]), "message": message},
)

WINDOWS = Kind(
    plural="windows",
    filters=frozenset({"selector"}),
    columns={
        "name": field("name"),
        "kind": lambda item: item["spec"]["kind"],
        "active": lambda item: "yes" if item["active"] else "no",
        "changes at": when("changesAt"),
        "manual": lambda item: "passes" if item["spec"]["manualSync"] else "waits",
        "for": field("selects"),
    },
    wide={
        "schedule": lambda item: item["spec"]["schedule"] or "once",
        "time zone": lambda item: item["spec"]["timeZone"],
        "declared in": field("declaredIn"),
    },
    last={"message": message},
)

CREDENTIAL_TEMPLATES = Kind(
    plural="credential-templates",
    filters=frozenset({"selector"}),
    columns={
        "name": field("name"),
        "url prefix": lambda item: item["spec"]["urlPrefix"],
        "type": lambda item: (item["spec"]["credential"] or {}).get("type", ""),
        "credential": lambda item: (item["spec"]["credential"] or {}).get("ref", ""),
        "tls": lambda item: "yes" if item["spec"]["tls"] else "no",
    },
    wide={"declared in": field("declaredIn")},
    last={"message": message},
)

KINDS = {
    kind.plural: kind
    for kind in (
        TARGETS,
        APPLICATIONS,
        CLUSTERS,
        REPOSITORIES,
        OPERATIONS,
        WINDOWS,
        CREDENTIAL_TEMPLATES,
    )
}
