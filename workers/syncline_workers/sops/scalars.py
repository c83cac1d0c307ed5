"""What an unencrypted YAML scalar is to SOPS: its MAC has the value, not the text.

SOPS reads by go-yaml v3, which differs from what kubectl reads by (``model.yaml_scalars``):
``yes`` is a string, a date is a time. What is read here goes into the MAC and nowhere else.
"""

from __future__ import annotations

import re
from typing import Final

from syncline_workers.sops import sealed

_CORE: Final = "tag:yaml.org,2002:"
_NULLS: Final = frozenset(("", "~", "null", "Null", "NULL"))
_WORDS: Final = {
    **dict.fromkeys(("true", "True", "TRUE"), b"True"),
    **dict.fromkeys(("false", "False", "FALSE"), b"False"),
    **dict.fromkeys((".nan", ".NaN", ".NAN"), b"NaN"),
    **dict.fromkeys((".inf", ".Inf", ".INF", "+.inf", "+.Inf", "+.INF"), b"+Inf"),
    **dict.fromkeys(("-.inf", "-.Inf", "-.INF"), b"-Inf"),
}
_FLOAT: Final = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?")
_WHOLE: Final = re.compile(
    r"(?P<sign>[-+]?)(?:0[xX](?P<x>[0-9a-fA-F]+)|0[bB](?P<b>[01]+)|0[oO]?(?P<o>[0-7]+)"
    r"|(?P<d>0|[1-9][0-9]*))"
)
_BASES: Final = {"x": 16, "b": 2, "o": 8, "d": 10}
_LOWEST, _BEYOND = -(2**63), 2**64
_TIME: Final = re.compile(
    r"(?P<y>[0-9]{4})-(?P<m>[0-9]{1,2})-(?P<d>[0-9]{1,2})"
    r"(?:[Tt](?P<t>[0-9:]+(?:\.[0-9]+)?)(?P<zone>Z|[-+][0-9]{2}:[0-9]{2})"
    r"|\x20(?P<spaced>[0-9:]+(?:\.[0-9]+)?))?"
)
_CLOCK: Final = re.compile(r"([0-9]{1,2}):([0-9]{1,2}):([0-9]{1,2})(?:\.([0-9]{1,9}))?")


def in_mac(text: str, *, is_plain: bool, tag: str | None) -> bytes:
    """Return what a scalar adds to the MAC; null adds nothing.

    Args:
        text: the scalar's.
        is_plain: it stands without quotes and without a tag.
        tag: its tag, where one is written.
    """
    if not is_plain and tag in (None, "!", f"{_CORE}str", f"{_CORE}binary"):
        return text.encode()
    if tag is not None and not tag.startswith(_CORE):
        return text.encode()
    if text in _NULLS:
        return b""
    return _WORDS.get(text) or _number(text) or text.encode()


def _number(text: str) -> bytes | None:
    if text[0] == ".":
        return sealed.as_bytes(float(text)) if _FLOAT.fullmatch(text) else None
    if text[0] not in "+-0123456789":
        return None
    if time := _time(text):
        return time.encode()
    digits = text.replace("_", "")
    if found := _WHOLE.fullmatch(digits):
        base = next(name for name in _BASES if found[name])
        value = int(found[base][:100], _BASES[base]) * (-1 if found["sign"] == "-" else 1)
        if _LOWEST <= value < _BEYOND:
            return str(value).encode()
    return sealed.as_bytes(float(digits)) if _FLOAT.fullmatch(digits) else None


def _time(text: str) -> str | None:
    """A time as RFC 3339 has it, without what is zero at the end of its fraction."""
    found = _TIME.fullmatch(text)
    if found is None:
        return None
    clock = found["t"] or found["spaced"] or "0:0:0"
    parts = _CLOCK.fullmatch(clock)
    if parts is None:
        return None
    hours, minutes, seconds = (int(part) for part in parts.groups()[:3])
    day = f"{found['y']}-{int(found['m']):02}-{int(found['d']):02}"
    fraction = (parts[4] or "").rstrip("0")
    zone = found["zone"] or "Z"
    return (
        f"{day}T{hours:02}:{minutes:02}:{seconds:02}"
        f"{'.' + fraction if fraction else ''}{'Z' if zone[1:] == '00:00' else zone}"
    )
