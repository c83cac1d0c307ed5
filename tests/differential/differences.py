"""Where two servers' answers part, in words short enough to count by."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from tests.conformance.masking import ordered
from tests.differential.sequences import Step

UNCOMPARED_MESSAGES = (400, 500)
"""Codes whose messages name Go types and line numbers; code and reason are compared."""

CONFLICT, INVALID = 409, 422
QUOTED = re.compile(
    r"(Invalid) value: (?:\{(?!\}).*?\}|null|\{\}(?=: `))(?=: field|: `)|(Duplicate) value: \{.*\}",
    re.DOTALL,
)


@dataclass(frozen=True)
class Difference:
    """The first answer of a sequence that differs."""

    seed: int
    number: int
    step: int
    kind: str
    mine: Any
    theirs: Any
    steps: list[Step]


def first(mine: list[Any], theirs: list[Any]) -> tuple[int, str] | None:
    """The index of the first answer that differs, and at what; None where none does."""
    for index, (one, other) in enumerate(zip(mine, theirs, strict=True)):
        if len(one) != len(other):
            return index, f"{len(one)} pages, not {len(other)}"
        for (code, body), (true_code, true_body) in zip(one, other, strict=True):
            if code != true_code:
                return index, f"code {code}, not {true_code}"
            path = next(parting(told(code, body), told(code, true_body)), None)
            if path is not None:
                return index, path
    return None


def told(code: int, body: Any) -> Any:
    """An answer without the words that are not compared."""
    if code in UNCOMPARED_MESSAGES and isinstance(body, dict):
        return {key: body.get(key) for key in ("kind", "code", "reason")}
    return without_values(body) if code in (CONFLICT, INVALID) else body


STORAGE = re.compile(r"StorageError: .*?, AdditionalErrorMsg: ")


def quoted(found: re.Match[str]) -> str:
    """What is left of a value that a message quotes."""
    return f"{found[1] or found[2]} value: <object>"


def without_values(value: Any) -> Any:
    """A refusal without the objects that it quotes: the API server prints Go's own structures."""
    if isinstance(value, dict):
        found = {key: without_values(part) for key, part in value.items()}
        return {key: ordered(part) if key == "causes" else part for key, part in found.items()}
    if isinstance(value, list):
        return [without_values(part) for part in value]
    if not isinstance(value, str):
        return value
    return QUOTED.sub(quoted, STORAGE.sub("", value))


def parting(mine: Any, theirs: Any, path: str = "") -> Iterator[str]:
    """The paths at which two values differ."""
    if isinstance(mine, dict) and isinstance(theirs, dict):
        for key in sorted({*mine, *theirs}):
            here = f"{path}.{key}"
            if key not in theirs:
                yield f"{here} is too much"
            elif key not in mine:
                yield f"{here} is missing"
            else:
                yield from parting(mine[key], theirs[key], here)
    elif isinstance(mine, list) and isinstance(theirs, list):
        if len(mine) != len(theirs):
            yield f"{path} has {len(mine)}, not {len(theirs)}"
        for one, other in zip(mine, theirs, strict=False):
            yield from parting(one, other, f"{path}[]")
    elif mine != theirs or type(mine) is not type(theirs):
        yield path or "the whole"


def verb(step: Step) -> str:
    """What a step asks for: `apply Deployment`."""
    word = next(iter(step))
    value = step[word]
    place = step.get("of") or (value["kind"] if isinstance(value, dict) else value)
    parts = str(place).split("/")
    return " ".join([word, parts[0], *parts[2:]])
