"""seccomp: which system calls a confined process may not make. Works without any privilege.

Refused are those that reach beyond the process: sockets (unless it has the network), other
processes' memory, namespaces and mounts, keyrings, and leaving its session, so that all it starts
can be ended at once. New processes are refused, or counted by who supervises it (``answer``).
"""

from __future__ import annotations

import ctypes
import errno
import fcntl
import functools
import struct
from collections.abc import Iterator
from typing import Final

from syncline_workers.launcher import kernel

_ARCHITECTURE: Final = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}
_X32: Final = 0x40000000
_CALL: Final = {"x86_64": 317, "aarch64": 277}
_SOCKET: Final = {"x86_64": 41, "aarch64": 198}
_CLONE: Final = {"x86_64": 56, "aarch64": 220}
_CLONE3: Final = 435
_FORKS: Final = {"x86_64": (57, 58), "aarch64": ()}
# ptrace, setsid, setpgid, mount, umount2, pivot_root, chroot, unshare, setns, init_module,
# finit_module, delete_module, kexec_load, add_key, request_key, keyctl, perf_event_open, bpf,
# process_vm_readv, process_vm_writev, kcmp, userfaultfd, acct, swapon, swapoff, reboot, quotactl,
# name_to_handle_at, open_by_handle_at, personality, shmget, semget, msgget, mq_open
_FORBIDDEN: Final = {
    "x86_64": (101, 112, 109, 165, 166, 155, 161, 272, 308, 175, 313, 176, 246, 248, 249, 250, 298,
               321, 310, 311, 312, 323, 163, 167, 168, 169, 179, 303, 304, 135, 29, 64, 68, 240),
    "aarch64": (117, 157, 154, 40, 39, 41, 51, 97, 268, 105, 273, 106, 104, 217, 218, 219, 241,
                280, 270, 271, 272, 282, 89, 224, 225, 142, 60, 264, 265, 92, 194, 190, 186, 180),
}  # fmt: skip
# io_uring (which makes calls that no filter sees), open_tree to fspick, mount_setattr, pidfd_getfd
_FORBIDDEN_EVERYWHERE: Final = (425, 426, 427, 428, 429, 430, 431, 432, 433, 442, 438)

_NAMESPACES: Final = 0x7E020000  # flags of clone
_THREAD: Final = 0x00010000

_LOAD, _EQUAL, _ANY, _AT_LEAST, _RETURN = 0x20, 0x15, 0x45, 0x35, 0x06
_ARCHITECTURE_AT, _NUMBER_AT, _FIRST_AT = 4, 0, 16
_ALLOW: Final = 0x7FFF0000
_KILL: Final = 0x80000000
_ASK: Final = 0x7FC00000
_REFUSE: Final = 0x00050000

_SET_FILTER: Final = 1
_NEW_LISTENER: Final = 8
_RECEIVE, _SEND = 0xC0502100, 0xC0182101
_QUESTION: Final = 80  # bytes
_GO_ON: Final = 1

Step = tuple[int, int, int, int]
_STEP: Final = struct.Struct("=HBBI")


class _Program(ctypes.Structure):
    _fields_ = (("length", ctypes.c_ushort), ("filter", ctypes.c_char_p))


def is_known() -> bool:
    """Whether the numbers of this machine's system calls are known here."""
    return kernel.MACHINE in _ARCHITECTURE


def prepare() -> None:
    """Make both filters once, so that no child has to."""
    for processes in (False, True):
        for network in (False, True):
            _packed(network=network, processes=processes)


def restrict(*, network: bool, processes: bool) -> int | None:
    """Restrict this process and all that it starts, for good.

    Args:
        network: whether it may make sockets.
        processes: whether it may start processes, which are then asked for.

    Returns:
        where questions come, to be answered; None: it may start none.

    Raises:
        OSError: the kernel refused.
    """
    packed = _packed(network=network, processes=processes)
    program = _Program(len(packed) // _STEP.size, packed)
    flags = _NEW_LISTENER if processes else 0
    made = kernel.call(_CALL[kernel.MACHINE], _SET_FILTER, flags, ctypes.byref(program))
    return made if processes else None


@functools.cache
def _packed(*, network: bool, processes: bool) -> bytes:
    fork = _ASK if processes else _REFUSE | errno.EPERM
    return b"".join(_STEP.pack(*step) for step in _steps(network=network, fork=fork))


def _steps(*, network: bool, fork: int) -> Iterator[Step]:
    machine, refuse = kernel.MACHINE, _REFUSE | errno.EPERM
    yield (_LOAD, 0, 0, _ARCHITECTURE_AT)
    yield (_EQUAL, 1, 0, _ARCHITECTURE[machine])
    yield (_RETURN, 0, 0, _KILL)
    yield (_LOAD, 0, 0, _NUMBER_AT)
    yield (_AT_LEAST, 0, 1, _X32)
    yield (_RETURN, 0, 0, refuse)
    for number in (*_FORBIDDEN[machine], *_FORBIDDEN_EVERYWHERE):
        yield from _on(number, refuse)
    # Its flags lie in memory, which a filter cannot read: C libraries then take clone.
    yield from _on(_CLONE3, _REFUSE | errno.ENOSYS)
    for number in _FORKS[machine]:
        yield from _on(number, fork)
    if not network:
        yield from _on(_SOCKET[machine], _REFUSE | errno.EACCES)
    yield (_EQUAL, 0, 5, _CLONE[machine])
    yield (_LOAD, 0, 0, _FIRST_AT)
    yield (_ANY, 0, 1, _NAMESPACES)
    yield (_RETURN, 0, 0, refuse)
    yield (_ANY, 1, 0, _THREAD)
    yield (_RETURN, 0, 0, fork)
    yield (_RETURN, 0, 0, _ALLOW)


def _on(number: int, verdict: int) -> tuple[Step, Step]:
    return (_EQUAL, 0, 1, number), (_RETURN, 0, 0, verdict)


def answer(listener: int, *, allowed: bool) -> None:
    """Answer one question for a new process: EAGAIN where it is not allowed.

    Raises:
        OSError: whoever asked is gone.
    """
    asked = bytearray(_QUESTION)
    fcntl.ioctl(listener, _RECEIVE, asked)
    (question,) = struct.unpack_from("=Q", asked)
    given = (0, 0, _GO_ON) if allowed else (0, -errno.EAGAIN, 0)
    fcntl.ioctl(listener, _SEND, bytearray(struct.pack("=QqiI", question, *given)))
