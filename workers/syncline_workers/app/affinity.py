"""Heavy runs prefer the host that has their repository's mirror: a hint, for which nobody waits.

A worker that takes one whose repository is not on its disk puts it back for the others, by the same
queue, unless rendezvous hashing says that the mirror is to be made here. After so many of them
whoever has it runs it: the wanted host is busy, or was killed. So no queue belongs to a host, and
nothing is lost with one.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any, Final

from celery import Celery
from kombu.exceptions import KombuError
from redis.exceptions import RedisError

from syncline.contract import queues, rendezvous, roll
from syncline.contract.celery import send
from syncline.contract.tasks import RECONCILE, ReconcilePayload
from syncline.errors import SynclineError
from syncline_workers.pipeline.ports import Ports

MOST: Final = 16
"""Workers that leave a run to others: each is one message more."""

_LOOK: Final = 10.0  # seconds between two looks at who lives
_AWAY: Final = (KombuError, RedisError, OSError, SynclineError)


class Affinity:
    """Leaves runs to other workers; one for a process."""

    def __init__(self, app: Celery, ports: Callable[[], Ports]) -> None:
        self._app, self._ports = app, ports
        self._hosts: frozenset[str] = frozenset()
        self._looked = -_LOOK

    def __call__(self, request: Any, payload: ReconcilePayload) -> bool:
        """Whether a run was left to another worker.

        Args:
            request: Celery's, of the task at hand.
            payload: the run's.
        """
        if request.delivery_info.get("routing_key") != queues.HEAVY or payload.left >= MOST:
            return False
        try:
            if self._is_for(request.hostname.partition("@")[2], payload):
                return False
            more = payload.model_copy(update={"left": payload.left + 1})
            send(self._app, RECONCILE, more, task_id=payload.ticket, queue=queues.HEAVY)
        except _AWAY:
            return False  # the run itself says what is wrong
        return True

    def _is_for(self, host: str, payload: ReconcilePayload) -> bool:
        hosts = self._living()
        if hosts <= {host}:
            return True
        ports = self._ports()
        repository = ports.lookups.first_of(payload.target)
        if repository is None or ports.repositories.is_at_hand(repository):
            return True
        return rendezvous.preferred(repository.uid, hosts) == host

    def _living(self) -> frozenset[str]:
        """The hosts whose workers take heavy runs."""
        if time.monotonic() >= self._looked + _LOOK:
            with (
                self._app.connection_or_acquire() as connection,
                connection.default_channel.conn_or_acquire() as redis,
            ):
                found = roll.present(redis)
            self._hosts = frozenset(each.host for each in found if queues.HEAVY in each.lanes)
            self._looked = time.monotonic()
        return self._hosts
