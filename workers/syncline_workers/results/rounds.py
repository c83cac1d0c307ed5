"""What comes round (look-ups, sweeps) is put off once it was answered.

Until then its due time stands soon after the message, so that a worker that is killed in a look-up
costs a minute and not the repository's interval. A webhook that came meanwhile keeps its own time:
only the time that the message set is moved.
"""

from __future__ import annotations

from typing import Any

from syncline.contract import tasks
from syncline.contract.celery import unpack
from syncline.store import due
from syncline.store.connection import Store
from syncline.store.due import Due

_KINDS = {tasks.LOOKUP.name: "lookup", tasks.FOLLOW.name: "follow", tasks.SWEEP.name: "sweep"}


def answered(store: Store, request: Any) -> None:
    """Put off the due time of the task's subject; ``request`` is Celery's."""
    kind = _KINDS.get(getattr(request, "task", None) or "")
    if kind is None or not request.args:
        return
    payload = unpack(tasks.LOOKUP, request.args[0])
    if payload.again:
        due.reschedule(store, Due(kind, payload.uid, payload.again), payload.next)
