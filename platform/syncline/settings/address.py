"""Where a Redis is and how it is spoken to: one way to write it, for state and for messages.

``redis://``, ``rediss://`` (TLS) and ``unix://`` name the server itself; ``sentinel://`` and
``sentinels://`` (TLS) name the Sentinels that know it, separated by ``;``. The store and kombu
each get from this what their client library wants.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import SplitResult, parse_qs, quote, unquote, urlsplit

from syncline.errors import InvalidDocument

REDIS_PORT, SENTINEL_PORT = 6379, 26379

_SENTINEL_PATIENCE = 2.0  # seconds; then the next one is asked

_SENTINELS = ("sentinel", "sentinels")
_TLS = ("rediss", "sentinels")
_SCHEMES = ("redis", "rediss", "unix", *_SENTINELS)
_TLS_OPTIONS = ("ssl_ca_certs", "ssl_certfile", "ssl_keyfile")
_OPTIONS = ("db", "password", "username", *_TLS_OPTIONS)


@dataclass(frozen=True, slots=True, kw_only=True)
class Extras:
    """What settings say beside the URL."""

    password: str = field(default="", repr=False)  # for a URL that names none
    master: str = ""
    sentinel_password: str = field(default="", repr=False)
    tls: Mapping[str, str] = field(default_factory=dict)  # redis-py's ssl_… arguments


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    """One Redis."""

    nodes: tuple[tuple[str, int], ...] = ()  # host and port: of itself, or of its Sentinels
    socket: str = ""  # path; then no nodes
    user: str = ""
    password: str = field(default="", repr=False)
    database: int = 0
    master: str = ""  # its name among the Sentinels; "": no Sentinels
    sentinel_password: str = field(default="", repr=False)
    tls: Mapping[str, str] | None = None  # redis-py's ssl_… arguments; None: plain text

    @property
    def scheme(self) -> str:
        """How its URL begins."""
        if self.socket:
            return "unix"
        name = "sentinel" if self.master else "redis"
        return name if self.tls is None else f"{name}s"

    @property
    def hosts(self) -> tuple[str, ...]:
        """``host:port`` of each node."""
        return tuple(f"[{h}]:{p}" if ":" in h else f"{h}:{p}" for h, p in self.nodes)

    @property
    def shown(self) -> str:
        """For people and logs: without any password."""
        if self.socket:
            return f"unix://{self.socket}"
        named = f" ({self.master})" if self.master else ""
        return f"{self.scheme}://{';'.join(self.hosts)}/{self.database}{named}"

    @property
    def userinfo(self) -> str:
        """User and password as a URL has them in front of its host: a secret."""
        if not self.user and not self.password:
            return ""
        return f"{quote(self.user, safe='')}:{quote(self.password, safe='')}@"

    def login(self) -> dict[str, Any]:
        """Return user, password and database as redis-py takes them: a secret."""
        return {
            "username": self.user or None,
            "password": self.password or None,
            "db": self.database,
        }

    def sentinel_options(self) -> dict[str, Any]:
        """Return how its Sentinels are asked, as redis-py takes it: a secret."""
        return {
            "password": self.sentinel_password or None,
            "socket_timeout": _SENTINEL_PATIENCE,
            "socket_connect_timeout": _SENTINEL_PATIENCE,
            **({} if self.tls is None else {"ssl": True, **self.tls}),
        }


def parse(url: str, setting: str, extras: Extras) -> Address:
    """Read a URL, or several of Sentinels.

    Args:
        url: as the settings give it; it may hold a password, which no error repeats.
        setting: how errors name it.
        extras: what other settings say.

    Raises:
        InvalidDocument: it names no Redis; says what is wrong and how it is written.
    """
    scheme = url.partition("://")[0]
    if scheme not in _SCHEMES or "://" not in url:
        raise InvalidDocument(
            setting, f"begins with none of {', '.join(f'{each}://' for each in _SCHEMES)}"
        )
    pieces = [piece.partition("://")[2] or piece for piece in url.split(";") if piece]
    parts = [_split(f"{scheme}://{piece}", setting) for piece in pieces]
    options = _options(parts, setting)
    password = next((p.password for p in parts if p.password), None)
    user = next((p.username for p in parts if p.username), None)
    return Address(
        nodes=() if scheme == "unix" else tuple(_node(part, setting) for part in parts),
        socket=unquote(parts[0].path) if scheme == "unix" else "",
        user=unquote(user) if user else options.get("username", ""),
        password=(unquote(password) if password else options.get("password")) or extras.password,
        database=_database(scheme, parts, options, setting),
        master=_master(scheme, parts, extras, setting),
        sentinel_password=extras.sentinel_password,
        tls=_tls(scheme, options, extras),
    )


def _split(text: str, setting: str) -> SplitResult:
    try:
        parts = urlsplit(text)
        _ = parts.port
    except ValueError as exc:
        raise InvalidDocument(setting, "is no URL: redis://HOST:PORT/DATABASE") from exc
    return parts


def _options(parts: list[SplitResult], setting: str) -> dict[str, str]:
    found: dict[str, str] = {}
    for part in parts:
        found |= {name: values[-1] for name, values in parse_qs(part.query).items()}
    for name in found:
        if name not in _OPTIONS:
            raise InvalidDocument(
                setting, f"has the option {name!r}; known are {', '.join(_OPTIONS)}"
            )
    return found


def _node(part: SplitResult, setting: str) -> tuple[str, int]:
    if not part.hostname:
        raise InvalidDocument(setting, f"names no host: {part.scheme}://HOST:PORT/DATABASE")
    usual = SENTINEL_PORT if part.scheme in _SENTINELS else REDIS_PORT
    return unquote(part.hostname), part.port or usual


def _database(
    scheme: str, parts: list[SplitResult], options: Mapping[str, str], setting: str
) -> int:
    paths = [] if scheme == "unix" else [part.path.strip("/") for part in parts]
    written = options.get("db") or next((path for path in paths if path), "0")
    if not written.isdecimal():
        raise InvalidDocument(setting, f"names the database {written!r}: it is a number")
    return int(written)


def _master(scheme: str, parts: list[SplitResult], extras: Extras, setting: str) -> str:
    if scheme not in _SENTINELS:
        if len(parts) > 1:
            raise InvalidDocument(
                setting, "lists several servers: name one, or Sentinels by sentinel://"
            )
        return ""
    if not extras.master:
        name = setting.removesuffix("_FILE").removesuffix("URL") + "MASTER"
        raise InvalidDocument(setting, f"lists Sentinels: name the primary they watch in {name}")
    return extras.master


def _tls(scheme: str, options: Mapping[str, str], extras: Extras) -> Mapping[str, str] | None:
    if scheme not in _TLS:
        return None
    return {**extras.tls, **{name: options[name] for name in _TLS_OPTIONS if name in options}}
