"""JSON pointers in rules: as they are written, and as expressions name them of a live object."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Annotated, Any, Final

from pydantic import AfterValidator, StringConstraints

from syncline.model.expression import (
    LONGEST,
    Expression,
    ExpressionFailed,
    ExpressionInvalid,
    FieldAbsent,
    visible,
)
from syncline.model.values import Manifest

MOST: Final = 1000
"""Pointers that one expression may come to."""

_FORM: Final = r"^(/([^~/]|~[01])*)+$"
_WRITTEN: Final = re.compile(_FORM)
_LENGTH: Final = 1024
_IDENTITY: Final = ("/apiVersion", "/kind", "/metadata", "/metadata/name", "/metadata/namespace")


def _is_a_field(pointer: str) -> str:
    if pointer in _IDENTITY:
        raise ValueError(f"{pointer} says which object it is: name a field below it")
    return pointer


def _is_sound(text: str) -> str:
    try:
        found = _compiled(text)
    except ExpressionInvalid as exc:
        raise ValueError(exc.detail) from None
    if not found.may_be("LIST<STRING>", "LIST<DYN>"):
        raise ValueError(f"must be a list of JSON pointers: {text!r}")
    return text


Pointer = Annotated[
    str, StringConstraints(pattern=_FORM, max_length=_LENGTH), AfterValidator(_is_a_field)
]
"""A JSON pointer: ``/spec/replicas``."""

Pointing = Annotated[
    str, StringConstraints(min_length=1, max_length=LONGEST), AfterValidator(_is_sound)
]
"""CEL over a live object whose value is a list of JSON pointers."""


def named(text: str, live: Manifest) -> list[str]:
    """Return the pointers that an expression comes to; none where it reads what is absent.

    Raises:
        ExpressionFailed: it has no value, or another one. The detail holds nothing of the object
            but what the expression itself tells of it.
    """
    try:
        found = _compiled(text).evaluate({"self": visible(live)})
    except FieldAbsent:
        return []
    if not isinstance(found, list) or not all(map(_is_pointer, found)):
        raise ExpressionFailed(_SUBJECT, "must be a list of JSON pointers, as ['/spec/replicas']")
    if len(found) > MOST:
        raise ExpressionFailed(_SUBJECT, f"names {len(found)} fields; at most {MOST} may be")
    return found


_SUBJECT: Final = "expression"


@lru_cache(maxsize=1024)
def _compiled(text: str) -> Expression:
    return Expression(text, source=_SUBJECT)


def _is_pointer(value: Any) -> bool:
    if not isinstance(value, str) or len(value) > _LENGTH or value in _IDENTITY:
        return False
    return _WRITTEN.fullmatch(value) is not None
