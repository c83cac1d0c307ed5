"""System calls that Python has no function for. Linux alone; elsewhere all of them fail."""

from __future__ import annotations

import ctypes
import os
import platform
import signal
from typing import Final

MACHINE: Final = platform.machine()
_PIVOT_ROOT: Final = {"x86_64": 155, "aarch64": 41}.get(MACHINE, -1)
_CLONE: Final = {"x86_64": 56, "aarch64": 220}.get(MACHINE, -1)
_MOUNT_SETATTR: Final = 442

NEW_MOUNTS: Final = 0x00020000
NEW_USERS: Final = 0x10000000
NEW_PROCESSES: Final = 0x20000000
NEW_NETWORK: Final = 0x40000000

NOSUID, NODEV, NOEXEC, BIND, REC, SLAVE = 2, 4, 8, 4096, 16384, 1 << 19
DETACH: Final = 2
_READ_ONLY: Final = 1  # of mount_setattr, where the next three have mount's values
_AT_FDCWD: Final = -100
_AT_RECURSIVE: Final = 0x8000

NO_NEW_PRIVILEGES: Final = 38
PARENT_DEATH: Final = 1

_libc = ctypes.CDLL(None, use_errno=True)


class _Attributes(ctypes.Structure):
    _fields_ = (("set", ctypes.c_uint64), ("clear", ctypes.c_uint64),
                ("propagation", ctypes.c_uint64), ("users", ctypes.c_uint64))  # fmt: skip


def call(number: int, *arguments: object) -> int:
    """Make a system call by number.

    Raises:
        OSError: it failed.
    """
    if not hasattr(_libc, "syscall") or number < 0:
        raise OSError(38, "Function not implemented")
    words = [ctypes.c_long(one) if isinstance(one, int) else one for one in arguments]
    return _checked(_libc.syscall(ctypes.c_long(number), *words))


def fork(namespaces: int) -> int:
    """Fork into new namespaces: one fork less than to leave them first.

    Python does not know of it, which only a process of several threads would mind.
    """
    return call(_CLONE, namespaces | signal.SIGCHLD, 0, 0, 0, 0)


def unshare(what: int) -> None:
    """Give this process namespaces of its own."""
    _checked(_libc.unshare(what))


def mount(source: str, target: str, kind: str | None, flags: int, options: str = "") -> None:
    """Mount, or bind."""
    named = [None if text is None else os.fsencode(text) for text in (source, target, kind)]
    _checked(_libc.mount(*named, ctypes.c_ulong(flags), options.encode() or None))


def make_read_only(target: str, flags: int, *, below: bool) -> None:
    """Make a mount read-only, with these flags besides; with all mounts below it, if wanted."""
    attributes = _Attributes(set=_READ_ONLY | flags)
    size = ctypes.sizeof(attributes)
    path = ctypes.c_char_p(os.fsencode(target))
    what = _AT_RECURSIVE if below else 0
    call(_MOUNT_SETATTR, _AT_FDCWD, path, what, ctypes.byref(attributes), size)


def pivot_here() -> None:
    """Make the working directory, a mount, the root; nothing of the old one is left."""
    here = ctypes.c_char_p(b".")
    call(_PIVOT_ROOT, here, here)
    _checked(_libc.umount2(here, DETACH))


def prctl(what: int, value: int, *more: object) -> None:
    """Change a trait of this process."""
    words = [ctypes.c_ulong(one) if isinstance(one, int) else one for one in (value, *more)]
    words += [ctypes.c_ulong(0)] * (4 - len(words))
    _checked(_libc.prctl(what, *words))


def _checked(result: int) -> int:
    if result == -1:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))
    return int(result)
