"""Targets as hashes, read into what lists show of them, or into all that is known of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cache
from typing import Any, NamedTuple, TypeVar

import orjson

from syncline.model.state import TargetLine
from syncline.store.batches import CHUNK, batched
from syncline.store.connection import Store

Shape = TypeVar("Shape", bound=TargetLine)


class _Held(NamedTuple):
    """Where the hash holds a value: the first of these fields that is there; and what it means."""

    fields: tuple[str, ...]
    means: Callable[[str], Any] = str


def _beside(text: str) -> list[dict[str, Any]]:
    """Read what the other sources of a target follow, and what they are at."""
    names = ("repository", "revision", "", "commit", "observed", "signatures")
    found = [dict(zip(names, each, strict=True)) for each in orjson.loads(text)]
    return [{**each, "signatures": orjson.loads(each["signatures"] or "[]")} for each in found]


_HELD = {
    "aside_at": _Held(("aside",), lambda text: text.partition("\x1f")[0]),
    "beside": _Held(("others",), _beside),
    "attempt": _Held(("attempt", "pending_attempt")),
    "deleting": _Held(("deleting",), bool),
    "generation": _Held(("want",)),
    "held": _Held(("held",), bool),
    "held_until": _Held(("held",)),
    "heavy": _Held(("heavy",), bool),
    "operation": _Held(("operation", "pending_operation")),
    "pinned": _Held(("back",), orjson.loads),
    "pinned_head": _Held(("back_head",), lambda heads: heads.partition("\x1e")[0]),
    "requested": _Held(("pending_generation", "pins"), bool),
    "signatures": _Held(("signed",), orjson.loads),
    "trigger": _Held(
        ("trigger", "pending_trigger", "last_trigger"), lambda text: orjson.loads(text)["kind"]
    ),
}
"""All that the hash does not hold as text under the name that the model has for it."""


def read(store: Store, targets: Sequence[str], shape: type[Shape]) -> list[Shape | None]:
    """Read states, in order, None where there is none; a hundred take one round trip.

    Only the fields of ``shape`` are read. A ready target whose cluster lets none run is shown as
    parked.
    """
    fields = _fields(shape)
    found: list[Shape | None] = []
    for chunk in batched(targets, CHUNK):
        rows = orjson.loads(store.call("states", " ".join(chunk), *fields))
        for target, row in zip(chunk, rows, strict=True):
            known = {field: text for field, text in zip(fields, row, strict=True) if text}
            found.append(_parse(target, known, shape) if known else None)
    return found


@cache
def _fields(shape: type[TargetLine]) -> tuple[str, ...]:
    """Return what is read of the hash; the script wants the phase first."""
    plain = [name for name in shape.model_fields if name not in {"id", "phase", *_HELD}]
    held = [field for _, (fields, _) in _held(shape) for field in fields]
    return ("phase", *plain, *held)


@cache
def _held(shape: type[TargetLine]) -> tuple[tuple[str, _Held], ...]:
    return tuple((name, _HELD[name]) for name in shape.model_fields if name in _HELD)


def _parse(target: str, known: Mapping[str, str], shape: type[Shape]) -> Shape:
    """Read one hash; pydantic makes numbers and words of texts."""
    values: dict[str, Any] = {**known, "id": target}
    for name, (fields, means) in _held(shape):
        for field in fields:
            if field in known:
                values[name] = means(known[field])
                break
    return shape.model_validate(values)
