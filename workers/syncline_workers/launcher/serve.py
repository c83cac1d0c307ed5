"""The launcher's process: one loop over its line and the programs that run."""

from __future__ import annotations

import contextlib
import gc
import os
import select
import signal
import socket
from collections.abc import Mapping
from typing import Final

from syncline_workers.launcher import confined, features, kernel, root, seccomp, wire
from syncline_workers.launcher.watch import Watch, Watched
from syncline_workers.launcher.wire import Request

_LINE: Final = 0  # standard input is the line
_MOST: Final = 1 << 20  # descriptors
_FIRST_TO_GO: Final = b"800"  # where memory is short; a worker has 0


def main() -> None:
    """Serve until the line ends: with its worker."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    os.closerange(_LINE + 3, _MOST)  # what the worker left open to its children
    line = socket.socket(fileno=_LINE)
    tried = wire.receive(line)
    if tried is None:
        return
    found = features.tried(Request(**tried[0]))
    if found["namespaces"]:
        root.prepare()
    if found["seccomp"]:
        seccomp.prepare()
    line.sendall(wire.encode(found))
    gc.disable()
    gc.freeze()  # children share what is never looked through
    Loop(line, found).serve()


class Loop:
    """Waits for requests, and for what happens to the programs."""

    def __init__(self, line: socket.socket, found: Mapping[str, bool]) -> None:
        self._line = line
        self._features = found
        self._running: list[Watch] = []
        self._woken, wakes = os.pipe()
        for end in (self._woken, wakes):
            os.set_blocking(end, False)
        signal.set_wakeup_fd(wakes, warn_on_full_buffer=False)
        signal.signal(signal.SIGCHLD, lambda *_: None)

    def serve(self) -> None:
        """Until the line ends; what runs then has nobody who waits for it."""
        while True:
            acts: Watched = {}
            for one in self._running:
                acts |= one.descriptors()
            poll = select.poll()
            for descriptor in (self._line.fileno(), self._woken, *acts):
                poll.register(descriptor, select.POLLIN)
            events = dict(poll.poll())
            for descriptor in acts.keys() & events.keys():
                acts[descriptor](events[descriptor])
            if self._woken in events:
                self._look()
            if self._line.fileno() in events and not self._take():
                return self._end()

    def _look(self) -> None:
        with contextlib.suppress(BlockingIOError):
            os.read(self._woken, 4096)
        self._running = [one for one in self._running if not one.has_ended()]

    def _take(self) -> bool:
        asked = wire.receive(self._line)
        if asked is None:
            return False
        content, (control, *streams) = asked
        request = Request(**content)
        ours, theirs = socket.socketpair()
        try:
            child = self._child(request)
        except OSError as exc:
            with socket.socket(fileno=control) as told:
                told.sendall(wire.encode(wire.Result(failed=exc.strerror or str(exc))))
        else:
            if child == 0:
                signal.set_wakeup_fd(-1)
                _offer_memory()
                confined.become(request, self._features, streams, theirs)
            watch = Watch(child, socket.socket(fileno=control), ours, processes=request.processes)
            self._running.append(watch)
        for descriptor in (theirs.detach(), *streams):
            os.close(descriptor)
        return True

    def _child(self, request: Request) -> int:
        if not self._features["namespaces"]:
            return os.fork()
        has_network = request.network or self._features["seccomp"]
        return kernel.fork(root.OWN if has_network else root.OWN | kernel.NEW_NETWORK)

    def _end(self) -> None:
        for one in self._running:
            one.kill()


def _offer_memory() -> None:
    with contextlib.suppress(OSError):
        descriptor = os.open("/proc/self/oom_score_adj", os.O_WRONLY)
        os.write(descriptor, _FIRST_TO_GO)
        os.close(descriptor)
