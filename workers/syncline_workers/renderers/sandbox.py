"""Runs one renderer to its end: its time, memory and output are bounded, its words translated.

Standard input is empty; the environment is ``isolation``'s; output is counted while it is read.
Whatever ends the wait, also an error of ours, ends every process that the renderer started.
Terminals obey what is in messages: control characters are taken out.
"""

from __future__ import annotations

import math
import os
import re
import selectors
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import IO, Final, NoReturn

from syncline.errors import LimitExceeded, NotReady, RenderFailed
from syncline.settings import RenderSettings
from syncline_workers.launcher import client, wire
from syncline_workers.renderers import isolation
from syncline_workers.renderers.isolation import Needs

NOTHING: Final = Needs()
MESSAGE: Final = 2000  # characters of a renderer's own message that are kept
_HEAD: Final = 600  # of these, how many from its beginning: the cause stands at the end
STDERR: Final = 200_000  # bytes that are kept of it; the rest is read and dropped
_CHUNK: Final = 65_536
# Go's words for it; its collector also crashes, outside of any goroutine, where it gets none.
_NO_MEMORY: Final = re.compile(
    r"out of memory|cannot allocate memory|SIGSEGV: segmentation violation\n.*\n\s*goroutine 0 "
)
_CONTROL: Final = re.compile(
    r"[^\n\t -\x7e\xa0-\U0010ffff]|[\u2028\u2029\u202a-\u202e\u2066-\u2069]"
)


def run(
    command: Sequence[str],
    *,
    home: Path,
    settings: RenderSettings,
    subject: str,
    shown: Mapping[str, str],
    needs: Needs = NOTHING,
) -> bytes:
    """Run a command and return its standard output.

    Args:
        command: the program's absolute path, and fixed arguments.
        home: a private directory. It may read it, and write to one of its own in it.
        settings: how long it may take, how much memory and output it may use.
        subject: the source's path, for errors.
        shown: text to replace in its messages: private directories → what people know.
        needs: what it may beside that.

    Raises:
        RenderFailed: it ended with another status than 0; the detail is its own message.
        LimitExceeded: time, memory or output.
        NotReady: it was killed through no fault of its own.
    """
    tool = Path(command[0]).name
    deadline = time.monotonic() + settings.timeout.total_seconds()
    with (
        _started(command, home, needs, settings=settings, subject=subject) as (process, *streams),
        bounded(tool, settings, subject=subject),
    ):
        output, errors = _read(streams, settings.output, deadline)
        result = process.result(deadline - time.monotonic())
    if result is None:
        raise NotReady(
            subject, f"{tool} was killed with what starts it, as where a host has too little memory"
        )
    if result.failed:
        raise RenderFailed(subject, f"{command[0]} cannot be started: {result.failed}")
    if result.status != 0:
        message = translated(errors, {**shown, str(home / "tmp"): "a temporary directory/"})
        _raise(tool, result.status, message, settings=settings, subject=subject)
    return output


class TooMuch(Exception):
    """More output than allowed."""


@contextmanager
def bounded(tool: str, settings: RenderSettings, *, subject: str) -> Iterator[None]:
    """Say which limit a renderer went over.

    Raises:
        LimitExceeded: for TooMuch and TimeoutError.
    """
    try:
        yield
    except TooMuch:
        raise LimitExceeded(
            subject, f"{tool} wrote more than {settings.output} bytes (SYNCLINE_RENDER_OUTPUT)"
        ) from None
    except TimeoutError:
        seconds = settings.timeout.total_seconds()
        raise LimitExceeded(
            subject, f"{tool} did not end within {seconds:g} s (SYNCLINE_RENDER_TIMEOUT)"
        ) from None


@contextmanager
def _started(
    command: Sequence[str], home: Path, needs: Needs, *, settings: RenderSettings, subject: str
) -> Iterator[tuple[client.Running, IO[bytes], IO[bytes]]]:
    """Start it; give it, its output and its errors. In the end it has ended."""
    with ExitStack() as kept:
        given = _given(kept, needs.given, home)
        (output, writes_output), (errors, writes_errors) = os.pipe(), os.pipe()
        streams = [kept.enter_context(os.fdopen(one, "rb", 0)) for one in (output, errors)]
        try:
            request = requested(command, home, needs, settings)
            places = (given.fileno(), writes_output, writes_errors)
            process = client.LAUNCHER.start(request, places)
        except OSError as exc:
            raise RenderFailed(subject, f"{command[0]} cannot be started: {exc.strerror}") from exc
        finally:
            os.close(writes_output)
            os.close(writes_errors)
        kept.callback(process.end)
        isolation.tell(client.LAUNCHER.features)
        yield process, streams[0], streams[1]


def _given(kept: ExitStack, content: bytes, home: Path) -> IO[bytes]:
    """A file, not a pipe: nobody has to write while it is read."""
    if not content:
        return kept.enter_context(Path(os.devnull).open("rb"))
    file = kept.enter_context(tempfile.TemporaryFile(dir=home))  # noqa: SIM115 - it is kept
    file.write(content)
    file.seek(0)
    return file


def requested(
    command: Sequence[str], home: Path, needs: Needs, settings: RenderSettings, *, renders: int = 1
) -> wire.Request:
    """Say to the launcher what a command may do; ``renders``: so many, one after another.

    Raises:
        OSError: a program is not there.
    """
    temporary = home / "tmp"
    temporary.mkdir(exist_ok=True)
    seconds = settings.timeout.total_seconds()
    seen = isolation.seen((command[0], *map(str, needs.programs)), needs)
    return wire.Request(
        command=list(command),
        environment=isolation.environment(
            str(home),
            str(temporary),
            memory=settings.memory,
            network=needs.network,
            host=needs.host,
        ),
        home=str(home),
        directory=str(needs.directory or home),
        temporary=str(temporary),
        readable=seen.readable,
        executable=seen.executable,
        devices=seen.devices,
        processes=settings.processes if needs.programs or needs.host else 0,
        network=needs.network,
        limits=isolation.limits(
            memory=settings.memory,
            cpu_seconds=math.ceil(seconds * 2 * renders),  # GOMAXPROCS is 2
            file_size=settings.output,
        ),
        space=settings.space,
    )


def _read(streams: Sequence[IO[bytes]], most: int, deadline: float) -> tuple[bytes, bytes]:
    """Read both streams to their ends.

    Raises:
        TooMuch: standard output has more than ``most`` bytes.
        TimeoutError: they are still open at the deadline.
    """
    output, errors = bytearray(), bytearray()
    with selectors.DefaultSelector() as selector:
        for stream, kept in zip(streams, (output, errors), strict=True):
            selector.register(stream, selectors.EVENT_READ, kept)
        while selector.get_map():
            left = deadline - time.monotonic()
            if left <= 0:  # also of one that never stops talking
                raise TimeoutError
            for key, _ in selector.select(left):
                _read_once(selector, key)
            if len(output) > most:
                raise TooMuch
            del errors[STDERR:]
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
    if _NO_MEMORY.search(message):
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


def translated(errors: bytes, shown: Mapping[str, str]) -> str:
    """Write what a renderer said without what terminals obey, and without private directories."""
    text = _CONTROL.sub("", errors.decode(errors="replace")).strip().removeprefix("Error: ")
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
