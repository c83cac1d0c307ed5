"""Landlock: which files a process may read, run and write, also where it may make no namespace.

What the kernel is too old to restrict is left out. From ABI 4 on TCP is refused, from ABI 6 on
signals to, and abstract sockets of, processes outside.
"""

from __future__ import annotations

import ctypes
import os
from collections.abc import Iterable
from typing import Final

from syncline_workers.launcher import kernel

_CREATE, _ADD, _RESTRICT = 444, 445, 446
_BENEATH: Final = 1
_ASK_VERSION: Final = 1

_EXECUTE, _WRITE, _READ, _LIST = 1 << 0, 1 << 1, 1 << 2, 1 << 3
_OF_DEVICES: Final = (1 << 6) | (1 << 11)  # making character and block devices
_TRUNCATE: Final = 1 << 14
_KNOWN: Final = {1: 13, 2: 14, 3: 15, 4: 15}  # ABI → rights on files; 16 from 5 on
_TCP: Final = 3
_SCOPES: Final = 3
_OF_FILES: Final = _EXECUTE | _WRITE | _READ | _TRUNCATE


class _Ruleset(ctypes.Structure):
    _fields_ = (("files", ctypes.c_uint64), ("network", ctypes.c_uint64),
                ("scoped", ctypes.c_uint64))  # fmt: skip


class _Rule(ctypes.Structure):
    _pack_ = 1
    _fields_ = (("allowed", ctypes.c_uint64), ("parent", ctypes.c_int32))


def version() -> int:
    """The kernel's ABI; 0: it has no Landlock, or it is off."""
    try:
        return kernel.call(_CREATE, None, 0, _ASK_VERSION)
    except OSError:
        return 0


def restrict(
    *,
    readable: Iterable[str],
    executable: Iterable[str],
    writable: Iterable[str],
    devices: Iterable[str],
    network: bool,
) -> None:
    """Restrict this process and all that it starts, for good.

    Raises:
        OSError: the kernel refused.
    """
    abi = version()
    rights = (1 << _KNOWN.get(abi, 16)) - 1
    rules = _Ruleset(
        files=rights,
        network=_TCP if abi >= 4 and not network else 0,  # noqa: PLR2004 - the ABI that knows it
        scoped=_SCOPES if abi >= 6 else 0,  # noqa: PLR2004
    )
    size = 8 if abi < 4 else 16 if abi < 6 else 24  # noqa: PLR2004
    ruleset = kernel.call(_CREATE, ctypes.byref(rules), size, 0)
    for paths, allowed in (
        (readable, _READ | _LIST),
        (executable, _READ | _LIST | _EXECUTE),
        (writable, rights & ~_EXECUTE & ~_OF_DEVICES),
        (devices, _READ | _WRITE),
    ):
        for path in paths:
            _allow(ruleset, path, allowed)
    kernel.call(_RESTRICT, ruleset, 0)
    os.close(ruleset)


def _allow(ruleset: int, path: str, allowed: int) -> None:
    try:
        parent = os.open(path, os.O_PATH | os.O_CLOEXEC)
    except OSError:
        return  # absent: there is nothing to allow
    if not os.path.isdir(path):
        allowed &= _OF_FILES
    rule = _Rule(allowed=allowed, parent=parent)
    kernel.call(_ADD, ruleset, _BENEATH, ctypes.byref(rule), 0)
    os.close(parent)
