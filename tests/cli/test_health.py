"""``syncline health``: what is made of live objects in files, and why; no server is needed."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import yaml

from tests.cli.test_command_line import syncline

DEPLOYMENT = {
    "apiVersion": "apps/v1",
    "kind": "Deployment",
    "metadata": {"name": "web", "namespace": "shop", "generation": 1},
    "spec": {"replicas": 2},
    "status": {"observedGeneration": 1, "replicas": 2, "updatedReplicas": 2},
}
ISSUER = {
    "apiVersion": "cert-manager.io/v1",
    "kind": "ClusterIssuer",
    "metadata": {"name": "acme"},
    "status": {"conditions": [{"type": "Ready", "status": "False", "reason": "ErrInit"}]},
}


def test_each_object_is_told_with_who_judged_it_and_by_which_case(tmp_path: Path) -> None:
    (tmp_path / "live.yaml").write_text(yaml.safe_dump_all([DEPLOYMENT, None, ISSUER]))

    ended = syncline("health", "-f", str(tmp_path / "live.yaml"))

    assert ended.returncode == 1
    rows = [[cell for cell in line.split("   ") if cell] for line in ended.stdout.splitlines()]
    assert [[cell.strip() for cell in row] for row in rows] == [
        ["OBJECT", "HEALTH", "REASON", "JUDGED BY", "MESSAGE"],
        [
            *("Deployment/shop/web", "Progressing", "NotAvailable", "built-in Deployment"),
            "0 of 2 replicas available",
        ],
        [
            *("ClusterIssuer/acme", "Degraded", "ErrInit"),
            *("rule cert-manager.io/ClusterIssuer, case 1", "ErrInit"),
        ],
    ]


def test_programs_get_one_document_of_all_items_of_a_list() -> None:
    whole = {"apiVersion": "v1", "kind": "List", "items": [DEPLOYMENT]}
    bare = {key: value for key, value in DEPLOYMENT.items() if key not in ("apiVersion", "kind")}
    typed = {"apiVersion": "apps/v1", "kind": "DeploymentList", "items": [bare]}

    for given in (whole, typed):
        ended = syncline("health", "-f", "-", "-o", "json", stdin=json.dumps(given))

        assert ended.returncode == 0
        assert json.loads(ended.stdout) == {
            "health": "Progressing",
            "items": [
                {
                    "apiVersion": "apps/v1",
                    "kind": "Deployment",
                    "namespace": "shop",
                    "name": "web",
                    "health": "Progressing",
                    "reason": "NotAvailable",
                    "message": "0 of 2 replicas available",
                    "judgedBy": "built-in Deployment",
                    "case": None,
                }
            ],
        }


@pytest.mark.parametrize(
    ("text", "exit_code", "told"),
    [
        ("", 4, "error: -: InvalidDocument: holds no object\n"),
        ("kind: A\nmetadata: {}", 4, "document 1: metadata.name: is required"),
        ("kind: A\nmetadata: {name: a}", 4, "document 1: apiVersion: is required"),
        ("kind: AList\nitems: [1]", 4, "document 1, item 1: is no object"),
        ("a: [", 4, "document 1, line 2, column 1"),
    ],
)
def test_what_is_no_object_is_refused_with_its_place(text: str, exit_code: int, told: str) -> None:
    ended = syncline("health", "-f", "-", stdin=text)

    assert (ended.returncode, ended.stdout) == (exit_code, "")
    assert told in ended.stderr


def test_a_file_that_is_missing_is_a_wrong_command_line() -> None:
    ended = syncline("health", "-f", "/nonexistent/a.yaml")

    assert ended.returncode == 2
    assert "/nonexistent/a.yaml: cannot be read" in ended.stderr


RULE = """
apiVersion: syncline.dev/v1alpha1
kind: HealthRule
metadata: {name: deployments}
spec:
  group: apps
  kinds: [Deployment]
  cases:
    - when: spec.replicas < 3
      status: Degraded
      reason: TooFew
      message: ${spec.replicas} replicas are too few
"""


def test_rules_of_ones_own_decide_first(tmp_path: Path) -> None:
    rules = tmp_path / "rules.yaml"
    rules.write_text(RULE)

    ended = syncline(
        *("health", "-f", "-", "--rules", str(rules), "-o", "json"), stdin=json.dumps(DEPLOYMENT)
    )

    assert ended.returncode == 1
    (item,) = json.loads(ended.stdout)["items"]
    assert (item["reason"], item["message"]) == ("TooFew", "2 replicas are too few")
    assert (item["judgedBy"], item["case"]) == ("HealthRule/deployments", 1)


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("spec.replicas < 3", "spec.replicas <", "HealthRule/deployments, case 1, when: line 1"),
        ("kinds: [Deployment]", "kind: [Deployment]", "spec.kind: unknown field; did you mean"),
        ("HealthRule", "Application", "document 1 (Application deployments)"),
        ("[Deployment]", "[Deployment, Deployment]", "judges apps/Deployment, as"),
    ],
)
def test_a_rule_that_is_wrong_is_told_with_its_place(
    tmp_path: Path, old: str, new: str, told: str
) -> None:
    rules = tmp_path / "rules.yaml"
    rules.write_text(RULE.replace(old, new))

    ended = syncline("health", "-f", "-", "--rules", str(rules), stdin=json.dumps(DEPLOYMENT))

    assert (ended.returncode, ended.stdout) == (4, "")
    assert told in ended.stderr
