"""The places in a text that are filled in for each cluster: ``{{ cluster.name }}`` and its like.

No language: the name, a label, a value or a variable (``cluster.labels["a.b/c"]`` where the key has
dots or slashes), each but the name with a default if wished (``| default "eu"``), or a quoted text
(``{{ "{{" }}`` writes two braces). What may have such places says ``template``.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final, NamedTuple, TypeAlias

FORMS: Final = (
    "write {{ cluster.name }}, {{ cluster.labels.KEY }}, {{ cluster.values.KEY }} or "
    '{{ variables.NAME }}; ["a.b/c"] for other keys; | default "…" for what may be missing; '
    '{{ "{{" }} for the braces themselves'
)

_PLACE: Final = re.compile(r"\{\{\s*((?:\"[^\"]*\"|'[^']*'|[^\"'{}])*?)\s*\}\}")
_EXPRESSION: Final = re.compile(
    r"cluster\.(?P<name>name)"
    r"|(?:cluster\.(?P<of>labels|values)|(?P<variables>variables))"
    r"(?:\.(?P<key>[A-Za-z0-9_-]+)"
    r"|\[\s*(?:\"(?P<double>[^\"]+)\"|'(?P<single>[^']+)')\s*\])"
    r"(?:\s*\|\s*default\s+(?:\"(?P<default>[^\"]*)\"|'(?P<other_default>[^']*)'))?"
    r"|\"(?P<text>[^\"]*)\"|'(?P<other>[^']*)'"
)


class Unresolved(Exception):
    """What cannot be filled in, and why."""


class Missing(Unresolved):
    """What is not there: a default takes its place, where one is written."""


class Place(NamedTuple):
    """What stands for something that differs by cluster."""

    of: str  # name, labels, values or variables
    key: str
    written: str


Look: TypeAlias = Callable[[Place], str]
"""What is to stand there.

Raises:
    Unresolved: it has no place here; or, as Missing, it is not there.
"""


def fill(value: str, look: Look) -> str:
    """Fill in every place.

    Args:
        value: the text.
        look: tells what is to stand in a place.

    Raises:
        Unresolved: a place has no end, holds no such expression, or cannot be filled in.
    """
    filled, end = [], 0
    for place in _PLACE.finditer(value):
        filled += [_literal(value[end : place.start()]), _evaluate(place[0], place[1], look)]
        end = place.end()
    return "".join([*filled, _literal(value[end:])])


def _literal(text: str) -> str:
    if "{{" in text:
        raise Unresolved(f"{text[text.index('{{') :]!r} has no end: {FORMS}")
    return text


def _evaluate(written: str, expression: str, look: Look) -> str:
    found = _EXPRESSION.fullmatch(expression)
    if not found:
        raise Unresolved(f"{{{{ {expression} }}}} is no expression: {FORMS}")
    if found["name"]:
        return look(Place("name", "", written))
    key = found["key"] or found["double"] or found["single"]
    if key is None:
        return found["text"] or found["other"] or ""
    default = found["default"] if found["default"] is not None else found["other_default"]
    try:
        return look(Place(found["of"] or found["variables"], key, written))
    except Missing:
        if default is None:
            raise
        return default
