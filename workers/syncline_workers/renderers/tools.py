"""Where the official renderers are, and which version: it is part of every render key."""

from __future__ import annotations

import functools
import shutil
from pathlib import Path
from typing import Final

from syncline.errors import RenderFailed
from syncline.model.source import RendererName
from syncline.settings import RenderSettings
from syncline_workers import scratch
from syncline_workers.renderers import sandbox

_ASK: Final = {
    RendererName.HELM: ("version", "--template={{.Version}}"),
    RendererName.KUSTOMIZE: ("version",),
    RendererName.JSONNET: ("--version",),
}


def find(renderer: RendererName, settings: RenderSettings, *, subject: str) -> str:
    """Return the absolute path of a renderer's binary.

    Raises:
        RenderFailed: there is none; says how to get it.
    """
    named = {
        RendererName.HELM: settings.helm,
        RendererName.KUSTOMIZE: settings.kustomize,
        RendererName.JSONNET: settings.jsonnet,
    }[renderer]
    found = shutil.which(named)
    if found is None:
        raise RenderFailed(
            subject,
            f"there is no {renderer} ({named!r}): get it with `python3 tools/get.py renderers`, "
            f"put it on PATH, or set SYNCLINE_RENDER_{renderer.upper()} to its path",
        )
    return str(Path(found).absolute())


def version(renderer: RendererName, settings: RenderSettings, *, subject: str) -> str:
    """Return a renderer's own version: ``v4.3.1``; "" for plain, which is ours.

    Asked once in a process, and again where the file is another.

    Raises:
        RenderFailed: there is no such binary, or it does not answer.
    """
    if renderer not in _ASK:
        return ""
    binary = find(renderer, settings, subject=subject)
    status = Path(binary).stat()
    return _version(renderer, binary, (status.st_mtime_ns, status.st_size), settings)


@functools.lru_cache(maxsize=8)
def _version(
    renderer: RendererName, binary: str, _file: tuple[int, int], settings: RenderSettings
) -> str:
    with scratch.directory("render") as home:
        answer = sandbox.run(
            [binary, *_ASK[renderer]],
            home=home,
            settings=settings,
            subject=f"{renderer} at {binary}",
            shown={},
        )
    return answer.decode(errors="replace").strip().rpartition(" ")[2]  # jsonnet tells more of it
