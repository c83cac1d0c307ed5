"""redis-py for one address, and the one place that its errors pass.

Whatever a server says that may be over in a while (away, starting, failing over, full, without its
replicas) becomes ``StoreUnavailable`` with the next step; only a script that the server does not
know yet passes through. Behind Sentinels each new connection asks for the primary, and one that
answers as a replica is left.
"""

from __future__ import annotations

import re
from typing import Any

import redis
from redis.backoff import ExponentialWithJitterBackoff, NoBackoff
from redis.exceptions import BusyLoadingError, RedisError, ResponseError
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import TimeoutError as RedisTimeoutError
from redis.retry import Retry
from redis.sentinel import MasterNotFoundError, Sentinel, SentinelConnectionPool

from syncline.errors import StoreUnavailable
from syncline.settings.address import Address

_SOCKET_TIMEOUT = 8.0  # seconds; a server that hangs is left after it, and no call takes as long
_CONNECT_TIMEOUT = 5.0
_RETRY = Retry(ExponentialWithJitterBackoff(base=0.05, cap=0.5), 3)

_AWAY = (RedisConnectionError, RedisTimeoutError, BusyLoadingError)
_ANSWERS = {
    "OOM": "is full and takes no more: give it more memory (maxmemory), see `syncline doctor "
    "--plan`; what is done already is folded, and everything goes on once there is room",
    "READONLY": "is a replica: SYNCLINE_STORE_URL must name the primary, or its Sentinels",
    "MASTERDOWN": "is a replica that has lost its primary",
    "NOREPLICAS": "takes nothing: too few replicas follow it (min-replicas-to-write)",
    "MISCONF": "takes nothing: it cannot write its snapshot to disk; see its log",
    "NOPERM": "refuses a command to its user: its ACL lacks something, see docs/install.md",
    "CLUSTERDOWN": "is Redis Cluster, which is not supported: use one primary",
}
"""What a server may answer → what it means; before Redis 7 a script's error has it further on."""
_ANSWERED = re.compile(rf"(?:^|[ -])({'|'.join(_ANSWERS)})\b")

_REASONS = (
    ("mismatch", "its certificate is for another name: name it in the URL as its certificate does"),
    (
        "CERTIFICATE_VERIFY_FAILED",
        "no trusted authority signed its certificate: name its own in SYNCLINE_STORE_CA_FILE",
    ),
    (
        "no certificate or crl found",
        "the file of SYNCLINE_STORE_CA_FILE holds no certificate (PEM)",
    ),
    ("CERTIFICATE_REQUIRED", "it wants a certificate: set SYNCLINE_STORE_CERTIFICATE_FILE"),
    ("WRONGPASS", "its name and password are not those of the URL or the PASSWORD_FILE"),
    ("NOAUTH", "it wants a password: set SYNCLINE_STORE_PASSWORD_FILE"),
    ("Authentication required", "it wants a password: set SYNCLINE_STORE_PASSWORD_FILE"),
    ("invalid username-password", "its name and password are not those of the URL"),
)
"""What an error's text holds → what to do about it."""


class _Pipeline(redis.client.Pipeline):
    """Many commands in one round trip."""

    def execute(self, raise_on_error: bool = True) -> Any:  # noqa: FBT001, FBT002  # redis-py's own
        try:
            return super().execute(raise_on_error)
        except RedisError as exc:
            if (ours := translated(exc)) is None:
                raise
            raise ours from exc


class Client(redis.Redis):
    """redis-py, with its errors translated at the one place that they pass."""

    def execute_command(self, *args: Any, **options: Any) -> Any:
        """Send one command."""
        try:
            return super().execute_command(*args, **options)  # type: ignore[no-untyped-call]
        except RedisError as exc:
            if (ours := translated(exc)) is None:
                raise
            raise ours from exc

    def pipeline(self, transaction: bool = False, shard_hint: Any = None) -> _Pipeline:  # noqa: FBT001, FBT002
        """Gather commands."""
        return _Pipeline(self.connection_pool, self.response_callbacks, transaction, shard_hint)


def make(address: Address, *, decode_responses: bool) -> Client:
    """Prepare a client; nothing is sent yet."""
    client: Client = Client.from_pool(_pool(address, decode_responses=decode_responses))  # type: ignore[assignment]
    return client


def translated(exc: RedisError) -> StoreUnavailable | None:
    """Return our error, None for one that no time will heal; its text never holds a password."""
    if isinstance(exc, _AWAY):
        text = str(exc)
        advice = next((f"; {advice}" for word, advice in _REASONS if word in text), "")
        if isinstance(exc, MasterNotFoundError):
            advice = "; no Sentinel knows a primary of that name that is up"
        return StoreUnavailable(
            "store", f"Redis does not answer ({type(exc).__name__}: {text}){advice}"
        )
    # redis-py cuts the word of an answer that it has a class for.
    word = _WORDS.get(type(exc).__name__) or _word(exc)
    return None if word is None else StoreUnavailable("store", f"Redis {_ANSWERS[word]} ({exc})")


_WORDS = {
    "OutOfMemoryError": "OOM",
    "ReadOnlyError": "READONLY",
    "MasterDownError": "MASTERDOWN",
    "NoPermissionError": "NOPERM",
    "ClusterDownError": "CLUSTERDOWN",
}


def _word(exc: RedisError) -> str | None:
    if not isinstance(exc, ResponseError):
        return None
    text = str(exc)
    if "has no permissions" in text:  # a script's answer has no word in front
        return "NOPERM"
    found = _ANSWERED.search(text)
    return found[1] if found else None


def _pool(address: Address, *, decode_responses: bool) -> redis.ConnectionPool:
    options: dict[str, Any] = {
        **address.login(),
        "decode_responses": decode_responses,
        "protocol": 2,
        "socket_timeout": _SOCKET_TIMEOUT,
        "health_check_interval": 30,
        "retry": _RETRY,
        "client_name": "syncline-store",
    }
    if address.socket:
        return redis.ConnectionPool(
            connection_class=redis.UnixDomainSocketConnection, path=address.socket, **options
        )
    options |= {"socket_connect_timeout": _CONNECT_TIMEOUT, "socket_keepalive": True}
    options |= address.tls or {}
    if address.master:
        asked = {**address.sentinel_options(), "retry": Retry(NoBackoff(), 0)}
        sentinels = Sentinel(address.nodes, sentinel_kwargs=asked)  # type: ignore[no-untyped-call]
        secure = address.tls is not None
        return SentinelConnectionPool(  # type: ignore[no-untyped-call]
            address.master, sentinels, ssl=secure, **options
        )
    host, port = address.nodes[0]
    speaks = redis.Connection if address.tls is None else redis.SSLConnection
    return redis.ConnectionPool(connection_class=speaks, host=host, port=port, **options)
