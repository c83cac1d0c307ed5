"""A case file: requests in YAML, sent to a server one after another in a namespace of its own.

Each step is a mapping with one verb: `apply`, `create`, `replace` and `status` (whose value is an
object), `merge`, `strategic` and `json` (patches, with `of`), `get`, `list`, `delete` (whose value
is `Kind/name`). `of` says where an object goes if not to its own name; `metadata: true` asks for
that alone. Further keys are query parameters; `manager` is short for `fieldManager`.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

from tests.conformance.backend import APPLY, JSON, JSON_PATCH, MERGE, STRATEGIC, Answer, Backend
from tests.conformance.masking import Mask

PATHS = {
    "ConfigMap": "/api/v1/namespaces/{}/configmaps",
    "Secret": "/api/v1/namespaces/{}/secrets",
    "Service": "/api/v1/namespaces/{}/services",
    "Namespace": "/api/v1/namespaces",
    "ServiceAccount": "/api/v1/namespaces/{}/serviceaccounts",
    "PersistentVolumeClaim": "/api/v1/namespaces/{}/persistentvolumeclaims",
    "Pod": "/api/v1/namespaces/{}/pods",
    "Deployment": "/apis/apps/v1/namespaces/{}/deployments",
    "StatefulSet": "/apis/apps/v1/namespaces/{}/statefulsets",
    "DaemonSet": "/apis/apps/v1/namespaces/{}/daemonsets",
    "Job": "/apis/batch/v1/namespaces/{}/jobs",
    "CronJob": "/apis/batch/v1/namespaces/{}/cronjobs",
    "Ingress": "/apis/networking.k8s.io/v1/namespaces/{}/ingresses",
    "NetworkPolicy": "/apis/networking.k8s.io/v1/namespaces/{}/networkpolicies",
    "RoleBinding": "/apis/rbac.authorization.k8s.io/v1/namespaces/{}/rolebindings",
    "Role": "/apis/rbac.authorization.k8s.io/v1/namespaces/{}/roles",
    "PodDisruptionBudget": "/apis/policy/v1/namespaces/{}/poddisruptionbudgets",
    "HorizontalPodAutoscaler": "/apis/autoscaling/v2/namespaces/{}/horizontalpodautoscalers",
}
OBJECTS = ("apply", "create", "replace", "status")
PATCHES = {"merge": MERGE, "strategic": STRATEGIC, "json": JSON_PATCH}
META = "application/json;as=PartialObjectMetadata{};g=meta.k8s.io;v=v1"
READS = {"get": "GET", "list": "GET", "delete": "DELETE"}
CASES = Path(__file__).with_name("cases")


def load(name: str) -> list[dict[str, Any]]:
    """The steps of a case."""
    return list(yaml.safe_load((CASES / name).read_text()))


def play(steps: list[dict[str, Any]], backend: Backend, namespace: str) -> Iterator[Any]:
    """Every answer, masked: (status code, body)."""
    mask = Mask()
    for step in steps:
        answer = send(dict(step), backend, namespace)
        body = mask(answer.body)
        yield answer.code, replaced(body, namespace)


def replaced(value: Any, namespace: str) -> Any:
    """The value without the namespace's name, which differs between servers."""
    if isinstance(value, dict):
        return {name: replaced(part, namespace) for name, part in value.items()}
    if isinstance(value, list):
        return [replaced(part, namespace) for part in value]
    return value.replace(namespace, "<namespace>") if isinstance(value, str) else value


def send(step: dict[str, Any], backend: Backend, namespace: str) -> Answer:
    """One step's answer."""
    if "manager" in step:
        step["fieldManager"] = step.pop("manager")
    verb = next(word for word in (*OBJECTS, *PATCHES, *READS) if word in step)
    value = step.pop(verb)
    if step.pop("metadata", False):
        step["accept"] = META.format("List" if verb == "list" else "")
    if verb in OBJECTS:
        return write(verb, value, backend, namespace, step)
    body = step.pop("options", None)
    if verb in PATCHES:
        path = path_of(step.pop("of"), namespace)
        return backend("PATCH", path, value, kind=PATCHES[verb], **step)
    return backend(READS[verb], path_of(value, namespace), body, **step)


def path_of(place: str, namespace: str) -> str:
    """The path of `Kind`, `Kind/name` or `Kind/name/subresource`."""
    kind, _, rest = place.partition("/")
    return PATHS[kind].format(namespace) + (f"/{rest}" if rest else "")


def write(
    verb: str, obj: dict[str, Any], backend: Backend, namespace: str, params: dict[str, str]
) -> Answer:
    """The answer to sending an object."""
    if verb == "create":
        return backend("POST", path_of(obj["kind"], namespace), obj, **params)
    place = params.pop("of", f"{obj['kind']}/{obj['metadata'].get('name')}")
    path = path_of(place, namespace)
    if verb == "status":
        return backend("PUT", f"{path}/status", obj, kind=JSON, **params)
    if verb == "replace":
        return backend("PUT", path, obj, **params)
    return backend("PATCH", path, obj, kind=APPLY, **params)
