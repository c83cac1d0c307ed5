"""When did the last object change? A watch on the API server tells, at no cost to either side."""

import http.client
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
        self._closed = False
        self._request = urllib.request.Request(
            f"{server.url}{path}?watch=true", headers={"Authorization": f"Bearer {token}"}
        )
        self._stream = self._open()
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
        """Take no more; the thread ends with the next event (its stream has a lock of its own)."""
        self._closed = True

    def _open(self) -> Any:
        trust = ssl._create_unverified_context()  # noqa: S323 - our own server
        return urllib.request.urlopen(self._request, context=trust, timeout=600)

    def _read(self) -> None:
        """A watch may end at any time: the next one begins with what is there."""
        while not self._closed:
            try:
                for line in self._stream:
                    if self._closed:
                        return
                    self._take(json.loads(line))
                self._stream = self._open()
            except (OSError, ValueError, AttributeError, http.client.HTTPException):
                time.sleep(0.1)  # the server is busy, or gone: ``wait`` has the last word

    def _take(self, event: dict[str, Any]) -> None:
        if event["type"] in {"ADDED", "MODIFIED"} and self._accept(event["object"]):
            with self._changed:
                self._seen.add(event["object"]["metadata"]["name"])
                self.last = time.perf_counter()
                self._changed.notify_all()
