"""``${name}`` in manifests and value files, for declared parameters and variables only.

Anything else that looks alike is left as it is: scripts and dashboards are full of it. ``$${name}``
writes ``${name}``. A variable may have a default in its place, ``${name:=text}``; where it is
missing and has none, that is an error. Keys are never changed. What is filled in is never read
again as a template or as YAML structure; in a plain file an unquoted value is typed after it is
filled in (``replicas: ${replicas}`` is a number), while kustomize has lost the quotes, so there it
stays a string.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, Final

from syncline.errors import InvalidDocument
from syncline_workers.renderers.plan import Missing

NONE: Final[Mapping[str, str | Missing]] = MappingProxyType({})

Fill = Callable[[str], str]


def fill(
    parameters: Mapping[str, str],
    variables: Mapping[str, str | Missing] = NONE,
    *,
    subject: str = "",
) -> Fill | None:
    """Return what fills these in a text; None where there are none.

    Args:
        parameters: name → value; they win over variables.
        variables: name → value, or that it is missing.
        subject: the source's path, for errors of what is returned.
    """
    if not parameters and not variables:
        return None
    names = "|".join(re.escape(name) for name in (*parameters, *variables))
    place = re.compile(rf"(\$?)\$\{{({names})(?::=([^}}]*))?\}}")

    def replaced(found: re.Match[str]) -> str:
        escaped, name, default = found.groups()
        if name in parameters:
            if default is not None:
                return found[0]  # defaults are for variables: a parameter always has a value
            value: str | Missing = parameters[name]
        else:
            value = variables[name]
        if escaped:
            return found[0][1:]
        if not isinstance(value, Missing):
            return value
        if default is None:
            raise _missing(subject, name, value)
        return default

    return lambda text: place.sub(replaced, text)


def _missing(subject: str, name: str, missing: Missing) -> InvalidDocument:
    return InvalidDocument(
        subject,
        f"${{{name}}} stands for a variable that is missing: {missing.why}; give it there, or "
        f"write ${{{name}:=TEXT}} for a default",
    )


def into(value: Any, filled: Fill) -> Any:
    """Return the value with every string in it filled in, keys excepted."""
    if isinstance(value, str):
        return filled(value) if "${" in value else value
    if isinstance(value, dict):
        return {key: into(item, filled) for key, item in value.items()}
    if isinstance(value, list):
        return [into(item, filled) for item in value]
    return value
