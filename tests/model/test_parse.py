from typing import Any

import pytest

from syncline.errors import InvalidDocument, LimitExceeded
from syncline.model import parse, yaml
from syncline.model.application import Application
from syncline.model.cluster import Cluster
from syncline.model.repository import Repository

GOOD = """
apiVersion: syncline.dev/v1alpha1
kind: Repository
metadata: {name: fleet}
spec: {url: https://git.example.com/fleet.git, interval: 30s}
---
# nothing here
---
apiVersion: syncline.dev/v1alpha1
kind: Cluster
metadata: {name: east, labels: {tier: prod}}
spec: {kubeconfig: file:east.yaml}
---
apiVersion: syncline.dev/v1alpha1
kind: Application
metadata: {name: web, project: shop}
spec:
  source: {repository: fleet, path: apps/web}
  destination: {selector: {matchLabels: {tier: prod}}, namespace: shop}
"""


def application(**spec: Any) -> dict[str, Any]:
    return {
        "apiVersion": "syncline.dev/v1alpha1",
        "kind": "Application",
        "metadata": {"name": "web"},
        "spec": {"source": {"repository": "fleet"}, "destination": {"cluster": "east"}} | spec,
    }


def mistakes(text: str) -> list[str]:
    with pytest.raises(InvalidDocument) as caught:
        parse.parse_documents(text, source="fleet/web.yaml")
    assert caught.value.subject == "fleet/web.yaml"
    return caught.value.detail.splitlines()


def test_documents_come_in_order() -> None:
    found = parse.parse_documents(GOOD, source="fleet.yaml")

    assert [(type(one), one.metadata.name) for one in found] == [
        (Repository, "fleet"),
        (Cluster, "east"),
        (Application, "web"),
    ]


def test_a_written_document_parses_to_the_same() -> None:
    (one,) = parse.parse_documents(yaml.dump(application()), source="a.yaml")

    again = parse.parse_mapping(one.model_dump(by_alias=True, mode="json"), source="a.yaml")

    assert again == one


def test_every_mistake_of_a_file_is_named_with_its_place() -> None:
    text = """
apiVersion: syncline.dev/v1alpha1
kind: Application
metadata: {name: web, project: shop, lables: {}}
spec:
  source: {repository: fleet, revison: main, helm: {valuesFiles: [a]}}
  destination: {namespace: shop}
  syncPolicy: {selfheal: true, retry: {limit: -1}, interval: soon}
  parameters: {replicas: 3}
---
apiVersion: syncline.dev/v1
kind: Aplication
---
apiVersion: syncline.dev/v1alpha1
kind: Cluster
metadata: {name: East}
spec: {}
---
- a list
---
metadata: {name: x}
"""

    assert mistakes(text) == [
        ("document 1 (Application shop/web): metadata.lables: unknown field; did you mean labels?"),
        (
            "document 1 (Application shop/web): spec.source.helm.valuesFiles: unknown field; "
            "did you mean valueFiles?"
        ),
        (
            "document 1 (Application shop/web): spec.source.revison: unknown field; "
            "did you mean revision?"
        ),
        (
            "document 1 (Application shop/web): spec.destination: set exactly one of cluster and "
            "selector"
        ),
        (
            "document 1 (Application shop/web): spec.parameters.replicas: Input should be a valid "
            "string; got 3: put it in quotes"
        ),
        (
            "document 1 (Application shop/web): spec.syncPolicy.interval: 'soon' is no duration: "
            "write for example 30s, 5m or 1h30m"
        ),
        (
            "document 1 (Application shop/web): spec.syncPolicy.retry.limit: Input should be "
            "greater than or equal to 0; got -1"
        ),
        (
            "document 1 (Application shop/web): spec.syncPolicy.selfheal: unknown field; "
            "did you mean selfHeal?"
        ),
        (
            "document 2 (Aplication): apiVersion: 'syncline.dev/v1' is unknown; "
            "write syncline.dev/v1alpha1"
        ),
        "document 2 (Aplication): kind: 'Aplication' is unknown; did you mean Application?",
        (
            "document 3 (Cluster East): metadata.name: String should match pattern "
            "'^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$'; got 'East'"
        ),
        "document 3 (Cluster East): spec.kubeconfig: is required",
        "document 4: a document must be a mapping, not ['a list']",
        "document 5: apiVersion: is required; write syncline.dev/v1alpha1",
        (
            "document 5: kind: is required; there is Application, Cluster, Repository, HealthRule, "
            "SyncWindow, CredentialTemplate"
        ),
    ]


@pytest.mark.parametrize(
    ("spec", "message"),
    [
        ({"sync_policy": {}}, "spec.sync_policy: unknown field; did you mean syncPolicy?"),
        (
            {"zzz": {}},
            (
                "spec.zzz: unknown field; there is checks, dependsOn, destination, parameters, "
                "source, sources, syncPolicy, variables"
            ),
        ),
        (
            {
                "destination": {
                    "selector": {
                        "matchExpressions": [
                            {"key": "a", "operator": "Exists"},
                            {"key": "a", "operater": "In"},
                        ]
                    }
                }
            },
            (
                "spec.destination.selector.matchExpressions[1].operator: is required\n"
                "Application web: spec.destination.selector.matchExpressions[1].operater: "
                "unknown field; did you mean operator?"
            ),
        ),
        ({"source": 1}, "spec.source: must be a mapping; got 1"),
        (
            {"source": {"repository": "fleet", "renderer": "ksonnet"}},
            (
                "spec.source.renderer: Input should be 'plain', 'kustomize', 'helm', 'jsonnet' or "
                "'plugin'; got 'ksonnet'"
            ),
        ),
    ],
)
def test_a_mapping_is_judged_alike(spec: dict[str, Any], message: str) -> None:
    with pytest.raises(InvalidDocument) as caught:
        parse.parse_mapping(application(**spec), source="request")

    assert str(caught.value) == f"request: Application web: {message}"


def test_a_document_written_twice_is_a_mistake() -> None:
    one = yaml.dump(application())

    assert mistakes(f"{one}---\n{one}") == ["Application web is written twice"]


def test_broken_yaml_names_document_and_line() -> None:
    assert mistakes(f"{GOOD}---\na: b: c") == [
        "document 5, line 21, column 5: mapping values are not allowed in this context"
    ]


def test_a_limit_is_kept() -> None:
    with pytest.raises(LimitExceeded):
        parse.parse_documents(GOOD, source="fleet.yaml", limits=yaml.Limits(size=100))
