"""Where Helm and kustomize render: in an engine that is kept, or in a process for one render.

An engine serves renders of one repository: it sees what one worker process laid out of it, in the
directory that ``git.workplace`` has for it. It does 64 by default, and none where anything may be
secret, where another program is started, or where it is of another version than the official
program. A render whose engine ended
under it is repeated by the official program, which says what is wrong.
"""

from __future__ import annotations

import os
import shutil
import threading
import time
import weakref
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Final

import structlog

from syncline.errors import RenderFailed
from syncline.model.source import RendererName
from syncline.settings import RenderSettings
from syncline_workers import scratch
from syncline_workers.renderers import sandbox, tools
from syncline_workers.renderers.answers import Gone
from syncline_workers.renderers.engine import Engine
from syncline_workers.renderers.isolation import Needs

KEPT: Final = 2
"""Idle engines of a process; one has 50 to 80 MB."""

_AGAIN: Final = 300.0  # seconds until one that cannot be used is tried again

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Bench:
    """A place for one render."""

    home: Path  # a private directory, which the renderer may read
    run: Callable[[Sequence[str], Mapping[str, str]], bytes]
    """Arguments, and text to replace in messages → standard output; raises as ``sandbox.run``."""


@contextmanager
def bench(
    renderer: RendererName,
    sources: Path,
    settings: RenderSettings,
    *,
    subject: str,
    programs: tuple[Path, ...] = (),
) -> Iterator[Bench]:
    """Give a place to render in, once.

    Args:
        renderer: Helm or kustomize.
        sources: the directory of files that it reads, beside its home.
        settings: where the programs are, and their limits.
        subject: the source's path, for errors.
        programs: that it starts itself.

    Raises:
        RenderFailed: there is no such renderer here.
    """
    binary = tools.find(renderer, settings, subject=subject)
    alone = partial(
        sandbox.run,
        settings=settings,
        subject=subject,
        needs=Needs(reads=(sources,), programs=programs),
    )
    is_apart = bool(programs) or scratch.is_secret()
    engine = None if is_apart else ENGINES.take(renderer, scratch.around(sources), settings)
    if engine is None:
        with scratch.directory("render") as home:
            yield Bench(
                home=home,
                run=lambda said, shown: alone([binary, *said], home=home, shown=shown),
            )
        return
    try:
        with engine.job() as home:
            one = _Render(engine, binary, home, settings, subject, alone)
            yield Bench(home=home, run=one.run)
    finally:
        ENGINES.give_back(engine, settings)


@dataclass(frozen=True, slots=True)
class _Render:
    """One render by an engine that is kept."""

    engine: Engine
    binary: str
    home: Path
    settings: RenderSettings
    subject: str
    alone: Callable[..., bytes]

    def run(self, arguments: Sequence[str], shown: Mapping[str, str]) -> bytes:
        tool, deadline = Path(self.binary).name, self.settings.timeout.total_seconds()
        try:
            with sandbox.bounded(tool, self.settings, subject=self.subject):
                answer = self.engine.render(
                    arguments, most=self.settings.output, deadline=time.monotonic() + deadline
                )
        except Gone as exc:
            log.info("engine_ended", engine=self.engine.program, detail=str(exc))
            return self.alone([self.binary, *arguments], home=self.home, shown=shown)
        if answer.failed:
            private = {**shown, str(self.engine.temporary): "a temporary directory/"}
            message = sandbox.translated(answer.errors, private)
            raise RenderFailed(self.subject, f"{tool}: {message}")
        return answer.output


class Engines:
    """The idle engines of this process. Safe to use from several threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._begin()

    def _begin(self) -> None:
        self._owner = os.getpid()
        self._idle: list[Engine] = []  # the last used one is the last
        weakref.finalize(self, _end, self._idle, self._owner)

    def take(
        self, renderer: RendererName, sources: Path, settings: RenderSettings
    ) -> Engine | None:
        """An engine for files in a directory, which is the caller's; None: there is none."""
        if settings.reuse == 1:
            return None
        program = shutil.which(
            {
                RendererName.HELM: settings.helm_engine,
                RendererName.KUSTOMIZE: settings.kustomize_engine,
            }[renderer]
        )
        if program is None:
            return None
        found = self._taken(program, sources)
        return found or _started(program, renderer, sources, settings)

    def give_back(self, engine: Engine, settings: RenderSettings) -> None:
        """Keep it for the next render, if it is still good for one."""
        if not engine.is_idle() or engine.renders >= settings.reuse:
            engine.end()
            return
        with self._lock:
            idle = self._mine()
            idle.append(engine)
            surplus = [idle.pop(0) for _ in range(len(idle) - KEPT)]
        for each in surplus:
            each.end()

    def close(self) -> None:
        """End all."""
        with self._lock:
            _end(self._mine(), self._owner)

    def _taken(self, program: str, sources: Path) -> Engine | None:
        with self._lock:
            idle = self._mine()
            for engine in idle:
                if (engine.program, engine.sources) == (program, sources):
                    idle.remove(engine)
                    break
            else:
                return None
        if engine.is_idle():
            return engine
        engine.end()  # nobody asked it for a while
        return None

    def _mine(self) -> list[Engine]:
        """What is idle; after a fork nothing, since it is the parent's."""
        if self._owner != os.getpid():
            self._begin()
        return self._idle


def _started(
    program: str, renderer: RendererName, sources: Path, settings: RenderSettings
) -> Engine | None:
    wanted = tools.version(renderer, settings, subject=str(renderer))
    if time.monotonic() < _unfit.get((program, wanted), 0.0):
        return None
    try:
        engine = Engine(program, sources, settings)
    except (OSError, Gone, TimeoutError) as exc:
        _refuse(program, wanted, f"it cannot be used: {exc}")
        return None
    if engine.version == wanted:
        return engine
    engine.end()
    _refuse(program, wanted, f"it is {engine.version}, and {renderer} is {wanted}")
    return None


_unfit: Final[dict[tuple[str, str], float]] = {}
"""Engines that were tried in vain, for a version → when they may be tried again, monotonic."""


def _refuse(program: str, wanted: str, why: str) -> None:
    _unfit[program, wanted] = time.monotonic() + _AGAIN
    log.warning("engine_refused", engine=program, detail=f"{why}; each render has its own process")


def _end(idle: list[Engine], owner: int) -> None:
    """End all, unless they are a parent process's."""
    while idle and owner == os.getpid():
        idle.pop().end()


ENGINES: Final = Engines()
