"""The Redis transport, guarded against the way in which Celery 5.7.0 ends a worker.

When Redis goes away, Celery closes the broker connection twice over: the first pass clears
``transport.client``, the second restores un-acknowledged messages and asks the cleared client for
its host name. The AttributeError is no connection error, so the worker exits instead of
reconnecting: every failover with ``acks_late`` would end it. Raising the connection error that it
is lets Celery reconnect. Drop this where upstream no longer needs it:
``tests/contract/test_redis_restart.py`` restarts a Redis under a worker.
"""

from __future__ import annotations

from typing import Any

import kombu.transport
from kombu.transport import redis as stock
from redis.exceptions import ConnectionError as BrokerGone

_CLOSED = "the broker's transport is already closed"


class _OneClient:
    """Keeps the client of a channel: kombu makes a new one for each command and each message.

    A client holds no connection, only the pool that it takes one from; with another pool, as after
    a reconnect, another client is made.
    """

    _kept: Any = None

    def _create_client(self, asynchronous: bool = False) -> Any:  # noqa: FBT001, FBT002  # kombu's own signature
        if asynchronous:
            return super()._create_client(asynchronous)  # type: ignore[misc]
        pool = self.pool  # type: ignore[attr-defined]
        if self._kept is None or self._kept.connection_pool is not pool:
            self._kept = super()._create_client()  # type: ignore[misc]
        return self._kept


class Channel(_OneClient, stock.Channel):
    """A channel that says so when its connection is gone."""

    def _connparams(self, asynchronous: bool = False) -> Any:  # noqa: FBT001, FBT002  # kombu's own signature
        if self.connection is None or self.connection.client is None:
            raise BrokerGone(_CLOSED)
        return super()._connparams(asynchronous)  # type: ignore[no-untyped-call]


class Transport(stock.Transport):
    """Redis, by ``redis://``, ``rediss://`` and ``redis+socket://``."""

    Channel = Channel


class SentinelChannel(_OneClient, stock.SentinelChannel):
    """The same for Redis behind Sentinels."""

    def _connparams(self, asynchronous: bool = False) -> Any:  # noqa: FBT001, FBT002
        if self.connection is None or self.connection.client is None:
            raise BrokerGone(_CLOSED)
        return super()._connparams(asynchronous)  # type: ignore[no-untyped-call]


class SentinelTransport(stock.SentinelTransport):
    """Redis behind Sentinels, by ``sentinel://``."""

    Channel = SentinelChannel


_GUARDED = {
    "redis": f"{__name__}:{Transport.__name__}",
    "rediss": f"{__name__}:{Transport.__name__}",
    "sentinel": f"{__name__}:{SentinelTransport.__name__}",
}


def install() -> None:
    """Make kombu use the guarded transports; done before the first connection, any number of times.

    kombu has no other way: the transport named in a Celery setting is overruled by the URL's
    scheme whenever a connection fails over to another URL.
    """
    kombu.transport.TRANSPORT_ALIASES.update(_GUARDED)
    for scheme in _GUARDED:
        kombu.transport._transport_cache.pop(scheme, None)  # noqa: SLF001  # no public way
