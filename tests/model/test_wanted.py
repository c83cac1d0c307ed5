"""What the documents of a target want of it, as one short text."""

from typing import Any

import pytest

from syncline.model import wanted
from syncline.model.application import ApplicationSpec
from syncline.model.cluster import ClusterSpec
from syncline.model.records import ApplicationRecord, ClusterRecord


def digest(labels: dict[str, str] | None = None, **spec: Any) -> str:
    source = {"repository": "shop", "path": "web", **spec.pop("source", {})}
    destination = {"cluster": "west", **spec.pop("destination", {})}
    written = ApplicationSpec.model_validate({"source": source, "destination": destination, **spec})
    return wanted.digest(
        ApplicationRecord(uid="a", name="web", project="default", spec=written),
        ClusterRecord(
            uid="c", name="west", labels=labels or {}, spec=ClusterSpec(kubeconfig="stored")
        ),
    )


@pytest.mark.parametrize(
    "spec",
    [
        {"source": {"path": "other"}},
        {"source": {"revision": "v2"}},
        {"source": {"helm": {"values": {"a": 1}}}},
        {"destination": {"namespace": "shop"}},
        {"parameters": {"a": "1"}},
        {"parameters": {"a": "{{ cluster.labels.none }}"}},
        {"variables": {"a": {"value": "1"}}},
        {"variables": {"a": {"secret": {"name": "s"}}}},
        {"syncPolicy": {"ignoreDifferences": [{"jsonPointers": ["/spec/replicas"]}]}},
    ],
)
def test_whatever_is_applied_otherwise_is_another_want(spec: dict[str, Any]) -> None:
    assert digest(**spec) != digest()


@pytest.mark.parametrize(
    "spec",
    [{"syncPolicy": {"prune": False, "interval": "1m"}}, {"labels": {"zone": "eu"}}],
)
def test_policy_and_labels_alone_want_nothing(spec: dict[str, Any]) -> None:
    assert digest(**spec) == digest()


def test_parameters_count_as_the_cluster_fills_them_in() -> None:
    size = {"parameters": {"size": "{{ cluster.labels.size }}"}}

    assert digest({"size": "2"}, **size) == digest(parameters={"size": "2"})
    assert digest({"size": "2"}, **size) != digest({"size": "3"}, **size)


def test_an_overlay_counts_as_the_cluster_fills_it_in() -> None:
    overlay = {"source": {"kustomize": {"nameSuffix": "-{{ cluster.labels.size }}"}}}

    assert digest({"size": "2"}, **overlay) != digest({"size": "3"}, **overlay)
    assert digest({"size": "2", "zone": "eu"}, **overlay) == digest({"size": "2"}, **overlay)


def test_variables_count_as_far_as_documents_know_them() -> None:
    size = {"variables": {"size": {"value": "{{ cluster.labels.size }}", "default": "1"}}}
    held = {"parameters": {"a": "{{ variables.a }}"}, "variables": {"a": {"secret": {"name": "s"}}}}

    assert digest({"size": "2"}, **size) != digest({"size": "3"}, **size)
    assert digest({"size": "2", "zone": "eu"}, **size) == digest({"size": "2"}, **size)
    assert digest({"size": "2"}, **held) == digest({"size": "3"}, **held)
