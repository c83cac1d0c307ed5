"""What the doctor asks the broker: which workers answer, and how long the queues are."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from celery import Celery
from kombu.exceptions import KombuError
from redis.exceptions import RedisError

from syncline.contract import queues
from syncline.errors import StoreUnavailable

_PATIENCE = 1.0
"""Seconds in which workers answer a ping: they answer at once, whatever their tasks do."""


@dataclass(frozen=True, slots=True)
class Broker:
    """A Celery app, made by ``app`` when it is needed first. Safe to share by threads.

    Each method raises ``StoreUnavailable`` while the broker is away.
    """

    app: Callable[[], Celery]

    def workers(self) -> list[str]:
        """Return the names of the workers that answer a ping."""
        with _translated():
            answers = self.app().control.ping(timeout=_PATIENCE)
        return sorted(name for answer in answers for name in answer)

    def depths(self) -> dict[str, int]:
        """Return how many messages wait in each queue."""
        with _translated(), self.app().connection_for_read() as connection:
            client = connection.default_channel.client
            return {name: int(client.llen(name)) for name in queues.ALL}


@contextmanager
def _translated() -> Iterator[None]:
    try:
        yield
    except (KombuError, RedisError, OSError) as exc:
        detail = f"Redis for messages does not answer ({type(exc).__name__})"
        raise StoreUnavailable("broker", detail) from exc
