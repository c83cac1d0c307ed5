"""Where Helm and kustomize render: in an engine that is kept, or in a process for one render.

An engine serves renders of one repository: it sees what one worker process laid out of it, in the
directory that ``git.workplace`` has for it. It does 64 by default, and none where anything may be
secret, where another program is started, or where it is of another version than the official
program. A render whose engine ended under it is repeated by that, which says what is wrong.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import structlog

from syncline.errors import RenderFailed
from syncline.model.source import RendererName
from syncline.settings import RenderSettings
from syncline_workers import scratch
from syncline_workers.renderers import sandbox, tools
from syncline_workers.renderers.answers import Gone
from syncline_workers.renderers.engine import Engine
from syncline_workers.renderers.engines import ENGINES
from syncline_workers.renderers.isolation import Needs

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
