"""Which names and labels the API server takes, and how it says no."""

from __future__ import annotations

import re

from syncline.simulator.kinds.behaviour import Object, Problem, invalid, required

LABEL = r"[a-z0-9]([-a-z0-9]*[a-z0-9])?"
VALUE = r"(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?"
SUBDOMAIN_RULE = (
    "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.',"
    " and must start and end with an alphanumeric character (e.g. 'example.com', regex used for"
    rf" validation is '{LABEL}(\.{LABEL})*')"
)
LABEL_RULE = (
    "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must"
    " start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for"
    f" validation is '{LABEL}')"
)
VALUE_RULE = (
    "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.',"
    " and must start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or"
    f" '12345', regex used for validation is '{VALUE}')"
)
RULES = {
    "subdomain": (re.compile(rf"{LABEL}(\.{LABEL})*\Z"), 253, SUBDOMAIN_RULE),
    "label": (re.compile(rf"{LABEL}\Z"), 63, LABEL_RULE),
}
PATH_WORDS = (".", "..")
LONGEST_VALUE = 63


def name_problems(name: str, rule: str) -> list[Problem]:
    """Return what is wrong with an object's name; the rule `path` takes nearly anything."""
    if not name:
        return [required("metadata.name", "name or generateName is required")]
    if rule == "path":
        bad = [f"may not be '{name}'"] if name in PATH_WORDS else []
        bad += [f"may not contain '{sign}'" for sign in "/%" if sign in name]
        return [invalid("metadata.name", f'"{name}"', why) for why in bad]
    pattern, longest, text = RULES[rule]
    if len(name) > longest:
        return [invalid("metadata.name", f'"{name}"', f"must be no more than {longest} bytes")]
    return [] if pattern.match(name) else [invalid("metadata.name", f'"{name}"', text)]


def label_problems(obj: Object) -> list[Problem]:
    """Return what is wrong with an object's label values."""
    found = []
    for value in (obj["metadata"].get("labels") or {}).values():
        if len(value) > LONGEST_VALUE:
            why = f"must be no more than {LONGEST_VALUE} bytes"
            found.append(invalid("metadata.labels", f'"{value}"', why))
        elif not re.fullmatch(VALUE, value):
            found.append(invalid("metadata.labels", f'"{value}"', VALUE_RULE))
    return found
