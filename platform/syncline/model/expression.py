"""CEL expressions: checked once, evaluated many times over plain JSON values.

The one place that knows which library evaluates them (Google's own, in C++): about 3 µs each. What
is wrong with an expression is told when it is compiled, with its place. Evaluating takes bounded
time (a budget of steps, regular expressions without backtracking) and changes nothing.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime, timedelta
from functools import cache
from typing import Any, Final

from syncline.errors import Permanent
from syncline.model.values import Manifest

LONGEST: Final = 2000
"""Characters of an expression."""

_ABSENT: Final = re.compile(
    r"NOT_FOUND:|.*Applying SELECT|.*Index error|.*(null_type|<iter_range>)"
)
_FAULT: Final = re.compile(r"ERROR: <input>:(-?\d+):(-?\d+): (.+)")


class ExpressionInvalid(Permanent):
    """An expression that cannot be compiled; the detail has line, column and what is wrong."""

    reason = "ExpressionInvalid"


class ExpressionFailed(Permanent):
    """An expression that has no value here: it divides by zero, or adds a word to a number."""

    reason = "ExpressionFailed"


class FieldAbsent(ExpressionFailed):
    """The expression reads a field, an entry or an index that is not there."""

    reason = "FieldAbsent"


class Given:
    """The values of variables, made ready once for all expressions that are to see them."""

    __slots__ = ("activation",)

    def __init__(self, values: Mapping[str, Any]) -> None:
        self.activation = _environment(tuple(values)).Activation(dict(values))


class Expression:
    """A compiled expression over named variables, whose values are plain JSON."""

    __slots__ = ("_program", "source", "text")

    def __init__(self, text: str, *, source: str, variables: tuple[str, ...] = ("self",)) -> None:
        """Compile.

        Raises:
            ExpressionInvalid: names ``source``, the place and what is wrong there.
        """
        self.text = text
        self.source = source
        if len(text) > LONGEST:
            raise ExpressionInvalid(
                source, f"is {len(text)} characters; at most {LONGEST} are read"
            )
        try:
            self._program = _environment(variables).compile(text)
        except RuntimeError as exc:
            raise ExpressionInvalid(source, _told(str(exc), text)) from None

    @property
    def may_be_bool(self) -> bool:
        """Whether its value is a boolean, as far as that is known before it is evaluated."""
        return self.may_be("BOOL")

    def may_be(self, *types: str) -> bool:
        """Whether its value is of one of these types of CEL's, likewise."""
        return self._program.return_type().name() in (*types, "DYN")

    def evaluate(self, values: Mapping[str, Any] | Given) -> Any:
        """Return its value as JSON would hold it; times and durations as their ISO text or seconds.

        Raises:
            FieldAbsent: what it reads is not there.
            ExpressionFailed: it has no value for another reason.
        """
        given = values if isinstance(values, Given) else Given(values)
        try:
            found = self._program.eval(given.activation)
            value = found.plain_value()
        except (RuntimeError, ValueError) as exc:
            raise ExpressionFailed(self.source, _first_line(str(exc))) from None
        except TypeError:  # an optional: Python has none
            raise ExpressionFailed(self.source, "its value is no JSON; add .orValue(…)") from None
        if found.type().name() == "ERROR":
            kind = FieldAbsent if _ABSENT.match(value) else ExpressionFailed
            raise kind(self.source, _first_line(value))
        return self._json(value)

    def holds(self, values: Mapping[str, Any] | Given) -> bool:
        """Say whether it is true; what reads an absent field is not.

        Raises:
            ExpressionFailed: it has no value for another reason, or none that is a boolean.
        """
        try:
            value = self.evaluate(values)
        except FieldAbsent:
            return False
        if not isinstance(value, bool):
            raise ExpressionFailed(self.source, f"must be true or false; is {value!r}"[:200])
        return value

    def _json(self, value: Any) -> Any:
        match value:
            case None | bool() | int() | float() | str():
                return value
            case datetime():
                return value.isoformat()
            case timedelta():
                return value.total_seconds()
            case dict():
                return {str(key): self._json(each) for key, each in value.items()}
            case list():
                return [self._json(each) for each in value]
            case _:
                raise ExpressionFailed(self.source, "its value is no JSON")


def visible(live: Manifest) -> Manifest:
    """Return an object as expressions see it: without managedFields, which are most of it."""
    meta = {key: value for key, value in live["metadata"].items() if key != "managedFields"}
    return {**live, "metadata": meta}


@cache
def _environment(variables: tuple[str, ...]) -> Any:
    # Loaded only where an expression is: it costs 5 ms and 18 MB (most of it shared).
    from cel_expr_python import cel  # noqa: PLC0415
    from cel_expr_python.ext import ext_optional, ext_strings  # noqa: PLC0415

    of_list = cel.Overload(
        "indices_list",
        return_type=cel.Type.List(cel.Type.INT),
        parameters=[cel.Type.List(cel.Type.DYN)],
        impl=_indices,
    )
    return cel.NewEnv(
        variables=dict.fromkeys(variables, cel.Type.DYN),
        extensions=[ext_strings.ExtStrings(), ext_optional.ExtOptional()],
        functions=[cel.FunctionDecl("indices", [of_list])],
    )


def _indices(items: Any) -> list[int]:
    """Count a list's items from 0: CEL's macros see items alone."""
    return list(range(len(items)))


def _told(message: str, text: str) -> str:
    found = _FAULT.search(message)
    if found is None:
        return f"{_first_line(message)} in {text!r}"
    line, column, what = found.groups()
    place = f"line {line}, column {column}: " if int(line) > 0 else ""
    what = _first_line(what).removesuffix(" (in container '')")
    return f"{place}{what} in {text!r}"


def _first_line(message: str) -> str:
    line = message.partition("\n")[0]
    return re.sub(r"^[A-Z_]+: | \[[A-Z_]+\]$", "", line)
