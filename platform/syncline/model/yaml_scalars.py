"""What a YAML scalar means, as kubectl and Helm read it.

Both read through sigs.k8s.io/yaml: go-yaml v2, then JSON. So ``on``, ``yes`` and even ``y`` are
booleans, ``0644`` and ``0o644`` are octal, ``1_000`` is a number, ``1:30`` and dates stay strings,
and ``1.0`` becomes the JSON number ``1``. What is beyond 64 bits is a float. tests/model/cases
holds what sigs.k8s.io/yaml 1.6 made of each case. Where it loses information (``.nan``, binary
that is no text, keys that are floats) we refuse instead.
"""

from __future__ import annotations

import re
from base64 import b64decode
from typing import Final, TypeAlias

Scalar: TypeAlias = str | int | float | bool | None

_CORE: Final = "tag:yaml.org,2002:"
_NOT_FINITE: Final = frozenset(
    sign + word for sign in ("", "+", "-") for word in (".inf", ".Inf", ".INF")
) | {".nan", ".NaN", ".NAN"}
_WORDS: Final[dict[str, bool | None]] = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL")),
    **dict.fromkeys(
        ("y", "Y", "yes", "Yes", "YES", "true", "True", "TRUE", "on", "On", "ON"), True
    ),
    **dict.fromkeys(
        ("n", "N", "no", "No", "NO", "false", "False", "FALSE", "off", "Off", "OFF"), False
    ),
}
_BASED = re.compile(r"([-+]?)0(?:[xX]([0-9a-fA-F]+)|[bB]([01]+)|[oO]?([0-7]+))")
_DECIMAL = re.compile(r"[-+]?(?:0|[1-9][0-9]*)")
_FLOAT = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?")
_POINT = re.compile(r"\.[0-9]+(?:_[0-9]+)*(?:[eE][-+]?[0-9]+(?:_[0-9]+)*)?")
_LOWEST, _BEYOND = -(2**63), 2**64


class NotJson(ValueError):
    """The scalar has no place in JSON; the message says why."""


def plain(text: str) -> Scalar:
    """Read an unquoted scalar without a tag.

    Raises:
        NotJson: an infinity or not-a-number.
    """
    if text in _WORDS:
        return _WORDS[text]
    if text[0] not in "0123456789+-.":
        return text
    if text.isdigit() and text[0] != "0" and len(text) < 19 and text.isascii():  # noqa: PLR2004 - below 2**63
        return int(text)
    return _number(text)


def is_plain_string(text: str) -> bool:
    """Tell whether this text, written unquoted, would be read as the same string."""
    try:
        return isinstance(plain(text), str)
    except NotJson:
        return False


def tagged(tag: str, text: str) -> Scalar:
    """Read a scalar that carries an explicit tag.

    Raises:
        NotJson: the text does not fit the tag, or the tag is none of YAML's own.
    """
    name = tag.removeprefix(_CORE) if tag.startswith(_CORE) else ""
    if name in ("str", "timestamp"):
        return text
    if name == "binary":
        return _binary(text)
    value = plain(text)
    if name == "float" and isinstance(value, int | float) and not isinstance(value, bool):
        return value
    if name == _tag_of(value) and name != "str":
        return value
    shown = f"!!{name}" if name else tag
    raise NotJson(f"{text!r} cannot be read as {shown}")


def as_key(value: Scalar) -> str:
    """Write a scalar as the key of a JSON object.

    Raises:
        NotJson: null, or a float, which kubectl rewrites (``1e3`` to ``1000``).
    """
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    raise NotJson("a key must be a string: put it in quotes")


def _number(text: str) -> Scalar:
    if text in _NOT_FINITE:
        raise NotJson(f"{text} is no JSON number: put it in quotes")
    if text[0] == "." and not _POINT.fullmatch(text):
        return text  # elsewhere underscores may stand in any place
    digits = text.replace("_", "")
    whole = _whole(digits)
    if whole is not None and _LOWEST <= whole < _BEYOND:
        return whole
    return _float(digits) if _FLOAT.fullmatch(digits) else text


def _float(digits: str) -> Scalar:
    value = float(digits)
    if value in (float("inf"), float("-inf")):
        return digits
    return int(value) if value.is_integer() and _LOWEST <= value < _BEYOND else value


def _whole(digits: str) -> int | None:
    if _DECIMAL.fullmatch(digits):
        # Longer ones are floats for go-yaml too, and Python limits such conversions.
        return int(digits) if len(digits) < 40 else None  # noqa: PLR2004 - 2**64 has 20 digits
    if found := _BASED.fullmatch(digits):
        sign, hexa, binary, octal = found.groups()
        value = int(hexa, 16) if hexa else int(binary, 2) if binary else int(octal, 8)
        return -value if sign == "-" else value
    return None


def _binary(text: str) -> str:
    try:
        return b64decode("".join(text.split()), validate=True).decode()
    except ValueError as exc:
        raise NotJson("!!binary must be base64 of UTF-8 text; JSON has no bytes") from exc


def _tag_of(value: Scalar) -> str:
    if value is None:
        return "null"
    return "bool" if isinstance(value, bool) else type(value).__name__
