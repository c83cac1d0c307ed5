"""The connection to the store: retries, time-outs, and one error when Redis does not answer."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

import redis
from redis.backoff import ExponentialWithJitterBackoff
from redis.exceptions import BusyLoadingError, ReadOnlyError
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import TimeoutError as RedisTimeoutError
from redis.retry import Retry

from syncline.errors import StoreUnavailable
from syncline.model.seal import PlatformKey
from syncline.settings import StoreSettings
from syncline.store.limits import DEFAULT, Limits
from syncline.store.scripting import Scripts

AWAY = (RedisConnectionError, RedisTimeoutError, BusyLoadingError, ReadOnlyError)
"""What redis-py raises while a server is down, starting or failing over."""

OLDEST = (6, 2)
LONGEST_BLOCK = 5.0
"""Seconds that one blocking read may wait: well below the socket's time-out."""

_SOCKET_TIMEOUT = 15.0
_RETRY = Retry(ExponentialWithJitterBackoff(base=0.05, cap=0.5), 3)


class _Pipeline(redis.client.Pipeline):
    """Many commands in one round trip."""

    def execute(self, raise_on_error: bool = True) -> Any:  # noqa: FBT001, FBT002  # redis-py's own
        try:
            return super().execute(raise_on_error)
        except AWAY as exc:
            raise unavailable(exc) from exc


class _Client(redis.Redis):
    """redis-py, with its connection errors translated at the one place that they pass."""

    def execute_command(self, *args: Any, **options: Any) -> Any:
        try:
            return super().execute_command(*args, **options)  # type: ignore[no-untyped-call]
        except AWAY as exc:
            raise unavailable(exc) from exc

    def pipeline(self, transaction: bool = False, shard_hint: Any = None) -> _Pipeline:  # noqa: FBT001, FBT002
        return _Pipeline(self.connection_pool, self.response_callbacks, transaction, shard_hint)


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
        settings: where; the URL may be redis://, rediss:// or unix://.
        key: seals kubeconfigs, rendered manifests and previews; without it these are refused.
        limits: when to give up on clusters and requests.
    """
    return Store(
        redis=_client(settings, decode_responses=True),
        binary=_client(settings, decode_responses=False),
        scripts=Scripts(settings),
        key=key,
        settings=settings,
        limits=limits,
    )


def _client(settings: StoreSettings, *, decode_responses: bool) -> _Client:
    client: _Client = _Client.from_url(  # type: ignore[assignment]
        settings.resolved_url(),
        decode_responses=decode_responses,
        protocol=2,
        socket_timeout=_SOCKET_TIMEOUT,
        socket_connect_timeout=5.0,
        socket_keepalive=True,
        health_check_interval=30,
        retry=_RETRY,
        client_name="syncline-store",
    )
    return client


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


def check_server(store: Store) -> list[str]:
    """Return warnings, in words: what of this server's settings may lose state. Empty is good."""
    info = store.redis.info()
    version = tuple(int(part) for part in re.findall(r"\d+", str(info["redis_version"]))[:2])
    warnings = []
    if version < OLDEST:
        warnings.append(f"Redis {info['redis_version']} is older than 6.2: upgrade it")
    if info.get("maxmemory_policy", "noeviction") != "noeviction":
        warnings.append(
            f"maxmemory-policy is {info['maxmemory_policy']}: Redis may drop state; set noeviction"
        )
    if not info.get("aof_enabled"):
        warnings.append("appendonly is off: a restart of Redis loses state; set appendonly yes")
    if info.get("cluster_enabled"):
        warnings.append("this is Redis Cluster, which is not supported: use one primary")
    return warnings


def unavailable(exc: Exception) -> StoreUnavailable:
    """Translate redis-py's error; its text holds an address and never a password."""
    return StoreUnavailable("store", f"Redis does not answer ({type(exc).__name__}: {exc})")


def address(settings: StoreSettings) -> str:
    """Return where the store is, without its password: for logs."""
    parts = urlsplit(settings.resolved_url())
    host = parts.netloc.rpartition("@")[2]
    return f"{parts.scheme}://{host}{parts.path}"
