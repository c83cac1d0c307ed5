"""What the kernel, or the container runtime, lets the launcher take from programs: tried once."""

from __future__ import annotations

import os
from collections.abc import Callable

from syncline_workers.launcher import kernel, landlock, root, seccomp
from syncline_workers.launcher.wire import Request


def tried(request: Request) -> dict[str, bool]:
    """Try each by itself in a child, on the paths of a request."""
    can_restrict = _works(lambda: kernel.prctl(kernel.NO_NEW_PRIVILEGES, 1))
    return {
        "privileges": can_restrict,
        "namespaces": _works(lambda: _enter(request)),
        "landlock": can_restrict and _works(lambda: _lock(request)),
        "seccomp": can_restrict and seccomp.is_known() and _works(_filter),
    }


def _works(step: Callable[[], object]) -> bool:
    child = os.fork()
    if child == 0:
        try:
            step()
            os._exit(0)
        finally:
            os._exit(1)
    return os.waitpid(child, 0)[1] == 0


def _enter(request: Request) -> None:
    root.prepare()
    child = kernel.fork(root.OWN)
    if child == 0:
        root.enter(request)
        os._exit(0)
    if os.waitpid(child, 0)[1] != 0:
        os._exit(1)


def _lock(request: Request) -> None:
    kernel.prctl(kernel.NO_NEW_PRIVILEGES, 1)
    landlock.restrict(
        readable=[request.home], executable=(), writable=(), devices=(), network=False
    )


def _filter() -> None:
    kernel.prctl(kernel.NO_NEW_PRIVILEGES, 1)
    seccomp.restrict(network=False, processes=True)
