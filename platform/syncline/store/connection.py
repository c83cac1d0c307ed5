"""The connection to the store: what every function of this package takes first."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from syncline.model.seal import PlatformKey
from syncline.settings import StoreSettings
from syncline.store import client
from syncline.store.limits import DEFAULT, Limits
from syncline.store.scripting import Scripts

LONGEST_BLOCK = 5.0
"""Seconds that one blocking read may wait: well below the socket's time-out."""


@dataclass(frozen=True, slots=True)
class Store:
    """One connection pool, the scripts, and what is needed to seal. Safe to share by threads.

    Make it after a fork, never before.
    """

    redis: Any = field(repr=False)  # text in, text out; redis-py's types also allow awaitables
    binary: Any = field(repr=False)  # the same server, bytes out
    scripts: Scripts = field(repr=False)
    key: PlatformKey | None = field(repr=False)
    settings: StoreSettings
    limits: Limits  # when its steps give up

    @property
    def installation(self) -> str:
        """The id that an empty store gets, the same each time; "" without a setting and a key."""
        if self.settings.installation:
            return self.settings.installation
        return self.key.digest(b"installation")[:16] if self.key else ""

    def call(self, script: str, *args: str | float | bytes) -> Any:
        """Run one atomic step of ``scripts/``."""
        return self.scripts.call(self.redis, script, args)

    def close(self) -> None:
        """Close every connection of the pool."""
        self.redis.close()
        self.binary.close()


def connect(settings: StoreSettings, *, key: PlatformKey | None, limits: Limits = DEFAULT) -> Store:
    """Prepare the connection; nothing is sent yet.

    Args:
        settings: where: one server, or the Sentinels that know it.
        key: seals kubeconfigs, rendered manifests and previews; without it these are refused.
        limits: when to give up on clusters and requests.
    """
    address = settings.address()
    return Store(
        redis=client.make(address, decode_responses=True),
        binary=client.make(address, decode_responses=False),
        scripts=Scripts(settings),
        key=key,
        settings=settings,
        limits=limits,
    )


def ping(store: Store) -> bool:
    """Ask whether the store answers.

    Raises:
        StoreUnavailable: it does not.
    """
    return bool(store.redis.ping())


def now(store: Store) -> float:
    """Return the store's time: seconds since the epoch."""
    seconds, micros = store.redis.time()
    return float(seconds) + float(micros) / 1e6


@dataclass(frozen=True, slots=True, kw_only=True)
class Use:
    """How much of a Redis is used."""

    memory: int  # bytes
    limit: int  # bytes; 0: none is set
    clients: int

    @classmethod
    def of(cls, client: Any) -> Use:
        """Ask the server of a redis-py client."""
        memory, clients = client.info("memory"), client.info("clients")
        return cls(
            memory=int(memory["used_memory"]),
            limit=int(memory.get("maxmemory", 0)),
            clients=int(clients["connected_clients"]),
        )


def address(settings: StoreSettings) -> str:
    """Return where the store is, without its password: for logs."""
    return settings.address().shown
