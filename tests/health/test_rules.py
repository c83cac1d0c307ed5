"""The library of rules: how much it covers, and what is said of rules that are wrong."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from syncline.errors import InvalidDocument
from syncline.health import library
from syncline.health.compiled import compile_rule
from syncline.health.registry import JUDGES, explain
from syncline.health.verdict import Health, Judged, healthy, progressing
from syncline.model.healthrule import Rule
from syncline.model.status import HealthStatus

CASES = sorted((Path(__file__).parent / "cases").rglob("*.yaml"))
FILES = [file for group in sorted(library.groups()) if (file := library.file_of(group))]

NO_RULE = """
import sys
from syncline.health.registry import judge

for api, kind in (("apps/v1", "Deployment"), ("example.com/v1", "Widget"), ("v1", "ConfigMap")):
    judge({"apiVersion": api, "kind": kind, "metadata": {"name": "a"}})
print("cel_expr_python" in sys.modules)
"""


def judged(path: Path) -> Judged:
    live, _ = yaml.safe_load_all(path.read_text())
    return explain(live)


def widget(**status: Any) -> dict[str, Any]:
    return {
        "apiVersion": "example.com/v1",
        "kind": "Widget",
        "metadata": {"name": "a", "generation": 2},
        "status": status,
    }


def rule(*cases: dict[str, Any], observed: bool = True) -> Rule:
    return Rule.model_validate({"kinds": ["Widget"], "observed": observed, "cases": cases})


def judge(live: dict[str, Any], *cases: dict[str, Any], observed: bool = True) -> Judged | None:
    written = rule(*cases, observed=observed)
    return compile_rule(written, name="rule example.com/Widget", source="f.yaml").judge(live)


def test_it_covers_the_kinds_and_cases_that_were_promised() -> None:
    kinds = {(file.group, kind) for file in FILES for rule in file.rules for kind in rule.kinds}

    assert len(kinds | set(JUDGES)) >= 150
    assert len(CASES) >= 450


def test_every_case_of_every_rule_decides_in_some_file() -> None:
    decided = {judged(path).who for path in CASES}

    idle = [
        f"{file.group} {rule.kinds} case {number}"
        for file in FILES
        for rule in file.rules
        for number in range(1, len(rule.cases) + 1)
        if not any(f"rule {file.group}/{kind}, case {number}" in decided for kind in rule.kinds)
    ]

    assert idle == []


def test_every_kind_of_a_rule_has_a_file() -> None:
    seen = {judged(path).by for path in CASES}
    kinds = [f"rule {file.group}/{kind}" for file in FILES for r in file.rules for kind in r.kinds]

    assert [kind for kind in kinds if kind not in seen] == []


@pytest.mark.parametrize("file", FILES, ids=lambda file: str(file.group))
def test_a_file_is_named_after_its_group_and_its_expressions_compile(file: Any) -> None:
    assert file == library.file_of(file.group)
    assert library.compile_file(file).keys() == {kind for r in file.rules for kind in r.kinds}


def test_who_has_no_rule_loads_no_library() -> None:
    told = subprocess.run(
        [sys.executable, "-c", NO_RULE], capture_output=True, text=True, check=True, timeout=60
    )

    assert told.stdout.strip() == "False"


def test_a_rule_for_any_kind_leaves_those_of_other_groups_alone() -> None:
    assert library.rule_for("s3.aws.upbound.io", "Bucket")
    assert library.rule_for("notupbound.io", "Bucket") is None
    assert library.rule_for("inner.cert-manager.io", "Certificate") is None
    assert library.rule_for("cert-manager.io", "Other") is None


def test_an_object_whose_controller_is_behind_progresses_unless_its_rule_says_otherwise() -> None:
    behind = widget(observedGeneration=1)
    case = {"when": "true", "status": "Healthy"}

    seen, unseen = judge(behind, case, observed=False), judge(behind, case)

    assert seen == Judged(healthy(), "rule example.com/Widget", 1)
    assert unseen
    assert unseen.health == progressing(
        "NotObserved", "its controller has not seen the newest change yet"
    )


def test_conditions_of_an_older_generation_are_not_seen() -> None:
    old = {"type": "Ready", "status": "True", "observedGeneration": 1}
    case = {"when": "conditions.Ready.status == 'True'", "status": "Healthy"}

    assert judge(widget(conditions=[old]), case) is None
    assert judge(widget(conditions=[{**old, "observedGeneration": 2}]), case)


def test_the_first_case_that_holds_decides_and_fills_in_its_texts() -> None:
    found = judge(
        widget(phase="Broken", disks=["a", "b"], ready=True),
        {"when": "status.absent.field == 1", "status": "Healthy"},
        {
            "when": "status.phase == 'Broken'",
            "status": "Degraded",
            "reason": "Widget${status.phase}",
            "message": "${size(status.disks)} disks: ${status.disks}, ${status.ready}${status.no}",
        },
        {"when": "true", "status": "Healthy"},
    )

    health = Health(HealthStatus.DEGRADED, "WidgetBroken", '2 disks: ["a", "b"], true')
    assert found == Judged(health, "rule example.com/Widget", 2)


def test_a_case_that_cannot_be_evaluated_is_unknown_and_says_where() -> None:
    found = judge(widget(size="a"), {"when": "status.size > 3", "status": "Healthy"})

    assert found
    assert found.health.status is HealthStatus.UNKNOWN
    assert found.health.reason == "RuleFailed"
    assert found.health.message.startswith("rule example.com/Widget, case 1, when: No matching")


@pytest.mark.parametrize(
    ("case", "told"),
    [
        ({"when": "status.phase =="}, "case 1, when: line 1, column 16: Syntax error"),
        ({"when": "size(status)"}, "case 1, when: must be true or false: 'size(status)'"),
        ({"when": "nope(status)"}, "undeclared reference to 'nope'"),
        ({"when": "true", "message": "${status.}"}, "case 1, message: line 1, column 8"),
        ({"when": "true", "reason": "${status"}, "case 1, reason: a ${ has no end"),
    ],
)
def test_a_mistake_in_an_expression_is_told_before_it_runs(case: dict[str, str], told: str) -> None:
    with pytest.raises(InvalidDocument) as caught:
        judge(widget(), {"status": "Healthy", **case})

    assert told in caught.value.detail


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("project: a\ngroup: b\nrules: []", "rules: Tuple should have at least 1 item"),
        ("project: a\ngroup: b\nrule: []", "rule: unknown field; did you mean rules?"),
        ("- a", "must be a mapping"),
        ("a: 1\n---\nb: 2", "holds 2 documents; write one"),
    ],
)
def test_a_file_that_does_not_fit_is_refused(text: str, told: str) -> None:
    with pytest.raises(InvalidDocument) as caught:
        library.read(text, source="mine.yaml")

    assert caught.value.subject == "mine.yaml"
    assert told in caught.value.detail


def test_a_kind_with_two_rules_is_refused() -> None:
    twice = {"kinds": ["Widget"], "cases": [{"when": "true", "status": "Healthy"}]}
    text = yaml.safe_dump({"project": "a", "group": "example.com", "rules": [twice, twice]})

    with pytest.raises(InvalidDocument, match=r"example\.com/Widget: is written twice"):
        library.compile_file(library.read(text, source="mine.yaml"))
