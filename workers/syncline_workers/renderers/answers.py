"""What an engine says: lines and bytes on its output, words for people on its standard error.

Both are read while one is waited for, so that it never waits for us.
"""

from __future__ import annotations

import os
import selectors
import time
from typing import IO, Final

from syncline_workers.renderers.sandbox import STDERR

_CHUNK: Final = 65_536
_LINE: Final = 1000  # bytes of a line at most


class Gone(Exception):
    """It ended, or says what no engine says."""


class Answers:
    """Reads both streams, neither of which blocks."""

    def __init__(self, output: IO[bytes], errors: IO[bytes]) -> None:
        self._streams = (output, errors)
        self._output, self._errors = bytearray(), bytearray()
        self._selector = selectors.DefaultSelector()
        for stream, kept in zip(self._streams, (self._output, self._errors), strict=True):
            os.set_blocking(stream.fileno(), False)
            self._selector.register(stream, selectors.EVENT_READ, kept)

    def line(self, deadline: float) -> bytes:
        """Wait for the next line.

        Raises:
            Gone: it ended, or the line is too long.
            TimeoutError: it is not there at the deadline, of the monotonic clock.
        """
        while (end := self._output.find(b"\n")) < 0:
            if len(self._output) > _LINE:
                raise Gone(f"said {bytes(self._output[:100])!r}")
            self._wait(deadline)
        return self._taken(end + 1)

    def exactly(self, size: int, deadline: float) -> bytes:
        """Wait for so many bytes.

        Raises:
            Gone: it ended.
            TimeoutError: they are not there at the deadline.
        """
        while len(self._output) < size:
            self._wait(deadline)
        return self._taken(size)

    def errors(self) -> bytes:
        """What it has told people until now; it is told once."""
        while any(key.data is self._errors for key, _ in self._selector.select(0)):
            self._read(self._streams[1], self._errors)
        found = bytes(self._errors)
        self._errors.clear()
        return found

    def is_silent(self) -> bool:
        """Whether it lives, and says nothing that was not asked for."""
        return not self._output and not self._selector.select(0)

    def close(self) -> None:
        """Read no more."""
        self._selector.close()
        for stream in self._streams:
            stream.close()

    def _wait(self, deadline: float) -> None:
        left = deadline - time.monotonic()
        if left <= 0:
            raise TimeoutError
        ended = False
        for key, _ in self._selector.select(left):
            stream: IO[bytes] = key.fileobj  # type: ignore[assignment]
            ended |= not self._read(stream, key.data) and stream is self._streams[0]
        if ended:
            raise Gone(f"ended: {bytes(self._errors[-500:])!r}")

    def _read(self, stream: IO[bytes], kept: bytearray) -> bool:
        """Read once; False at its end, which is not waited for again."""
        chunk = os.read(stream.fileno(), _CHUNK)
        kept += chunk
        del self._errors[STDERR:]
        if not chunk:
            self._selector.unregister(stream)
        return bool(chunk)

    def _taken(self, size: int) -> bytes:
        found = bytes(self._output[:size])
        del self._output[:size]
        return found
