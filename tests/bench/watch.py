"""When did the last object change? A watch on the API server tells, at no cost to either side."""

import json
import ssl
import threading
import time
import urllib.request
from collections.abc import Callable
from typing import Any

from tests.harness.apiserver import ApiServer


class Watch:
    """Counts the objects of a collection that satisfy a condition, as they come to do so."""

    def __init__(
        self, server: ApiServer, token: str, path: str, accept: Callable[[dict[str, Any]], bool]
    ) -> None:
        self._accept, self._seen = accept, set[str]()
        self._changed = threading.Condition()
        self.last = 0.0  # perf_counter of the newest one
        headers = {"Authorization": f"Bearer {token}"}
        request = urllib.request.Request(f"{server.url}{path}?watch=true", headers=headers)
        trust = ssl._create_unverified_context()  # noqa: S323 - our own server
        self._stream = urllib.request.urlopen(request, context=trust, timeout=600)
        threading.Thread(target=self._read, daemon=True).start()

    def wait(self, count: int, *, within: float) -> float:
        """Block until so many have; perf_counter of the last one."""
        deadline = time.monotonic() + within
        with self._changed:
            while len(self._seen) < count:
                left = deadline - time.monotonic()
                if left <= 0 or not self._changed.wait(left):
                    raise TimeoutError(f"{len(self._seen)} of {count} changed in {within:.0f} s")
        return self.last

    def close(self) -> None:
        self._stream.close()

    def _read(self) -> None:
        try:
            for line in self._stream:
                event = json.loads(line)
                if self._accept(event["object"]):
                    with self._changed:
                        self._seen.add(event["object"]["metadata"]["name"])
                        self.last = time.perf_counter()
                        self._changed.notify_all()
        except (OSError, ValueError, AttributeError):
            return  # closed by us
