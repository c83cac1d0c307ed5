"""``{{ cluster.name }}`` and ``{{ cluster.labels.KEY }}`` in the values of parameters.

No language: a name, a label (``cluster.labels["a.b/c"]`` where the key has dots or slashes), or a
quoted text (``{{ "{{" }}`` writes two braces). Nothing else of an application is templated.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from syncline.errors import InvalidDocument
from syncline.model.records import ClusterRecord

_PLACE: Final = re.compile(r"\{\{\s*((?:\"[^\"]*\"|'[^']*'|[^\"'{}])*?)\s*\}\}")
_EXPRESSION: Final = re.compile(
    r"cluster\.(?P<name>name)"
    r"|cluster\.labels(?:\.(?P<key>[A-Za-z0-9_-]+)"
    r"|\[\s*(?:\"(?P<double>[^\"]+)\"|'(?P<single>[^']+)')\s*\])"
    r"|\"(?P<text>[^\"]*)\"|'(?P<other>[^']*)'"
)


def resolve(
    parameters: Mapping[str, str], cluster: ClusterRecord, *, subject: str
) -> dict[str, str]:
    """Fill in every value for one cluster.

    Args:
        parameters: name → value, as the application has them.
        cluster: whose name and labels are filled in.
        subject: the application's name, for errors.

    Raises:
        InvalidDocument: a label that the cluster lacks, or no such expression; one line each.
    """
    resolved, mistakes = {}, []
    for name, value in parameters.items():
        try:
            resolved[name] = _fill(value, cluster)
        except _Unresolved as exc:
            mistakes.append(f"parameter {name!r}: {exc}")
    if mistakes:
        raise InvalidDocument(subject, "\n".join(mistakes))
    return resolved


class _Unresolved(Exception):
    """What cannot be filled in, and why."""


def _fill(value: str, cluster: ClusterRecord) -> str:
    filled, end = [], 0
    for place in _PLACE.finditer(value):
        filled += [_literal(value[end : place.start()]), _evaluate(place[1], cluster)]
        end = place.end()
    return "".join([*filled, _literal(value[end:])])


def _literal(text: str) -> str:
    if "{{" in text:
        raise _Unresolved(f"{text[text.index('{{') :]!r} has no end: {_FORMS}")
    return text


_FORMS: Final = (
    'write {{ cluster.name }}, {{ cluster.labels.KEY }} or {{ cluster.labels["a.b/c"] }}; '
    '{{ "{{" }} for the braces themselves'
)


def _evaluate(expression: str, cluster: ClusterRecord) -> str:
    found = _EXPRESSION.fullmatch(expression)
    if not found:
        raise _Unresolved(f"{{{{ {expression} }}}} is no expression: {_FORMS}")
    if found["name"]:
        return cluster.name
    key = found["key"] or found["double"] or found["single"]
    if key is None:
        return found["text"] or found["other"] or ""
    if key not in cluster.labels:
        known = ", ".join(sorted(cluster.labels)) or "no labels"
        raise _Unresolved(f"cluster {cluster.name!r} has no label {key!r}; it has {known}")
    return cluster.labels[key]
