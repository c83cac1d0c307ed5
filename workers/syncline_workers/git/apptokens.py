"""Tokens that a host gives for an hour: kept by the process, and by all workers together.

Who finds one that ends soon asks for another. When that is differs between processes, so that the
first one renews it for all. A refusal is remembered for a while: with one wrong key for a thousand
repositories the host would else be asked a thousand times a minute.
"""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Final, NamedTuple, Protocol

from syncline.errors import StoreUnavailable, SynclineError

EARLY: Final = (300.0, 600.0)
"""Seconds before its end from which a token is not used any more: between these, by process."""

FRESH: Final = 300.0
"""Seconds after which a token that is refused is not used again: a younger one is not to blame."""

REFUSED: Final = 30.0
"""Seconds for which a refusal holds."""


class Token(NamedTuple):
    """A token. Times are seconds since the epoch."""

    value: str
    since: float
    until: float


class Shared(Protocol):
    """Where all workers keep them."""

    def token(self, name: str) -> Token | None:
        """Give what is kept under a name."""

    def keep_token(self, name: str, token: Token) -> None:
        """Keep a token until its end."""

    def drop_token(self, name: str) -> None:
        """Keep it no longer."""


@dataclass(slots=True)
class Tokens:
    """Those of this process. Safe to use from several threads."""

    shared: Shared | None = None
    _kept: dict[str, Token] = field(default_factory=dict, repr=False)
    _refused: dict[str, tuple[float, SynclineError]] = field(default_factory=dict)
    _early: float = field(default_factory=lambda: random.uniform(*EARLY))  # noqa: S311 - no secret
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def get(self, name: str, ask: Callable[[], Token]) -> str:
        """Give a token; ``ask`` has the host make one.

        Raises:
            As ``ask``.
        """
        with self._lock:  # one request for all threads
            known = self._known(name)
            if known is None:
                known = self._asked(name, ask)
            return known.value

    def refused(self, name: str) -> None:
        """Forget one that a server refused, unless it is new."""
        with self._lock:
            known = self._kept.get(name)
            if known is not None and time.time() > known.since + FRESH:
                del self._kept[name]
                if self.shared is not None:
                    with suppress(StoreUnavailable):
                        self.shared.drop_token(name)

    def _known(self, name: str) -> Token | None:
        latest = time.time() + self._early
        kept = self._kept.get(name)
        if kept is not None and kept.until > latest:
            return kept
        if self.shared is None:
            return None
        with suppress(StoreUnavailable):
            found = self.shared.token(name)
            if found is not None and found.until > latest:
                self._kept[name] = found
                return found
        return None

    def _asked(self, name: str, ask: Callable[[], Token]) -> Token:
        until, error = self._refused.get(name, (0.0, None))
        if error is not None and time.monotonic() < until:
            raise type(error)(*error.args)
        try:
            made = ask()
        except SynclineError as exc:
            self._refused[name] = (time.monotonic() + REFUSED, exc)
            raise
        self._refused.pop(name, None)
        self._kept[name] = made
        if self.shared is not None:
            with suppress(StoreUnavailable):
                self.shared.keep_token(name, made)
        return made
