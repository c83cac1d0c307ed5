"""``${name}`` in the values of plain and kustomize manifests, for declared parameters only.

Anything else that looks alike is left as it is: scripts and dashboards are full of it. ``$${name}``
writes ``${name}``. Keys are never changed. What is filled in is never read again as a template or
as YAML structure; in a plain file an unquoted value is typed after it is filled in (``replicas:
${replicas}`` is a number), while kustomize has lost the quotes, so there it stays a string.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

Fill = Callable[[str], str]


def fill(parameters: Mapping[str, str]) -> Fill | None:
    """Return what fills these parameters in a text; None where there are none."""
    if not parameters:
        return None
    names = "|".join(re.escape(name) for name in parameters)
    place = re.compile(rf"(\$?)\$\{{({names})\}}")

    def replaced(found: re.Match[str]) -> str:
        return found[0][1:] if found[1] else parameters[found[2]]

    return lambda text: place.sub(replaced, text)


def into(value: Any, filled: Fill) -> Any:
    """Return the value with every string in it filled in, keys excepted."""
    if isinstance(value, str):
        return filled(value) if "${" in value else value
    if isinstance(value, dict):
        return {key: into(item, filled) for key, item in value.items()}
    if isinstance(value, list):
        return [into(item, filled) for item in value]
    return value
