"""Reads what an object wishes from its annotations: ours, and those of other tools.

The manifest says how it is to be applied; the live object, how it may go. Ours come before those of
others, and are never misunderstood: a value that means nothing is an error. One of theirs is passed
over, as they do, and told.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

from syncline.errors import ManifestInvalid
from syncline.model.change import ref_of
from syncline.model.ownership import Conflicts
from syncline.model.values import Manifest
from syncline_workers.change import dialects
from syncline_workers.change.wishes import NONE, Applies, Going, Wishes

APPLY = "syncline.dev/apply"
CONFLICTS = "syncline.dev/conflicts"
RECREATE = "syncline.dev/recreate"
PRUNE = "syncline.dev/prune"
DELETE = "syncline.dev/delete"

_BOOLEAN = {"true": True, "false": False}


def _values(words: type[StrEnum]) -> Mapping[str, object]:
    return {word.value: word for word in words}


_OWN: Mapping[str, tuple[str, Mapping[str, object]]] = {
    APPLY: ("applies", _values(Applies)),
    CONFLICTS: ("conflicts", _values(Conflicts)),
    RECREATE: ("recreate", _BOOLEAN),
    PRUNE: ("prune", _values(Going)),
    DELETE: ("delete", _values(Going)),
}
"""Annotation → the wish that it is, and what its values mean."""


def read(manifest: Manifest) -> Wishes:
    """Read what a manifest wishes.

    Raises:
        ManifestInvalid: an annotation of ours has a value that means nothing.
    """
    own, foreign = _annotated(manifest)
    if not own and not foreign:
        return NONE
    found, wrong = _read(own, foreign)
    for key, value in wrong.items():
        words = ", ".join(f'"{word}"' for word in _OWN[key][1])
        raise ManifestInvalid(
            ref_of(manifest).key.short, f'annotation {key}: "{value}" is none of {words}'
        )
    return found


def read_live(live: Manifest) -> Wishes:
    """Read what a live object wishes: what is not understood there protects it."""
    own, foreign = _annotated(live)
    if not own and not foreign:
        return NONE
    found, wrong = _read(own, foreign)
    if wrong:
        found.stay()
        found.recreate = False
    return found


def _annotated(manifest: Manifest) -> tuple[dict[str, str], dict[str, str]]:
    meta = manifest["metadata"]
    annotations, labels = meta.get("annotations") or {}, meta.get("labels") or {}
    own = {key: str(value) for key, value in annotations.items() if key in _OWN}
    foreign = {key: str(value) for key, value in labels.items() if key in dialects.FLUX}
    foreign |= {key: str(value) for key, value in annotations.items() if key in dialects.KNOWN}
    return own, foreign


def _read(own: Mapping[str, str], foreign: Mapping[str, str]) -> tuple[Wishes, dict[str, str]]:
    """The wishes, and what of ours means nothing."""
    found = dialects.read(foreign.items())
    wrong = {}
    for key, value in own.items():
        wish, meanings = _OWN[key]
        if value in meanings:
            setattr(found, wish, meanings[value])
        else:
            wrong[key] = value
    return found, wrong
