"""A worker's app for tests: each task writes down that it started and ended, and may be held.

Run as ``celery -A tests.contract.journalling_worker worker``; ``JOURNAL`` is a directory. A task
whose ticket begins with ``held`` ends when a file ``release`` lies there.
"""

import os
from pathlib import Path
from typing import Any

from syncline.contract.celery import create_app, unpack
from syncline.contract.tasks import RECONCILE
from syncline.settings import Settings
from tests.harness import poll

journal = Path(os.environ["JOURNAL"])
app = create_app(Settings(), name="journalling-worker")


def write(line: str) -> None:
    with (journal / "journal").open("a") as out:
        out.write(line + "\n")


@app.task(name=RECONCILE.name, shared=False)
def reconcile(argument: dict[str, Any]) -> None:
    ticket = unpack(RECONCILE, argument).ticket
    write(f"start {ticket}")
    if ticket.startswith("held"):
        poll.until((journal / "release").exists, within=60, what="leave to end")
    write(f"end {ticket}")
