"""The scheduler's side of the broker: sending in batches, how full the queues are, who works.

A failed batch may or may not have arrived. That is fine: a message is a hint, the claim decides,
and the store's deadlines send again what stays silent.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Protocol

from celery import Celery
from kombu.exceptions import KombuError
from redis.exceptions import RedisError

from syncline.contract import queues, roll
from syncline.contract.celery import send
from syncline.contract.tasks import Task
from syncline.errors import BrokerUnavailable
from syncline.model.values import Stored
from syncline.store import client

BATCH = 200
_UNACKNOWLEDGED = "unacked"  # kombu's hash of what workers have and have not finished
_FLEET = {*queues.FOR_LANE.values()} - {queues.USER}  # who serves none keeps its slots for people


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """One task on its way: what, about what, by which queue, under which id."""

    task: Task[Any]
    payload: Stored
    task_id: str
    queue: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Load:
    """How busy the broker is."""

    waiting: Mapping[str, int]  # queue → messages
    running: int  # messages that workers have and have not finished


class Publisher(Protocol):
    """What the loop needs of a broker."""

    def send(self, messages: Sequence[Message]) -> None:
        """Publish in order.

        Raises:
            BrokerUnavailable: some or all may not have arrived.
        """

    def load(self) -> Load:
        """Ask how busy the broker is.

        Raises:
            BrokerUnavailable: the broker did not answer.
        """

    def slots(self) -> int:
        """Count the runs that all workers on the roll can do at once; 0: nobody signed.

        Raises:
            BrokerUnavailable: the broker did not answer.
        """


class Broker:
    """Redis through kombu."""

    def __init__(self, app: Celery) -> None:
        """Speak through an app of ``contract.celery``, which is nobody else's."""
        # kombu would wait for a broker that is away; the loop has its own patience.
        app.conf.broker_transport_options |= {"max_retries": 1, "interval_start": 0}
        self._app = app

    def send(self, messages: Sequence[Message]) -> None:
        """Publish in pipelines of ``BATCH``; about 0.16 ms CPU a message."""
        with (
            _translated(),
            self._app.producer_pool.acquire(block=True, timeout=5) as producer,
            producer.batch(BATCH),
        ):
            for message in messages:
                send(
                    self._app,
                    message.task,
                    message.payload,
                    task_id=message.task_id,
                    queue=message.queue,
                    producer=producer,
                )

    def load(self) -> Load:
        """Ask all queues in one round trip."""
        with self._client() as redis, redis.pipeline(transaction=False) as pipe:
            for name in queues.ALL:
                pipe.llen(name)
            pipe.hlen(_UNACKNOWLEDGED)
            *waiting, running = pipe.execute()
        return Load(waiting=dict(zip(queues.ALL, waiting, strict=True)), running=running)

    def slots(self) -> int:
        """Leave out workers that take no runs, and those that take them from people alone."""
        with self._client() as redis:
            return sum(each.slots for each in roll.present(redis) if _FLEET & {*each.lanes})

    def close(self) -> None:
        """Close the connections."""
        self._app.close()

    @contextmanager
    def _client(self) -> Iterator[Any]:
        with (
            _translated(),
            self._app.connection_or_acquire() as connection,
            connection.default_channel.conn_or_acquire() as redis,
        ):
            yield redis


@contextmanager
def _translated() -> Iterator[None]:
    try:
        yield
    except (KombuError, RedisError, OSError) as exc:
        raise BrokerUnavailable("broker", _words(exc)) from exc


def _words(exc: BaseException) -> str:
    """What is known of this error, or of the one that kombu wrapped; else its own words."""
    for each in (exc, exc.__cause__, exc.__context__):
        if isinstance(each, RedisError) and (known := client.translated(each)) is not None:
            return known.detail
    return f"{type(exc).__name__}: {exc}"
