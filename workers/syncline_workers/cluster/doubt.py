"""Whether an API server that keeps a request waiting answers anything at all.

An answer may take long (webhooks are asked first), so requests are given time. A server that hangs
would be given as much, by every worker. So what is silent for a moment is asked something small
over another connection, and is given up only where that is not answered either.
"""

from __future__ import annotations

import math
import threading
from collections.abc import Callable

from urllib3.exceptions import HTTPError, ReadTimeoutError

SILENCE = 2.0
"""Seconds without an answer until an API server is in doubt, and between two questions."""


class Silent(ReadTimeoutError):
    """Nothing is answered: neither the request, nor the small question."""

    def __init__(self, cause: HTTPError) -> None:
        """``cause``: the error of the small question."""
        super().__init__(None, None, f"silent: {cause}")  # type: ignore[arg-type]
        self.cause = cause


class Doubt:
    """One API server's. Safe to use from several threads: one asks for all."""

    def __init__(self, ask: Callable[[], object], now: Callable[[], float]) -> None:
        """``ask`` something small; it raises urllib3's HTTPError where no answer comes."""
        self._ask = ask
        self._now = now
        self._lock = threading.Lock()
        self._failure: HTTPError | None = None
        self._failed_at = -math.inf

    def settle(self, heard_at: Callable[[], float]) -> None:
        """Return where it answers.

        Args:
            heard_at: gives when the last answer came, to anything.

        Raises:
            Silent: it does not.
        """
        noticed = self._now()
        with self._lock:
            if heard_at() > noticed - SILENCE:
                return
            if self._failed_at <= noticed:
                self._try()
            if self._failure:
                raise Silent(self._failure) from self._failure

    def _try(self) -> None:
        try:
            self._ask()
        except HTTPError as exc:
            self._failure, self._failed_at = exc, self._now()
        else:
            self._failure = None
