"""A broker that only remembers, a worker that needs no cluster, and schedulers in threads."""

import json
import threading
from base64 import b64decode
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import redis
from pydantic import SecretStr

from syncline.contract import queues
from syncline.contract.celery import create_app
from syncline.errors import BrokerUnavailable
from syncline.model.names import TargetId
from syncline.model.run import Claim
from syncline.scheduler.loop import Loop, run
from syncline.scheduler.publisher import Broker, Load, Message
from syncline.settings import SchedulerSettings, Settings, StoreSettings
from syncline.store import runs
from syncline.store.connection import Store
from tests.operations.asked import finish

IDLE = Load(waiting=dict.fromkeys(queues.ALL, 0), running=0)


class Remembered:
    """A publisher whose queues are always empty, and that can be away."""

    def __init__(self) -> None:
        self.messages: list[Message] = []
        self.is_away = False
        self.offered = 0  # slots of its workers

    def send(self, messages: Sequence[Message]) -> None:
        if self.is_away:
            raise BrokerUnavailable("broker", "is away in this test")
        self.messages += messages

    def load(self) -> Load:
        if self.is_away:
            raise BrokerUnavailable("broker", "is away in this test")
        return IDLE

    def slots(self) -> int:
        return self.offered

    def taken(self, prefix: str = "") -> list[Message]:
        """Take what was sent so far, of tasks whose name begins so."""
        found = [each for each in self.messages if each.task.name.startswith(prefix)]
        self.messages = [each for each in self.messages if each not in found]
        return found


def settings_of(url: str, **scheduler: Any) -> Settings:
    return Settings(
        store=StoreSettings(url=SecretStr(url)), scheduler=SchedulerSettings(**scheduler)
    )


def loop_of(store: Store, publisher: Any, **scheduler: Any) -> Loop:
    return Loop(store, publisher, Settings(scheduler=SchedulerSettings(**scheduler)))


@contextmanager
def schedulers(
    count: int, connect: Callable[[], Store], url: str, **scheduler: Any
) -> Iterator[threading.Event]:
    """Run so many schedulers at once, each with connections of its own; the event ends them."""
    stop, settings = threading.Event(), settings_of(url, **scheduler)
    threads = []
    for number in range(count):
        broker = Broker(create_app(settings, name=f"scheduler-{number}"))
        arguments = (connect(), broker, settings, stop)
        threads.append(threading.Thread(target=run, args=arguments, daemon=True))
    for thread in threads:
        thread.start()
    yield stop
    stop.set()
    for thread in threads:
        thread.join(5)
        assert not thread.is_alive()


class Queue:
    """What is in the broker, read past Celery."""

    def __init__(self, url: str) -> None:
        self._redis = redis.Redis.from_url(url)

    def depth(self) -> int:
        return sum(int(self._redis.llen(queues.BROKER_PREFIX + name)) for name in queues.ALL)

    def pop(self) -> dict[str, Any] | None:
        """Take one message out: its headers, its argument as ``payload``, and its ``queue``."""
        for name in queues.ALL:
            raw = self._redis.rpop(queues.BROKER_PREFIX + name)
            if raw is not None:
                message = json.loads(raw)
                (argument,), *_ = json.loads(b64decode(message["body"]))
                return {**message["headers"], "payload": argument, "queue": name}
        return None

    def close(self) -> None:
        self._redis.close()


def work_off(store: Store, queue: Queue) -> Claim | str | None:
    """Do one message as a worker would: the claim, its refusal's reason, or None where idle."""
    message = queue.pop()
    if message is None:
        return None
    if message["task"] != "syncline.reconcile.v1":
        return str(message["task"])
    payload = message["payload"]
    claim = runs.claim(store, TargetId(payload["target"]), payload["ticket"], "worker")
    if not isinstance(claim, Claim):
        return claim.reason
    finish(store, claim)
    return claim
