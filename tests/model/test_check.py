"""Checks of an application as people write them."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from syncline.errors import InvalidDocument
from syncline.model import parse
from syncline.model.application import Application
from syncline.model.check import Check
from tests.model.test_parse import application

CEL: dict[str, Any] = {
    "objects": {"web": {"kind": "Deployment", "name": "web"}},
    "expression": "objects.web.status.readyReplicas >= 2",
}
HTTP: dict[str, Any] = {"url": "https://{{ cluster.labels.host }}:{{ cluster.labels.port }}/live"}
PROMETHEUS: dict[str, Any] = {
    "server": "https://prometheus.example.com/prefix",
    "query": 'errors{cluster="{{ cluster.name }}"}',
    "atMost": 0.01,
    "window": "5m",
}


def checks(*written: dict[str, Any]) -> tuple[Check, ...]:
    named = [{"name": f"c{number}", **each} for number, each in enumerate(written)]
    found = parse.parse_mapping(application(checks=named), source="web.yaml")
    assert isinstance(found, Application)
    return found.spec.checks


def test_an_application_has_checks_of_three_kinds() -> None:
    cel, http, prometheus = checks(
        {"cel": CEL}, {"http": HTTP}, {"prometheus": PROMETHEUS, "interval": "30s", "within": "1h"}
    )

    assert cel.cel is not None
    assert cel.cel.objects["web"].kind == "Deployment"
    assert http.http is not None
    assert (http.http.method, http.http.status) == ("GET", ())
    assert prometheus.prometheus is not None
    assert (prometheus.prometheus.at_most, prometheus.within) == (0.01, timedelta(hours=1))


@pytest.mark.parametrize(
    ("written", "told"),
    [
        ({}, "[0]: set exactly one of cel, http and prometheus"),
        ({"cel": CEL, "http": HTTP}, "[0]: set exactly one of cel, http and prometheus"),
        ({"http": HTTP, "interval": "1s"}, "[0].interval: "),
        ({"http": HTTP, "interval": "5m"}, "[0].interval: "),
        (
            {"cel": {**CEL, "expression": "objects.web.spec =="}},
            "[0].cel.expression: line 1, column 20: Syntax error",
        ),
        (
            {"cel": {**CEL, "expression": "web.status.readyReplicas > 1"}},
            "[0].cel.expression: line 1, column 11: undeclared reference to 'web.status",
        ),
        (
            {"cel": {**CEL, "expression": "objects.wbe.status.ready == 'objects.no'"}},
            "[0].cel: expression reads objects.wbe; objects has web",
        ),
        (
            {"cel": {**CEL, "expression": "[objects.web]"}},
            "[0].cel.expression: must be true or false",
        ),
        ({"cel": {**CEL, "objects": {}}}, "[0].cel.objects: "),
        (
            {"cel": {**CEL, "objects": {"web": {"kinds": "Deployment", "name": "web"}}}},
            "[0].cel.objects.web.kinds: unknown field; did you mean kind?",
        ),
        ({"http": {"url": "ftp://shop/"}}, "[0].http.url: must be an http:// or https:// URL"),
        (
            {"http": {"url": "https://me:hidden@shop/"}},
            "[0].http.url: holds a user or a password: leave them out",
        ),
        ({"http": {"url": "https://{{ shop }}/"}}, "[0].http.url: {{ shop }} is no expression"),
        ({"http": {**HTTP, "method": "DELETE"}}, "[0].http.method: "),
        ({"http": {**HTTP, "timeout": "1m"}}, "[0].http.timeout: "),
        (
            {"http": {**HTTP, "method": "HEAD", "contains": "x"}},
            "[0].http: contains needs GET",
        ),
        (
            {"prometheus": {**PROMETHEUS, "server": "https://shop/?a=b"}},
            "[0].prometheus.server: holds a query",
        ),
        (
            {"prometheus": {"server": "https://shop", "query": "up"}},
            "[0].prometheus: needs a bound: above, atLeast, below or atMost",
        ),
        ({"prometheus": {**PROMETHEUS, "query": "{{ cluster.name"}}, "[0].prometheus.query: "),
        ({"prometheus": {**PROMETHEUS, "window": "2d"}}, "[0].prometheus.window: "),
    ],
)
def test_a_mistake_is_told_with_its_field(written: dict[str, Any], told: str) -> None:
    with pytest.raises(InvalidDocument) as caught:
        checks(written)

    assert f"spec.checks{told}" in caught.value.detail
    assert "hidden" not in str(caught.value)


def test_two_checks_have_two_names() -> None:
    with pytest.raises(InvalidDocument, match=r"spec\.checks: 'c' names two checks"):
        checks({"name": "c", "http": HTTP}, {"name": "c", "cel": CEL})
