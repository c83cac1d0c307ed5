"""The child's last steps before the program begins: what it can, it gives up for good."""

from __future__ import annotations

import os
import resource
import signal
import socket
from collections.abc import Mapping, Sequence
from typing import Final, NoReturn

from syncline_workers.launcher import kernel, landlock, root, seccomp
from syncline_workers.launcher.wire import Request

LISTENER: Final = b"listener"
_NOT_STARTED: Final = 127


def become(
    request: Request, features: Mapping[str, bool], streams: Sequence[int], line: socket.socket
) -> NoReturn:
    """Turn this process into the program.

    Args:
        request: the program, and what it may.
        features: what this kernel lets us take from it.
        streams: its standard input, output and error.
        line: to the supervisor: where questions for new processes are answered, or what failed.
    """
    try:
        os.setsid()  # a group of its own, to be ended as one
        for number, stream in enumerate(streams):
            os.dup2(stream, number)
        _confine(request, features, line)
        for number in (signal.SIGPIPE, signal.SIGXFSZ, signal.SIGINT, signal.SIGCHLD):
            signal.signal(number, signal.SIG_DFL)
        os.execve(request.command[0], request.command, request.environment)  # noqa: S606
    except OSError as exc:
        line.sendall((exc.strerror or str(exc)).encode())
    finally:
        os._exit(_NOT_STARTED)


def _confine(request: Request, features: Mapping[str, bool], line: socket.socket) -> None:
    if features["namespaces"]:
        root.enter(request)
    else:
        os.chdir(request.directory)
    if features["privileges"]:
        kernel.prctl(kernel.PARENT_DEATH, signal.SIGKILL)
        kernel.prctl(kernel.NO_NEW_PRIVILEGES, 1)
    if features["landlock"]:
        landlock.restrict(
            readable=(request.home, *request.readable),
            executable=request.executable,
            writable=[request.temporary],
            devices=request.devices,
            network=request.network,
        )
    for name, limit in request.limits.items():
        resource.setrlimit(getattr(resource, name), (limit, limit))
    if features["seccomp"]:
        listener = seccomp.restrict(network=request.network, processes=request.processes > 0)
        if listener is not None:
            socket.send_fds(line, [LISTENER], [listener])
