"""The audit trail, at a time and as it happens."""

import json
from collections.abc import Callable
from subprocess import Popen

from syncline.model.journal import AuditRecord
from syncline.store import audit
from syncline.store.connection import Store
from tests.cli.conftest import Run

Process = Popen[str]


def note(store: Store, subject: str) -> str:
    record = AuditRecord(actor="ana", verb="sync", subject=subject, reason="because")
    return audit.append(store, record)


def test_the_newest_records_come_first(store: Store, syncline: Run) -> None:
    for name in ("a", "b", "c"):
        note(store, name)

    done = syncline("audit", "--limit", "2", "-o", "json")

    assert [each["subject"] for each in json.loads(done.out)["items"]] == ["c", "b"]


def test_each_record_is_printed_as_it_happens(
    store: Store, background: Callable[..., Process]
) -> None:
    first = note(store, "before")
    note(store, "kept")
    process = background("audit", "--follow", "--after", first)

    kept = _next(process)
    note(store, "new")
    new = _next(process)

    assert [each["subject"] for each in (kept, new)] == ["kept", "new"]
    assert {name: new[name] for name in ("actor", "verb", "why")} == {
        "actor": "ana",
        "verb": "sync",
        "why": "because",
    }


def _next(process: Process) -> dict[str, str]:
    assert process.stdout is not None
    found: dict[str, str] = json.loads(process.stdout.readline())
    return found
