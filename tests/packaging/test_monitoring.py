"""The chart's dashboard, alerts and scaling mention only what the program tells."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from syncline.api.app import describe
from syncline.api.metrics.metric import Kind
from syncline.api.metrics.table import METRICS
from syncline.model.status import Lane
from tests.packaging import chart

PRODUCTION = Path(__file__).parent / "values" / "production.yaml"
RULES = yaml.safe_load((chart.CHART / "files/rules.yaml").read_text())
DASHBOARD = json.loads((chart.CHART / "files/dashboard.json").read_text())
ALERTS = [rule for group in RULES["groups"] for rule in group["rules"]]

WORDS = {"sum", "max", "by", "rate", "increase", "changes", "absent", "topk", "histogram_quantile"}
GRAFANA = {"job"}
PARTS = {Kind.HISTOGRAM: ("_bucket", "_sum", "_count")}
LABELS = {
    each.name + part: {*each.labels, *(("le",) if part == "_bucket" else ())}
    for each in METRICS
    for part in PARTS.get(each.kind, ("",))
}
"""Every name that a query can ask for, and its labels."""


def panels() -> Iterator[dict[str, Any]]:
    yield from (panel for panel in DASHBOARD["panels"] if panel["type"] != "row")


EXPRESSIONS = [
    *(pytest.param(rule["expr"], id=rule["alert"]) for rule in ALERTS),
    *(
        pytest.param(target["expr"], id=f"{panel['title']} {target['refId']}")
        for panel in panels()
        for target in panel["targets"]
    ),
]


def selected(expression: str) -> list[tuple[str, set[str]]]:
    """Each metric of an expression with the labels that it is selected by."""
    found = re.findall(r"\b(syncline_\w+)(?:\{([^}]*)\})?", expression)
    return [(name, set(re.findall(r"(\w+)\s*[=!]", matchers))) for name, matchers in found]


@pytest.mark.parametrize("expression", EXPRESSIONS)
def test_each_metric_exists_with_the_labels_that_it_is_selected_by(expression: str) -> None:
    for name, labels in selected(expression):
        assert name in LABELS, name
        assert labels - GRAFANA <= LABELS[name]


@pytest.mark.parametrize("expression", EXPRESSIONS)
def test_each_label_that_is_grouped_by_is_one_of_its_metrics(expression: str) -> None:
    grouped = {
        label.strip()
        for group in re.findall(r"\bby \(([^)]*)\)", expression)
        for label in group.split(",")
    }
    known = set().union(*(LABELS[name] for name, _ in selected(expression)))

    assert selected(expression)
    assert grouped <= known


@pytest.mark.parametrize("expression", EXPRESSIONS)
def test_each_expression_reads_as_a_query(expression: str) -> None:
    bare = re.sub(r"\{[^}]*\}|\"[^\"]*\"|by \([^)]*\)", "", expression)

    assert bare.count("(") == bare.count(")")
    assert bare.count("[") == bare.count("]")
    assert set(re.findall(r"\b[a-z_]+\b(?!\])", bare)) <= WORDS | LABELS.keys() | {"m"}


@pytest.mark.parametrize("expression", EXPRESSIONS)
def test_servers_that_tell_the_same_are_not_added_up(expression: str) -> None:
    """Each server tells of the whole installation: a sum is one over series of a maximum."""
    assert not re.search(r"\bsum(?: by \([^)]*\))? ?\((?!max)", expression)


@pytest.mark.parametrize("expression", EXPRESSIONS)
def test_counters_are_looked_at_over_time(expression: str) -> None:
    counters = {each.name for each in METRICS if each.kind is Kind.COUNTER}
    named = re.findall(r"(\w+\()?(syncline_\w+_total)(?:\{[^}]*\})?(\[\w+\])?", expression)

    for function, name, window in named:
        assert name in counters
        assert (function in {"rate(", "increase(", "changes("}) == bool(window)
        assert window


@pytest.mark.parametrize("rule", ALERTS, ids=lambda rule: str(rule["alert"]))
def test_each_alert_says_what_and_what_to_do(rule: dict[str, Any]) -> None:
    operate = (chart.CHART.parents[1] / "docs/operate.md").read_text()

    assert set(rule) <= {"alert", "expr", "for", "labels", "annotations"}
    assert rule["labels"]["severity"] in {"warning", "critical"}
    assert set(rule["annotations"]) == {"summary", "description"}
    assert f"`{rule['alert']}`" in operate


def test_panels_do_not_overlap_and_have_names_of_their_own() -> None:
    cells = [
        (x, y)
        for panel in DASHBOARD["panels"]
        for grid in [panel["gridPos"]]
        for x in range(grid["x"], grid["x"] + grid["w"])
        for y in range(grid["y"], grid["y"] + grid["h"])
    ]
    titles = [panel["title"] for panel in DASHBOARD["panels"]]

    assert len(cells) == len(set(cells))
    assert max(x for x, _ in cells) < 24
    assert len(titles) == len(set(titles))


def test_every_metric_is_shown_or_watched() -> None:
    shown = {name for param in EXPRESSIONS for name, _ in selected(str(param.values[0]))}
    quiet = {
        "syncline_queue_drain_runs_per_second",
        "syncline_project_queue_oldest_seconds",
        "syncline_targets_by_phase",
        "syncline_documents",
        "syncline_lane_runs_total",
    }

    missing = [each.name for each in METRICS if not any(s.startswith(each.name) for s in shown)]
    assert set(missing) == quiet


def test_nothing_of_it_is_there_unless_it_is_turned_on() -> None:
    kinds = {manifest["kind"] for manifest in chart.rendered()}

    assert kinds & {"ServiceMonitor", "PrometheusRule", "ScaledObject"} == set()
    assert [m for m in chart.rendered() if m["kind"] == "ConfigMap"] == []


def test_turned_on_it_is_what_the_files_hold() -> None:
    made = {m["kind"]: m for m in chart.rendered(PRODUCTION)}

    assert made["PrometheusRule"]["spec"] == RULES
    assert json.loads(made["ConfigMap"]["data"]["syncline.json"]) == DASHBOARD
    assert made["ConfigMap"]["metadata"]["labels"]["grafana_dashboard"] == "1"
    assert made["PrometheusRule"]["metadata"]["labels"]["release"] == "prometheus"


def test_prometheus_scrapes_the_servers_with_a_token() -> None:
    manifests = chart.rendered(PRODUCTION)
    (monitor,) = [m for m in manifests if m["kind"] == "ServiceMonitor"]
    (service,) = [
        m
        for m in manifests
        if m["kind"] == "Service" and m["metadata"]["name"] == "syncline-server"
    ]
    (endpoint,) = monitor["spec"]["endpoints"]

    wanted = monitor["spec"]["selector"]["matchLabels"].items()
    assert wanted <= service["metadata"]["labels"].items()
    assert endpoint["port"] in {port["name"] for port in service["spec"]["ports"]}
    assert endpoint["path"] in describe()["paths"]
    assert endpoint["authorization"]["credentials"] == {"name": "syncline-metrics", "key": "token"}


def test_a_pool_is_scaled_by_what_the_api_answers() -> None:
    (scaled,) = [m for m in chart.rendered(PRODUCTION) if m["kind"] == "ScaledObject"]
    (trigger,) = scaled["spec"]["triggers"]
    schemas = describe()["components"]["schemas"]

    path = re.sub(r"^http://[^/]+", "", trigger["metadata"]["url"])
    assert path == "/api/v1/queue/lanes/user"
    assert path.replace("user", "{lane}") in describe()["paths"]
    assert trigger["metadata"]["valueLocation"] in schemas["LaneView"]["properties"]
    assert trigger["metricType"] == "Value"  # by the ratio to the target, not by an average


def test_what_scales_a_pool_owns_its_replicas() -> None:
    manifests = {
        m["metadata"]["name"]: m
        for m in chart.rendered(PRODUCTION)
        if m["kind"] in {"Deployment", "ScaledObject"}
    }
    deployments = [m for m in chart.rendered(PRODUCTION) if m["kind"] == "Deployment"]
    (scaled,) = [m for m in manifests.values() if m["kind"] == "ScaledObject"]
    (own,) = [
        d for d in deployments if d["metadata"]["name"] == scaled["spec"]["scaleTargetRef"]["name"]
    ]

    assert "replicas" not in own["spec"]


def test_each_lane_of_a_pool_is_a_trigger() -> None:
    pools = 'worker.pools={"general": {"autoscale": {"enabled": true}}}'

    (scaled,) = [m for m in chart.rendered(None, pools) if m["kind"] == "ScaledObject"]

    asked = [t["metadata"]["url"].rpartition("/")[2] for t in scaled["spec"]["triggers"]]
    assert asked == [lane.value for lane in Lane]


def test_a_pool_without_a_lane_cannot_be_scaled() -> None:
    said = chart.refusal(
        worker={"pools": {"short": {"lanes": ["lookup", "check"], "autoscale": {"enabled": True}}}}
    )

    assert (
        "worker-short cannot be scaled: it serves none of user, push, heavy, plugin, drift" in said
    )
