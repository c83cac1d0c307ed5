"""What is asked of the broker: which workers live and answer, what waits in its queues."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import orjson
from celery import Celery
from kombu.exceptions import KombuError
from redis.exceptions import RedisError

from syncline.contract import queues, roll
from syncline.contract.roll import Worker
from syncline.contract.tasks import RECONCILE
from syncline.errors import StoreUnavailable
from syncline.store.connection import Use

_PATIENCE = 1.0
"""Seconds in which workers answer a ping: they answer at once, whatever their tasks do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """What waits in the broker, and for whom."""

    messages: Mapping[str, int]  # by queue
    since: Mapping[str, float]  # lane → when its oldest message was sent, store's time; 0: none
    workers: tuple[Worker, ...]


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
        with self._client() as client:
            return {name: int(client.llen(name)) for name in queues.ALL}

    def look(self) -> Seen:
        """Look at the queues, the workers and the server: a few round trips."""
        with self._client() as client:
            with client.pipeline(transaction=False) as pipe:
                for name in queues.ALL:
                    pipe.llen(name)
                    # kombu's clients put its prefix before some commands' keys; LINDEX is none.
                    pipe.lindex(f"{queues.BROKER_PREFIX}{name}", -1)
                answers = pipe.execute()
            lanes = dict(zip(queues.ALL, answers[1::2], strict=True))
            return Seen(
                messages=dict(zip(queues.ALL, map(int, answers[::2]), strict=True)),
                since={lane: _since(lanes[queue]) for lane, queue in queues.FOR_LANE.items()},
                workers=tuple(roll.present(client)),
            )

    def use(self) -> Use:
        """Ask how much memory the broker's server uses, and how many are connected to it."""
        with self._client() as client:
            return Use.of(client)

    @contextmanager
    def _client(self) -> Iterator[Any]:
        # The channel's own client may still wait for the answers to a ping: take another one.
        with (
            _translated(),
            self.app().connection_or_acquire() as connection,
            connection.default_channel.conn_or_acquire() as client,
        ):
            yield client


def _since(message: bytes | None) -> float:
    """A run's ticket ends with the milliseconds at which it was dispatched."""
    headers = orjson.loads(message)["headers"] if message else {}
    if headers.get("task") != RECONCILE.name:
        return 0.0
    milliseconds = str(headers["id"]).rpartition(".")[2]
    return int(milliseconds) / 1000 if milliseconds.isdecimal() else 0.0


@contextmanager
def _translated() -> Iterator[None]:
    try:
        yield
    except (KombuError, RedisError, OSError) as exc:
        detail = f"Redis for messages does not answer ({type(exc).__name__})"
        raise StoreUnavailable("broker", detail) from exc
