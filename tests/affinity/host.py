"""A worker's app for tests: a host whose runs are refused, and written down, as they begin.

Run as ``celery -A tests.affinity.host worker``. ``JOURNAL`` is a file. It never has the mirror.
"""

import os
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from syncline.contract.celery import create_app
from syncline.model.names import TargetId
from syncline.model.run import Refusal
from syncline.settings import Settings
from syncline_workers import tasks
from syncline_workers.app.affinity import Affinity
from syncline_workers.app.signing import Signature

REPOSITORY = SimpleNamespace(uid="r1")


class Desk:
    """Writes down what was claimed."""

    def claim(self, target: TargetId, ticket: str, _worker: str) -> Refusal:
        with Path(os.environ["JOURNAL"]).open("a") as journal:
            journal.write(f"{ticket}\n")
        return Refusal(target=target, ticket=ticket, reason="Gone")


ports: Any = SimpleNamespace(
    desk=Desk(),
    lookups=SimpleNamespace(first_of=lambda _target: REPOSITORY),
    repositories=SimpleNamespace(is_at_hand=lambda _: False),
    worker="worker",
)
app = create_app(Settings(), name="host")
tasks.register(app, lambda: ports, Affinity(app, lambda: ports))
Signature().connect()
