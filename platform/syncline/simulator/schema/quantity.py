"""Resource quantities in their canonical form: `2000m` is stored as `2`, `0.5` as `500m`.

The API server rewrites them on every write, which makes them the classic false drift.
"""

from __future__ import annotations

import re
from decimal import ROUND_UP, Decimal
from functools import lru_cache

FORM = re.compile(r"^([+-]?(?:\d+\.?\d*|\.\d+))([numkMGTPE]|[KMGTPE]i|[eE][+-]?\d+)?$")
DECIMAL = {"n": -9, "u": -6, "m": -3, "": 0, "k": 3, "M": 6, "G": 9, "T": 12, "P": 15, "E": 18}
BINARY = {"": 0, "Ki": 10, "Mi": 20, "Gi": 30, "Ti": 40, "Pi": 50, "Ei": 60}
SMALLEST = Decimal("1e-9")
KIBI = 1024


@lru_cache(maxsize=4096)
def amount(text: str) -> Decimal:
    """Return how much a quantity is; 0 where the text is none."""
    found = FORM.match(text.strip())
    if not found:
        return Decimal(0)
    digits, suffix = Decimal(found.group(1)), found.group(2) or ""
    if suffix in DECIMAL:
        return digits.scaleb(DECIMAL[suffix])
    return digits * 2 ** BINARY[suffix] if suffix in BINARY else digits.scaleb(int(suffix[1:]))


@lru_cache(maxsize=4096)
def canonical(text: str) -> str | None:
    """Return the canonical form, None where the text is no quantity."""
    found = FORM.match(text.strip())
    if not found:
        return None
    digits, suffix = found.group(1), found.group(2) or ""
    if suffix in BINARY and suffix:
        value = Decimal(digits) * 2 ** BINARY[suffix]
        return binary(value) if abs(value) >= KIBI else decimal(value)
    if suffix in DECIMAL:
        return decimal(Decimal(digits).scaleb(DECIMAL[suffix]))
    return exponent(Decimal(digits).scaleb(int(suffix[1:])))


def thousands(value: Decimal) -> tuple[int, int]:
    """Return (mantissa, power): the value as an integer times ten to a multiple of three."""
    value = value.quantize(SMALLEST, rounding=ROUND_UP)
    for power in sorted(DECIMAL.values(), reverse=True):
        scaled = value.scaleb(-power)
        if scaled == scaled.to_integral_value() and scaled:
            return int(scaled), power
    return 0, 0


def decimal(value: Decimal) -> str:
    """Return the form with the largest decimal suffix that leaves an integer."""
    mantissa, power = thousands(value)
    suffix = next(word for word, known in DECIMAL.items() if known == power)
    return f"{mantissa}{suffix}"


def exponent(value: Decimal) -> str:
    """Return the form with an exponent, a multiple of three."""
    mantissa, power = thousands(value)
    return f"{mantissa}e{power}" if power else str(mantissa)


def binary(value: Decimal) -> str:
    """Return the form with the largest binary suffix that leaves an integer."""
    if value != value.to_integral_value():
        return decimal(value)
    for suffix, power in reversed(BINARY.items()):
        if int(value) % 2**power == 0:
            return f"{int(value) // 2**power}{suffix}"
    return str(int(value))
