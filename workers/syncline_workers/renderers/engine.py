"""One process that renders one after another: a renderer's official code without its start.

Most of a `helm template` or `kustomize build` is its beginning: tables of types, a schema. Confined
as each renderer is, an engine (``workers/engines``) reads requests and answers them. It sees one
directory of sources, and its home; nothing of another render is left in either.
"""

from __future__ import annotations

import json
import os
import shutil
import socket
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final, TypeVar

from syncline.settings import RenderSettings
from syncline_workers import scratch
from syncline_workers.launcher import client
from syncline_workers.renderers import isolation, sandbox
from syncline_workers.renderers.answers import Answers, Gone
from syncline_workers.renderers.isolation import Needs

_T = TypeVar("_T")
_BEGIN: Final = 20.0  # seconds: it needs 0.1


@dataclass(frozen=True, slots=True)
class Answer:
    """What came of a render."""

    failed: bool
    output: bytes
    errors: bytes  # what it said to people


class Engine:
    """A running engine; one render at a time."""

    def __init__(self, program: str, sources: Path, settings: RenderSettings) -> None:
        """Start it; ``sources``: the one directory that it may read.

        Raises:
            OSError: it cannot be started.
            Gone, TimeoutError: it does not say what it is.
        """
        self.program, self.sources = program, sources
        self.renders = 0
        self._answered = True
        self._home, self._lock = scratch.lasting("render")
        try:
            self._process, self._asks, self._answers = self._started(settings)
        except BaseException:
            self._remove()
            raise
        try:
            self.version = _field(self._said(time.monotonic() + _BEGIN), "version", str)
        except BaseException:
            self.end()
            raise

    def _started(self, settings: RenderSettings) -> tuple[client.Running, socket.socket, Answers]:
        needs = Needs(reads=(self.sources,))
        most = settings.reuse
        request = sandbox.requested([self.program], self._home, needs, settings, renders=most)
        asks, reads = socket.socketpair()
        (output, writes), (errors, tells) = os.pipe(), os.pipe()
        answers = Answers(os.fdopen(output, "rb", 0), os.fdopen(errors, "rb", 0))
        try:
            process = client.LAUNCHER.start(request, (reads.fileno(), writes, tells))
        except OSError:
            asks.close()
            answers.close()
            raise
        finally:
            for descriptor in (reads.detach(), writes, tells):
                os.close(descriptor)
        isolation.tell(client.LAUNCHER.features)
        return process, asks, answers

    @contextmanager
    def job(self) -> Iterator[Path]:
        """A directory for what one render needs beside the sources; gone at the end."""
        place = self._job
        place.mkdir(mode=0o700)
        try:
            yield place
        finally:
            shutil.rmtree(place, ignore_errors=True)

    def is_idle(self) -> bool:
        """Whether it waits for a request: it lives, and has answered all that it was asked."""
        return self._answered and self._answers.is_silent()

    @property
    def temporary(self) -> Path:
        """Where it may write; empty between renders."""
        return self._home / "tmp"

    @property
    def _job(self) -> Path:
        return self._home / "job"

    def render(self, arguments: Sequence[str], *, most: int, deadline: float) -> Answer:
        """Render once, beginning in the job's directory.

        Args:
            arguments: the official program's.
            most: bytes of output.
            deadline: of the monotonic clock.

        Raises:
            Gone: it ended; the render may be repeated by another.
            sandbox.TooMuch, TimeoutError: it is of no use any more.
        """
        self.renders += 1
        self._answered = False
        asked = {"directory": str(self._job), "arguments": list(arguments)}
        self._asks.settimeout(max(deadline - time.monotonic(), 0.001))
        try:
            self._asks.sendall(json.dumps(asked).encode() + b"\n")
        except TimeoutError:
            raise
        except OSError as exc:
            raise Gone(str(exc)) from exc
        said = self._said(deadline)
        failed, size = _field(said, "failed", bool), _field(said, "size", int)
        if not 0 <= size <= most:
            raise sandbox.TooMuch
        output = self._answers.exactly(size, deadline)
        self._answered = True
        return Answer(failed, output, self._answers.errors())

    def end(self) -> None:
        """End it, with all that it has."""
        self._process.end()
        self._asks.close()
        self._answers.close()
        self._remove()

    def _remove(self) -> None:
        shutil.rmtree(self._home, ignore_errors=True)
        os.close(self._lock)

    def _said(self, deadline: float) -> object:
        line = self._answers.line(deadline)
        try:
            return json.loads(line)
        except ValueError as exc:
            raise Gone(f"said {line[:100]!r}") from exc


def _field(said: object, name: str, kind: type[_T]) -> _T:
    """A field of what an engine said, which may have been taken over."""
    found = said.get(name) if isinstance(said, dict) else None
    if not isinstance(found, kind):
        raise Gone(f"said {str(said)[:100]!r}, which has no {name}")
    return found
