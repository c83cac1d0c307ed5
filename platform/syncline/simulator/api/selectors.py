"""Label and field selectors: text into a test of objects."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache

from syncline.simulator.api import refusal
from syncline.simulator.store.cluster import Shelf
from syncline.simulator.store.stored import Stored

Labels = dict[str, str]
Test = Callable[[Labels], bool]

IN_SET = re.compile(r"^([^\s!=(),]+)\s+(in|notin)\s+\(([^)]*)\)$")
EQUAL = re.compile(r"^([^\s!=(),]+)\s*(==|=|!=)\s*([^\s!=(),]*)$")
EXISTS = re.compile(r"^(!?)\s*([^\s!=(),]+)$")
COMMA = re.compile(r",(?![^(]*\))")

FIELDS: dict[Shelf, tuple[str, ...]] = {
    Shelf("", "pods"): ("spec.nodeName", "spec.restartPolicy", "status.phase"),
    Shelf("", "secrets"): ("type",),
    Shelf("", "namespaces"): ("status.phase",),
    Shelf("", "events"): (
        "involvedObject.name",
        "involvedObject.kind",
        "involvedObject.uid",
        "reason",
        "type",
    ),
}
COMMON = ("metadata.name", "metadata.namespace")


@lru_cache(maxsize=1024)
def by_labels(text: str) -> Test | None:
    """Return the test that a label selector means; None where it selects everything.

    Raises:
        Refusal: it is no selector.
    """
    terms = [term.strip() for term in COMMA.split(text) if term.strip()]
    tests = [requirement(term) for term in terms]
    if not tests:
        return None
    return tests[0] if len(tests) == 1 else lambda labels: all(test(labels) for test in tests)


def requirement(term: str) -> Test:
    """Return the test for one requirement."""
    if found := IN_SET.match(term):
        key, word, listed = found.groups()
        values = {value.strip() for value in listed.split(",")}
        if word == "in":
            return lambda labels: labels.get(key) in values
        return lambda labels: labels.get(key) not in values
    if found := EQUAL.match(term):
        key, sign, value = found.groups()
        if sign == "!=":
            return lambda labels: labels.get(key) != value
        return lambda labels: labels.get(key) == value
    if found := EXISTS.match(term):
        absent, key = found.groups()
        return lambda labels: (key in labels) != bool(absent)
    words = term.split()
    got = words[1] if len(words) > 1 else term
    known = "in, notin, =, ==, !=, gt, lt"
    raise refusal.bad_request(f"unable to parse requirement: found '{got}', expected: {known}")


def by_fields(text: str, shelf: Shelf) -> Callable[[Stored], bool] | None:
    """Return the test that a field selector means; None where it selects everything.

    Raises:
        Refusal: it names a field that cannot be selected by.
    """
    tests: list[tuple[str, str, bool]] = []
    known = (*COMMON, *FIELDS.get(shelf, ()))
    for term in filter(None, text.split(",")):
        name, sign, value = re.split(r"(!=|==|=)", term, maxsplit=1)
        if name not in known:
            names = ", ".join(f'"{word}"' for word in COMMON)
            raise refusal.bad_request(f'"{name}" is not a known field selector: only {names}')
        tests.append((name, value, sign != "!="))
    if not tests:
        return None
    return lambda kept: all((field(kept, name) == value) is same for name, value, same in tests)


EXACT = re.compile(r"(?:^|,)metadata\.name==?([^,]*)")


def exact_name(text: str) -> str:
    """Return the one name that a field selector allows, "" where it allows several."""
    found = EXACT.search(text)
    return found[1] if found else ""


def field(kept: Stored, name: str) -> str:
    """Return the value of a selectable field."""
    if name == "metadata.name":
        return kept.name
    if name == "metadata.namespace":
        return kept.namespace
    value = kept.load()
    for part in name.split("."):
        value = value.get(part) or {}
    return value if isinstance(value, str) else ""
