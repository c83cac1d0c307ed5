"""A real API server takes what the chart renders, where it enforces Pod Security `restricted`."""

import copy
import json
import secrets
import urllib.error
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from tests.harness.apiserver import ApiServer
from tests.packaging import chart

pytestmark = pytest.mark.cluster

STRICT = "dryRun=All&fieldValidation=Strict&fieldManager=packaging"
RESTRICTED = {"pod-security.kubernetes.io/enforce": "restricted"}


@pytest.fixture
def namespace(api_server: ApiServer) -> Iterator[str]:
    name = f"packaging-{secrets.token_hex(4)}"
    metadata = {"name": name, "labels": RESTRICTED}
    api_server.call("POST", "/api/v1/namespaces", {"metadata": metadata})
    yield name
    api_server.call("DELETE", f"/api/v1/namespaces/{name}")


def apply(server: ApiServer, manifest: chart.Manifest) -> Any:
    """As `kubectl apply --server-side --dry-run=server --validate=strict`."""
    place = collection(server, manifest["apiVersion"], manifest["kind"])
    name, namespace = manifest["metadata"]["name"], manifest["metadata"]["namespace"]
    path = f"{place[0]}/namespaces/{namespace}/{place[1]}/{name}?{STRICT}"
    return server.call("PATCH", path, manifest, kind="apply-patch+yaml")


@cache
def collection(server: ApiServer, version: str, kind: str) -> tuple[str, str]:
    prefix = f"/apis/{version}" if "/" in version else f"/api/{version}"
    (plural,) = [
        each["name"]
        for each in server.call("GET", prefix)["resources"]
        if each["kind"] == kind and "/" not in each["name"]
    ]
    return prefix, plural


def is_of_operators(manifest: chart.Manifest) -> bool:
    """Kinds of the Prometheus Operator and of KEDA: no API server has them by itself."""
    return str(manifest["apiVersion"]).startswith(("monitoring.coreos.com/", "keda.sh/"))


def run(server: ApiServer, namespace: str, template: Any) -> Any:
    """As a controller does with a workload's template: here Pod Security is enforced."""
    pod = {"metadata": {"generateName": "pod-", **template["metadata"]}, "spec": template["spec"]}
    return server.call("POST", f"/api/v1/namespaces/{namespace}/pods?{STRICT}", pod)


def message(refused: urllib.error.HTTPError) -> str:
    return str(json.loads(refused.read())["message"])


@pytest.mark.parametrize("values", chart.VALUES, ids=lambda path: path.stem)
def test_every_object_is_taken_field_by_field(
    api_server: ApiServer, namespace: str, values: Path
) -> None:
    manifests = chart.rendered(values, namespace=namespace)
    for manifest in (each for each in manifests if not is_of_operators(each)):
        taken = apply(api_server, manifest)

        assert taken["metadata"]["name"] == manifest["metadata"]["name"]


@pytest.mark.parametrize("values", chart.VALUES, ids=lambda path: path.stem)
def test_every_pod_is_admitted(api_server: ApiServer, namespace: str, values: Path) -> None:
    for name, template in chart.pods(chart.rendered(values, namespace=namespace)):
        spec = copy.deepcopy(template["spec"])
        if name == "syncline-redis":  # its StatefulSet adds the claim to its pods
            spec["volumes"].append({"name": "data", "emptyDir": {}})

        admitted = run(api_server, namespace, {**template, "spec": spec})

        assert admitted["spec"]["containers"][0]["name"] == spec["containers"][0]["name"]


def test_a_pod_with_more_rights_would_be_refused(api_server: ApiServer, namespace: str) -> None:
    template = copy.deepcopy(dict(chart.pods(chart.rendered()))["syncline-server"])
    del template["spec"]["containers"][0]["securityContext"]["capabilities"]

    with pytest.raises(urllib.error.HTTPError) as refused:
        run(api_server, namespace, template)

    assert 'violates PodSecurity "restricted' in message(refused.value)


def test_a_field_that_does_not_exist_would_be_refused(
    api_server: ApiServer, namespace: str
) -> None:
    (service, *_) = [
        each for each in chart.rendered(namespace=namespace) if each["kind"] == "Service"
    ]

    with pytest.raises(urllib.error.HTTPError) as refused:
        apply(api_server, {**service, "spec": {**service["spec"], "prots": []}})

    assert ".spec.prots: field not declared in schema" in message(refused.value)
