"""The engines that a worker process keeps, and which of them are of use here."""

from __future__ import annotations

import os
import shutil
import threading
import time
import weakref
from pathlib import Path
from typing import Final

import structlog

from syncline.model.source import RendererName
from syncline.settings import RenderSettings
from syncline_workers.renderers import tools
from syncline_workers.renderers.answers import Gone
from syncline_workers.renderers.engine import Engine

KEPT: Final = 2
"""Idle engines of a process; one has 50 to 80 MB."""

_AGAIN: Final = 300.0  # seconds until one that cannot be used is tried again

log = structlog.get_logger(__name__)


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
