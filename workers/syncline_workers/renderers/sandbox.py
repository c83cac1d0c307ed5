"""Runs one renderer to its end: its time, memory and output are bounded, its words translated.

Standard input is closed; the environment is ``isolation``'s; output is counted while it is read.
Whatever ends the wait, also an error of ours, ends every process that the renderer started.
"""

from __future__ import annotations

import contextlib
import math
import os
import selectors
import signal
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final, NoReturn

from syncline.errors import LimitExceeded, RenderFailed
from syncline.settings import RenderSettings
from syncline_workers.renderers import isolation

MESSAGE: Final = 2000  # characters of a renderer's own message that are kept
_HEAD: Final = 600  # of these, how many from its beginning: the cause stands at the end
_STDERR: Final = 200_000  # bytes that are kept of it; the rest is read and dropped
_CHUNK: Final = 65_536


def run(
    command: Sequence[str],
    *,
    home: Path,
    settings: RenderSettings,
    subject: str,
    shown: Mapping[str, str],
) -> bytes:
    """Run a command and return its standard output.

    Args:
        command: the program's absolute path, and fixed arguments.
        home: its working and home directory; private.
        settings: how long it may take, how much memory and output it may use.
        subject: the source's path, for errors.
        shown: text to replace in its messages: private directories → what people know.

    Raises:
        RenderFailed: it ended with another status than 0; the detail is its own message.
        LimitExceeded: time, memory or output.
    """
    tool = Path(command[0]).name
    seconds = settings.timeout.total_seconds()
    prefix = isolation.wrapper(
        memory=settings.memory,
        cpu_seconds=math.ceil(seconds * 2),  # GOMAXPROCS is 2
        file_size=settings.output,
    )
    deadline = time.monotonic() + seconds
    with _started([*prefix, *command], home, settings=settings, subject=subject) as process:
        try:
            output, errors = _read(process, settings.output, deadline)
            status = process.wait(max(0.0, deadline - time.monotonic()))
        except _TooMuch:
            raise LimitExceeded(
                subject, f"{tool} wrote more than {settings.output} bytes (SYNCLINE_RENDER_OUTPUT)"
            ) from None
        except (TimeoutError, subprocess.TimeoutExpired):
            raise LimitExceeded(
                subject, f"{tool} did not end within {seconds:g} s (SYNCLINE_RENDER_TIMEOUT)"
            ) from None
    if status != 0:
        _raise(tool, status, _translated(errors, shown), settings=settings, subject=subject)
    return output


class _TooMuch(Exception):
    """More output than allowed."""


@contextmanager
def _started(
    command: list[str], home: Path, *, settings: RenderSettings, subject: str
) -> Iterator[subprocess.Popen[bytes]]:
    try:
        process = subprocess.Popen(
            command,
            cwd=home,
            env=isolation.environment(str(home), memory=settings.memory),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            start_new_session=True,  # a process group of its own, to be killed as one
        )
    except OSError as exc:
        raise RenderFailed(subject, f"{command[0]} cannot be started: {exc.strerror}") from exc
    with process:  # at the end it is waited for, and its pipes are closed
        try:
            yield process
        finally:
            if process.returncode is None:
                _kill(process)


def _kill(process: subprocess.Popen[bytes]) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)


def _read(process: subprocess.Popen[bytes], most: int, deadline: float) -> tuple[bytes, bytes]:
    """Read both streams to their ends.

    Raises:
        _TooMuch: standard output has more than ``most`` bytes.
        TimeoutError: they are still open at the deadline.
    """
    assert process.stdout is not None and process.stderr is not None  # noqa: S101, PT018 - for types
    output, errors = bytearray(), bytearray()
    with selectors.DefaultSelector() as selector:
        selector.register(process.stdout, selectors.EVENT_READ, output)
        selector.register(process.stderr, selectors.EVENT_READ, errors)
        while selector.get_map():
            left = deadline - time.monotonic()
            if left <= 0:  # also of one that never stops talking
                raise TimeoutError
            for key, _ in selector.select(left):
                _read_once(selector, key)
            if len(output) > most:
                raise _TooMuch
            del errors[_STDERR:]
    return bytes(output), bytes(errors)


def _read_once(selector: selectors.DefaultSelector, key: selectors.SelectorKey) -> None:
    chunk = os.read(key.fd, _CHUNK)
    if chunk:
        key.data.extend(chunk)
    else:
        selector.unregister(key.fd)


def _raise(
    tool: str, status: int, message: str, *, settings: RenderSettings, subject: str
) -> NoReturn:
    if "out of memory" in message or "cannot allocate memory" in message:
        raise LimitExceeded(
            subject, f"{tool} needs more than {settings.memory} bytes (SYNCLINE_RENDER_MEMORY)"
        )
    if not message:
        message = (
            f"killed by signal {-status}, as by too little memory or time (SYNCLINE_RENDER_MEMORY)"
            if status < 0
            else f"ended with status {status} and said nothing"
        )
    raise RenderFailed(subject, f"{tool}: {message}")


def _translated(errors: bytes, shown: Mapping[str, str]) -> str:
    text = errors.decode(errors="replace").strip().removeprefix("Error: ")
    for private in sorted(shown, key=len, reverse=True):
        text = text.replace(f"{private}/", shown[private]).replace(
            private, shown[private].rstrip("/") or "."
        )
    return cut(text)


def cut(text: str, most: int = MESSAGE) -> str:
    """Shorten a message to its beginning and its end."""
    if len(text) <= most:
        return text
    return f"{text[:_HEAD]} […] {text[-(most - _HEAD - 5) :]}"
