"""One program that runs: its end, its worker's, and the processes that it asks for."""

from __future__ import annotations

import contextlib
import os
import select
import signal
import socket
from collections.abc import Callable

from syncline_workers.launcher import seccomp, wire

_LONGEST = 4096  # bytes of what failed
Watched = dict[int, Callable[[int], None]]
"""Descriptor → what is to be done as something happens there."""


class Watch:
    """Ends a program with all that it started, and says over its control how it ended."""

    def __init__(
        self, child: int, control: socket.socket, line: socket.socket, *, processes: int
    ) -> None:
        self._child = child
        self._control = control
        self._line = line  # to the child, until the program begins
        self._processes = processes  # that may still be started
        self._failed = ""
        self._listener = -1

    def descriptors(self) -> Watched:
        """What to wait for; changes after each event."""
        found: Watched = {self._control.fileno(): self._gone, self._line.fileno(): self._hear}
        if self._listener >= 0:
            found[self._listener] = self._answer
        return {descriptor: act for descriptor, act in found.items() if descriptor >= 0}

    def has_ended(self) -> bool:
        """Whether the program has; then all that it left is ended too, and the result told."""
        how = os.WEXITED | os.WNOWAIT | os.WNOHANG  # its number stays its own until it is killed
        if os.waitid(os.P_PID, self._child, how) is None:
            return False
        self.kill()
        _, status = os.waitpid(self._child, 0)
        while self._line.fileno() >= 0:
            self._hear(select.POLLIN)
        if self._listener >= 0:
            os.close(self._listener)
        result = wire.Result(status=os.waitstatus_to_exitcode(status), failed=self._failed)
        with contextlib.suppress(OSError), self._control:  # the worker may be gone
            self._control.sendall(wire.encode(result))
        return True

    def kill(self) -> None:
        """End it now."""
        for kill in (os.killpg, os.kill):
            with contextlib.suppress(ProcessLookupError, PermissionError):
                kill(self._child, signal.SIGKILL)

    def _gone(self, _event: int) -> None:
        """The worker gave it up, or is gone itself."""
        self.kill()

    def _hear(self, _event: int) -> None:
        """What failed, or where the program will ask; the line ends as the program begins."""
        said, descriptors = wire.taken(self._line, _LONGEST, 1)
        if descriptors:
            self._listener = descriptors[0]
        elif said:
            self._failed = said.decode(errors="replace")
        else:
            self._line.close()

    def _answer(self, event: int) -> None:
        if not event & select.POLLIN:  # nobody is left who could ask
            os.close(self._listener)
            self._listener = -1
            return
        with contextlib.suppress(OSError):  # whoever asked is gone
            seccomp.answer(self._listener, allowed=self._processes > 0)
            self._processes -= 1
