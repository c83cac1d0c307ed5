"""What a run's manifests differ by from those of the run before, for its history.

Compared once in a process for each pair of renders, and told once for each text: the clusters of a
fleet mostly share one or the other. The earlier render is read from this host's disk; where it is
not there any more, nothing is told.
"""

from __future__ import annotations

import zlib
from itertools import chain

import structlog

from syncline.model import revised as texts
from syncline.model.change import Difference
from syncline.model.values import Manifest
from syncline_workers.change import revised
from syncline_workers.pipeline import together
from syncline_workers.pipeline.attempt import Attempt
from syncline_workers.pipeline.render_cache import RenderCache
from syncline_workers.renderers import plan as plans

log = structlog.get_logger(__name__)

LARGEST = 200_000
"""Bytes of what differs; of more, only the objects are told."""


def told(attempt: Attempt) -> tuple[str, tuple[Difference, ...]]:
    """Name what differs, and tell it where this process has not told it yet."""
    pair = (attempt.claim.render_key, attempt.render_key)
    if not attempt.changes or attempt.is_dry or "" in pair or pair[0] == pair[1]:
        return "", ()
    memory = attempt.ports.remembered
    known = memory.compared(pair)
    if known is not None:
        return known, ()
    before = _earlier(attempt, pair[0])
    if before is None:
        return "", ()
    found = revised.differences(before, attempt.manifests, attempt.hidden)
    text = texts.written(found)
    if len(text) > LARGEST:
        found = tuple(each.model_copy(update={"fields": (), "cut": True}) for each in found)
        text = texts.written(found)
    digest = memory.compare(pair, texts.digest(text) if found else "")
    return digest, found if digest and memory.is_new(digest) else ()


def _earlier(attempt: Attempt, key: str) -> tuple[Manifest, ...] | None:
    ports = attempt.ports
    cache = RenderCache(ports.render.cache, ports.key, ports.renders)
    if (whole := _kept(cache, key)) is not None:
        return whole
    parts = [_kept(cache, part) for part in together.parts(cache, key)]
    known = [each for each in parts if each is not None]
    return tuple(chain.from_iterable(known)) if parts and len(known) == len(parts) else None


def _kept(cache: RenderCache, key: str) -> tuple[Manifest, ...] | None:
    kept = cache.get(key, share=False)
    if kept is None:
        return None
    try:
        return plans.load(kept[0]).manifests
    except (ValueError, KeyError, zlib.error) as exc:
        log.warning("render_cache_unreadable", entry=key, error=str(exc))
        return None
