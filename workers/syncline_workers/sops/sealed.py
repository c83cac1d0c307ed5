"""One value as SOPS writes it, ``ENC[AES256_GCM,data:…,iv:…,tag:…,type:…]``, and the MAC's bytes.

The path of a value in its file is bound to its text, so that none can be moved; the MAC, over all
values of a file in their order, tells of one that was added, changed or taken away.
"""

from __future__ import annotations

import re
from base64 import b64decode, b64encode
from decimal import Decimal
from typing import Final, TypeAlias

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

Value: TypeAlias = str | int | float | bool
"""What a value is once it is decrypted; a time is its text."""

_MARK: Final = b"ENC[AES256_GCM,data:"
_SEALED: Final = re.compile(
    r"ENC\[AES256_GCM,data:([A-Za-z0-9+/=]+),iv:([A-Za-z0-9+/=]+),tag:([A-Za-z0-9+/=]+)"
    r",type:([a-z]+)\]"
)


class Broken(Exception):
    """Why a value cannot be read; never holds one."""


class Time(str):
    """A time as RFC 3339 has it; in YAML it stands without quotes."""

    __slots__ = ()


class Comment(str):
    """A comment that was encrypted; it is no part of the MAC."""

    __slots__ = ()


def is_marked(content: bytes) -> bool:
    """Whether a value that SOPS encrypted is in there; cheap."""
    return _MARK in content


def is_hidden_in(content: bytes) -> bool:
    """Whether one is in there as it is, or within base64, as Secrets hold it."""
    return any(mark in content for mark in _MARKS)


def is_sealed(text: object) -> bool:
    """Whether this is such a value."""
    return isinstance(text, str) and _SEALED.fullmatch(text) is not None


def opened(text: str, key: bytes, place: str) -> Value:
    """Decrypt a value.

    Args:
        text: as it stands in the file.
        key: the file's data key.
        place: what is bound to it: the keys that lead there, each with a colon after it.

    Raises:
        Broken: it is none, was changed or moved, or the key is another file's.
    """
    found = _SEALED.fullmatch(text)
    if found is None:
        raise Broken("is no value that SOPS encrypted")
    try:
        data, nonce, tag = (b64decode(part, validate=True) for part in found.groups()[:3])
        plain = AESGCM(key).decrypt(nonce, data + tag, place.encode())
    except (InvalidTag, ValueError) as exc:
        raise Broken("was changed or moved since it was encrypted") from exc
    return _typed(found[4], plain)


def as_bytes(value: Value) -> bytes:
    """What of a value is in the MAC."""
    if isinstance(value, bool):
        return b"True" if value else b"False"
    if isinstance(value, float):
        return _shortest(value).encode()
    return str(value).encode()


def _typed(kind: str, plain: bytes) -> Value:
    try:
        text = plain.decode()
        match kind:
            case "str" | "bytes":
                return text
            case "int":
                return int(text)
            case "float":
                return float(text)
            case "bool":
                return {"true": True, "false": False}[text.lower()]
            case "time":
                return Time(text)
            case "comment":
                return Comment(text)
    except (ValueError, KeyError) as exc:
        raise Broken(f"is no {kind}") from exc
    raise Broken(f"has the type {kind}, which is not known")


def _shortest(value: float) -> str:
    """Digits without an exponent, as few as tell the number from its neighbours."""
    if value != value or value in (float("inf"), float("-inf")):  # noqa: PLR0124 - not a number
        return {"inf": "+Inf", "-inf": "-Inf"}.get(str(value), "NaN")
    text = format(Decimal(repr(value)), "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


def _within_base64(mark: bytes, shift: int) -> bytes:
    """The mark's inner part as base64 has it where so many bytes of a triple are before it."""
    whole = (shift + len(mark)) // 3 * 4
    return b64encode(b"\0" * shift + mark)[(shift + 2) // 2 * 2 if shift else 0 : whole]


_MARKS: Final = (_MARK, *(_within_base64(_MARK, shift) for shift in range(3)))
