"""What worker and launcher say to each other: a request with descriptors, then one result.

A request goes over the launcher's one line, which the worker's threads share; with it go the ends
of a socket of its own (the *control*), standard input, output and error. The result comes over the
control. Who closes it ends the program, so that no worker's death leaves one behind.
"""

from __future__ import annotations

import json
import os
import socket
import struct
from dataclasses import dataclass, fields
from typing import Any, Final

_LENGTH: Final = struct.Struct("!Q")
_DESCRIPTORS: Final = 4  # control, input, output, error


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """A program, and all that it may do."""

    command: list[str]  # of absolute paths the first
    environment: dict[str, str]
    home: str  # a private directory that it may read
    directory: str  # where it starts
    temporary: str  # a directory in its home, the one that it may write to
    readable: list[str]  # files and directories
    executable: list[str]  # likewise, programs and their libraries; what is absent is passed over
    devices: list[str]
    processes: int  # that it may start in all; 0: none
    network: bool
    limits: dict[str, int]  # names of RLIMIT_ → soft and hard limit
    space: int  # bytes in the temporary directory


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """How it ended: a status, or a signal's number below zero; or what kept it from starting."""

    status: int = 0
    failed: str = ""


def encode(value: Request | Result | dict[str, bool]) -> bytes:
    """Write a value as one message."""
    if not isinstance(value, dict):  # not by asdict, which copies thousands of arguments
        value = {each.name: getattr(value, each.name) for each in fields(value)}
    text = json.dumps(value).encode()
    return _LENGTH.pack(len(text)) + text


def receive(line: socket.socket) -> tuple[dict[str, Any], list[int]] | None:
    """Read one message and the descriptors that came with it; None at the end of the line."""
    head, descriptors = taken(line, _LENGTH.size, _DESCRIPTORS)
    if not head:
        return None
    head += _exactly(line, _LENGTH.size - len(head))
    return json.loads(_exactly(line, _LENGTH.unpack(head)[0])), descriptors


def taken(line: socket.socket, size: int, most: int) -> tuple[bytes, list[int]]:
    """Read at most so many bytes, and descriptors that no program inherits.

    Else a program could answer for itself, and for those that run beside it.
    """
    content, descriptors, _, _ = socket.recv_fds(line, size, most)
    for descriptor in descriptors:
        os.set_inheritable(descriptor, False)  # noqa: FBT003 - it has no name
    return content, [*descriptors]


def _exactly(line: socket.socket, size: int) -> bytes:
    parts = bytearray()
    while len(parts) < size:
        part = line.recv(min(size - len(parts), 1 << 20))
        if not part:
            raise EOFError("the line ended within a message")
        parts += part
    return bytes(parts)
