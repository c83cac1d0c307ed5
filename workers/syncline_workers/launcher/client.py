"""The worker's side: one launcher for each process of a worker, started as it is needed."""

from __future__ import annotations

import contextlib
import os
import socket
import sys
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from syncline_workers.launcher import wire
from syncline_workers.launcher.wire import Request, Result

_BEGIN: Final = (
    "import sys; sys.path.append(sys.argv[1]); "
    "from syncline_workers.launcher import serve; serve.main()"
)
_PARENT: Final = str(Path(__file__).resolve().parents[2])
_GONE: Final = 5.0
"""Seconds to wait until what was killed is gone; only a program stuck in the kernel needs more."""


class Running:
    """A program that was started."""

    def __init__(self, control: socket.socket) -> None:
        self._control = control
        self._has_ended = False

    def result(self, seconds: float) -> Result | None:
        """Wait for its end; None: the launcher was killed, and the program with it.

        Raises:
            TimeoutError: it has not ended.
        """
        self._control.settimeout(max(seconds, 0.001))
        said = wire.receive(self._control)
        self._has_ended = said is not None
        return Result(**said[0]) if said is not None else None

    def end(self) -> None:
        """End it, with all that it started, where it has not ended."""
        with contextlib.suppress(OSError), self._control:
            if self._has_ended:
                return
            self._control.shutdown(socket.SHUT_WR)
            self._control.settimeout(_GONE)
            while self._control.recv(4096):
                pass


class Launcher:
    """Starts programs for the threads of one process; forgotten in its forks."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._line: socket.socket | None = None
        self.process = 0
        self.features: Mapping[str, bool] = {}

    def start(self, request: Request, streams: tuple[int, int, int]) -> Running:
        """Start a program with these for its standard input, output and error.

        Raises:
            OSError: the launcher cannot be started.
        """
        ours, theirs = socket.socketpair()
        with theirs, self._lock:
            try:
                self._send(request, theirs, streams)
            except (OSError, EOFError):  # it was killed: a new one
                self._drop()
                self._send(request, theirs, streams)
        return Running(ours)

    def _send(self, request: Request, control: socket.socket, streams: tuple[int, ...]) -> None:
        line = self._line or self._opened(request)
        message = memoryview(wire.encode(request))
        sent = socket.send_fds(line, [message], [control.fileno(), *streams])
        line.sendall(message[sent:])

    def _opened(self, request: Request) -> socket.socket:
        ours, theirs = socket.socketpair()
        with theirs:
            self.process = os.posix_spawn(
                sys.executable,
                [sys.executable, "-I", "-S", "-c", _BEGIN, _PARENT],
                {},
                file_actions=[
                    (os.POSIX_SPAWN_DUP2, theirs.fileno(), 0),
                    (os.POSIX_SPAWN_OPEN, 1, os.devnull, os.O_WRONLY, 0),
                ],
                setsid=True,  # Ctrl-C is the worker's
            )
        self._line = ours
        ours.sendall(wire.encode(request))
        said = wire.receive(ours)
        if said is None:
            raise OSError("the launcher ended as it began")
        self.features = said[0]
        return ours

    def _drop(self) -> None:
        if self._line is not None:
            self._line.close()
            self._line = None
        with contextlib.suppress(ChildProcessError):
            os.waitpid(self.process, os.WNOHANG)

    def forget(self) -> None:
        """In a fork: the launcher is the parent's, and so is the lock that it may have held."""
        if self._line is not None:
            self._line.close()
        self._lock, self._line, self.features = threading.Lock(), None, {}


LAUNCHER: Final = Launcher()
os.register_at_fork(after_in_child=LAUNCHER.forget)
