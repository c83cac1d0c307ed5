"""A rule made ready: its expressions are compiled, and so known to be sound, before any is used."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Any, Final

from syncline.errors import InvalidDocument
from syncline.health import reading, replicas
from syncline.health.verdict import Health, Judged
from syncline.model.expression import (
    Expression,
    ExpressionFailed,
    ExpressionInvalid,
    FieldAbsent,
    Given,
)
from syncline.model.healthrule import Case, Rule
from syncline.model.status import HealthStatus
from syncline.model.values import Manifest

VARIABLES: Final = ("self", "metadata", "spec", "status", "conditions")
_HOLE: Final = re.compile(r"\$\{([^{}]*)\}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Compiled:
    """Judges objects by the cases of one rule."""

    name: str
    rule: Rule
    cases: tuple[_Compiled, ...]

    def judge(self, live: Manifest) -> Judged | None:
        """Judge by the first case that holds; None where none does."""
        if self.rule.observed and reading.is_behind(live):
            return Judged(replicas.UNSEEN, self.name)
        conditions = reading.current(live)
        given = _given(live, conditions)
        for number, case in enumerate(self.cases, start=1):
            try:
                if case.when.holds(given):
                    return Judged(case.health(given, conditions), self.name, number)
            except ExpressionFailed as exc:
                broken = Health(HealthStatus.UNKNOWN, "RuleFailed", str(exc))
                return Judged(broken, self.name, number)
        return None


@dataclass(frozen=True, slots=True)
class _Text:
    """A text with holes: ``parts`` are words and expressions in turn."""

    parts: tuple[str | Expression, ...]

    def fill(self, given: Given) -> str:
        return "".join(p if isinstance(p, str) else _shown(p, given) for p in self.parts).strip()


@dataclass(frozen=True, slots=True)
class _Compiled:
    case: Case
    when: Expression
    reason: _Text
    message: _Text

    def health(self, given: Given, conditions: dict[str, dict[str, Any]]) -> Health:
        told = conditions.get(self.case.condition, {})
        reason = self.reason.fill(given) or (reading.reason(told) if told else "")
        message = self.message.fill(given) or (reading.words(told) if told else "")
        reason = reason or str(self.case.status)
        bare = "" if self.case.status is HealthStatus.HEALTHY else reason
        return Health(self.case.status, reason, message or bare)


def compile_rule(rule: Rule, *, name: str, source: str) -> Compiled:
    """Compile every expression of a rule.

    Raises:
        InvalidDocument: one line for each expression that is wrong: rule, case, place, fault.
    """
    mistakes: list[str] = []
    cases = [
        _case(case, f"{name}, case {number}", mistakes)
        for number, case in enumerate(rule.cases, start=1)
    ]
    if mistakes:
        raise InvalidDocument(source, "\n".join(mistakes))
    return Compiled(name=name, rule=rule, cases=tuple(case for case in cases if case))


def _case(case: Case, name: str, mistakes: list[str]) -> _Compiled | None:
    try:
        when = Expression(case.when, source=f"{name}, when", variables=VARIABLES)
        reason = _text(case.reason, f"{name}, reason")
        message = _text(case.message, f"{name}, message")
    except ExpressionInvalid as exc:
        mistakes.append(str(exc))
        return None
    if not when.may_be_bool:
        mistakes.append(f"{name}, when: must be true or false: {case.when!r}")
    return _Compiled(case, when, reason, message)


def _text(text: str, source: str) -> _Text:
    parts = _HOLE.split(text)
    if any("${" in words for words in parts[::2]):
        raise ExpressionInvalid(source, f"a ${{ has no end, or braces within, in {text!r}")
    return _Text(
        tuple(
            Expression(part, source=source, variables=VARIABLES) if number % 2 else part
            for number, part in enumerate(parts)
            if part or number % 2
        )
    )


def _given(live: Manifest, conditions: dict[str, dict[str, Any]]) -> Given:
    sections = (reading.section(live, name) for name in ("metadata", "spec", "status"))
    return Given(dict(zip(VARIABLES, (live, *sections, conditions), strict=True)))


def _shown(expression: Expression, given: Given) -> str:
    try:
        value = expression.evaluate(given)
    except FieldAbsent:
        return ""
    if isinstance(value, str):
        return value
    return "" if value is None else json.dumps(value, ensure_ascii=False)
