"""A worker on the roll: its main process signs, by the connection on which it sends heartbeats.

Celery's heartbeat comes every 2 s while the broker answers, so that a worker that hangs, or that
has lost its broker, stops signing.
"""

from __future__ import annotations

import time
from typing import Any

import structlog
from celery import signals
from kombu.exceptions import KombuError
from redis.exceptions import RedisError

from syncline.contract import roll
from syncline.contract.roll import Worker

log = structlog.get_logger(__name__)

_AWAY = (KombuError, RedisError, OSError)


class Signature:
    """This process's place on the roll; none before Celery has set the worker up."""

    def __init__(self) -> None:
        self._worker: Worker | None = None
        self._heart: object = None  # Celery's, one for each connection
        self._next = 0.0  # monotonic

    def connect(self) -> None:
        """Follow the life of the worker of this process."""
        signals.celeryd_after_setup.connect(self._set_up)
        signals.heartbeat_sent.connect(self._beat)

    def _set_up(self, sender: Any, instance: Any, **_: Any) -> None:
        lanes = tuple(instance.app.amqp.queues.consume_from)
        self._worker = Worker(name=str(sender), slots=int(instance.concurrency), lanes=lanes)

    def _beat(self, sender: Any, **_: Any) -> None:
        """Sign now and then. A heart has no timer (``tref``) at its first beat and at its last."""
        is_first, self._heart = sender is not self._heart, sender
        is_last = sender.tref is None and not is_first
        if self._worker is None or not (is_first or is_last or time.monotonic() >= self._next):
            return
        self._next = time.monotonic() + roll.EVERY
        try:
            with sender.eventer.connection.default_channel.conn_or_acquire() as client:
                if is_last:
                    roll.leave(client, self._worker.name)
                else:
                    roll.sign(client, self._worker)
        except _AWAY as exc:  # the consumer finds out by itself, and connects again
            log.debug("not signed", error=str(exc))
