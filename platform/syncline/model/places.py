"""The places in a text that are filled in for each cluster: ``{{ cluster.name }}`` and labels.

No language: a name, a label (``cluster.labels["a.b/c"]`` where the key has dots or slashes), or a
quoted text (``{{ "{{" }}`` writes two braces). What may have such places says ``template``.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final

FORMS: Final = (
    'write {{ cluster.name }}, {{ cluster.labels.KEY }} or {{ cluster.labels["a.b/c"] }}; '
    '{{ "{{" }} for the braces themselves'
)

_PLACE: Final = re.compile(r"\{\{\s*((?:\"[^\"]*\"|'[^']*'|[^\"'{}])*?)\s*\}\}")
_EXPRESSION: Final = re.compile(
    r"cluster\.(?P<name>name)"
    r"|cluster\.labels(?:\.(?P<key>[A-Za-z0-9_-]+)"
    r"|\[\s*(?:\"(?P<double>[^\"]+)\"|'(?P<single>[^']+)')\s*\])"
    r"|\"(?P<text>[^\"]*)\"|'(?P<other>[^']*)'"
)


class Unresolved(Exception):
    """What cannot be filled in, and why."""


def fill(value: str, name: str, label: Callable[[str], str]) -> str:
    """Fill in every place.

    Args:
        value: the text.
        name: the cluster's.
        label: its label of a key.

    Raises:
        Unresolved: a place has no end, or holds no such expression.
    """
    filled, end = [], 0
    for place in _PLACE.finditer(value):
        filled += [_literal(value[end : place.start()]), _evaluate(place[1], name, label)]
        end = place.end()
    return "".join([*filled, _literal(value[end:])])


def _literal(text: str) -> str:
    if "{{" in text:
        raise Unresolved(f"{text[text.index('{{') :]!r} has no end: {FORMS}")
    return text


def _evaluate(expression: str, name: str, label: Callable[[str], str]) -> str:
    found = _EXPRESSION.fullmatch(expression)
    if not found:
        raise Unresolved(f"{{{{ {expression} }}}} is no expression: {FORMS}")
    if found["name"]:
        return name
    key = found["key"] or found["double"] or found["single"]
    return (found["text"] or found["other"] or "") if key is None else label(key)
