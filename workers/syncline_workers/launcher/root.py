"""Namespaces, and a root that holds nothing but what a program needs, under the same paths.

It is read-only, but for the temporary directory, which lies in memory and is bounded. The user is
mapped to one who is nobody, also where the worker is root, so that the program has no capability
in its namespaces.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from typing import Final

from syncline_workers.launcher import kernel
from syncline_workers.launcher.wire import Request

_USER: Final = 1000
OWN: Final = kernel.NEW_MOUNTS | kernel.NEW_PROCESSES
"""The namespaces of each program."""

_INODES: Final = 20_000  # files in the temporary directory


def prepare() -> None:
    """Enter the launcher's own namespaces, in which it may make those of programs.

    Raises:
        OSError: they are not allowed here.
    """
    user, group = os.geteuid(), os.getegid()
    kernel.unshare(kernel.NEW_USERS | kernel.NEW_MOUNTS)
    _write("/proc/self/setgroups", "deny")
    _write("/proc/self/uid_map", f"{_USER} {user} 1")
    _write("/proc/self/gid_map", f"{_USER} {group} 1")
    # What the host mounts later is still seen; what is mounted here, the host does not see.
    kernel.mount("none", "/", None, kernel.REC | kernel.SLAVE)


def enter(request: Request) -> None:
    """Make the private root of a program in its own namespaces, and go into it.

    Raises:
        OSError: mounts are not allowed here.
    """
    opened = list(_opened(request))
    # Over the directory that holds the home: nobody else sees it, and what is bound is open.
    new = os.path.dirname(request.home)
    kernel.mount("root", new, "tmpfs", kernel.NOSUID | kernel.NODEV, "mode=755,nr_inodes=4k")
    for path, descriptor, flags in opened:
        _bind(descriptor, new + path, flags)
    if request.processes:
        _show_processes(f"{new}/proc")
    size = f"mode=700,size={request.space},nr_inodes={_INODES}"
    forbidden = kernel.NOSUID | kernel.NODEV | kernel.NOEXEC
    kernel.mount("temporary", new + request.temporary, "tmpfs", forbidden, size)
    kernel.make_read_only(new, kernel.NOSUID, below=False)
    os.chdir(new)
    kernel.pivot_here()
    os.chdir(request.directory)


def _opened(request: Request) -> Iterator[tuple[str, int, int]]:
    """Each path that is there and not below another one, open, with the flags of its mount."""
    safe = kernel.NOSUID | kernel.NODEV
    flags = dict.fromkeys(request.devices, kernel.NOSUID)
    flags |= dict.fromkeys((request.home, *request.readable), safe | kernel.NOEXEC)
    flags |= dict.fromkeys(request.executable, safe)
    for path in sorted(flags):
        if any(path.startswith(f"{other}/") for other in flags) or not os.path.exists(path):
            continue
        # What a link leads to is put where the link is: it may lead out of what is seen.
        yield path, os.open(path, os.O_PATH | os.O_CLOEXEC), flags[path]


def _bind(descriptor: int, target: str, flags: int) -> None:
    os.makedirs(os.path.dirname(target), exist_ok=True)
    source = f"/proc/self/fd/{descriptor}"
    if os.path.isdir(source):
        os.makedirs(target, exist_ok=True)
    else:
        os.close(os.open(target, os.O_CREAT | os.O_WRONLY | os.O_CLOEXEC, 0o600))
    kernel.mount(source, target, None, kernel.BIND | kernel.REC)
    kernel.make_read_only(target, flags, below=True)
    os.close(descriptor)


def _show_processes(target: str) -> None:
    """Its own alone. Container runtimes that hide parts of /proc forbid it: then there is none."""
    os.mkdir(target)
    with contextlib.suppress(OSError):
        kernel.mount("proc", target, "proc", kernel.NOSUID | kernel.NODEV | kernel.NOEXEC)


def _write(path: str, text: str) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CLOEXEC)
    try:
        os.write(descriptor, text.encode())
    finally:
        os.close(descriptor)
