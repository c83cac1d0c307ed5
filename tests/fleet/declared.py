"""What the fleet is told to hold: documents for Syncline, and the objects of each application."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import yaml

REPOSITORY = "fleet"
NAMESPACE = "fleet"
PROJECTS = 5
KINDS = ("ConfigMap", "Deployment", "Service", "ServiceAccount")
PATHS = {
    "ConfigMap": "/api/v1/configmaps",
    "Deployment": "/apis/apps/v1/deployments",
    "Service": "/api/v1/services",
    "ServiceAccount": "/api/v1/serviceaccounts",
}


@dataclass(frozen=True, kw_only=True)
class Fleet:
    """How large it is, and what each application consists of."""

    clusters: int
    applications: int
    objects: int = 2  # of each application, the first ones of KINDS
    vary: bool = False  # whether manifests differ from cluster to cluster
    interval: str = "3m"  # between two sweeps

    @property
    def targets(self) -> int:
        return self.clusters * self.applications

    def documents(self, url: str, clusters: list[str]) -> Iterator[dict[str, Any]]:
        """The repository, the clusters and the applications, as Syncline reads them."""
        yield _document("Repository", {"name": REPOSITORY}, {"url": url, "interval": "1h"})
        for name in clusters:
            metadata = {"name": name, "labels": {"fleet": "simulated"}}
            yield _document("Cluster", metadata, {"kubeconfig": f"file:{name}.kubeconfig"})
        for number in range(self.applications):
            yield self._application(number)

    def _application(self, number: int) -> dict[str, Any]:
        spec = {
            "source": {
                "repository": REPOSITORY,
                "path": f"apps/{name(number)}",
                "revision": "main",
            },
            "destination": {
                "selector": {"matchLabels": {"fleet": "simulated"}},
                "namespace": NAMESPACE,
                "createNamespace": True,
            },
            "syncPolicy": {"interval": self.interval},
        }
        if self.vary:
            spec["parameters"] = {"cluster": "{{ cluster.name }}"}
        return _document("Application", {"name": name(number), "project": project(number)}, spec)

    def files(self, version: str, *, comment: str = "") -> dict[str, str | bytes | None]:
        """The repository's files; a new comment changes each input and no object."""
        cluster = "${cluster}" if self.vary else ""
        return {
            f"apps/{name(number)}/app.yaml": comment
            + yaml.safe_dump_all(self.objects_of(number, version, cluster), sort_keys=False)
            for number in range(self.applications)
        }

    def objects_of(self, number: int, version: str, cluster: str) -> list[dict[str, Any]]:
        """What one application has on one cluster; only the ConfigMap follows the version."""
        app = name(number)
        labels = {"app": app}
        container = {"name": "main", "image": f"example.com/{app}:1.0.0"}
        template = {"metadata": {"labels": labels}, "spec": {"containers": [container]}}
        bodies: dict[str, dict[str, Any]] = {
            "ConfigMap": {"data": {"version": version, **({"on": cluster} if cluster else {})}},
            "Deployment": {
                "spec": {"replicas": 0, "selector": {"matchLabels": labels}, "template": template}
            },
            "Service": {"spec": {"selector": labels, "ports": [{"port": 80, "targetPort": 8080}]}},
            "ServiceAccount": {"automountServiceAccountToken": False},
        }
        return [
            {
                "apiVersion": "apps/v1" if kind == "Deployment" else "v1",
                "kind": kind,
                "metadata": {"name": app, "labels": labels},
                **bodies[kind],
            }
            for kind in KINDS[: self.objects]
        ]


def name(number: int) -> str:
    return f"app-{number:03d}"


def project(number: int) -> str:
    return f"team-{number % PROJECTS}"


def text(documents: Iterator[dict[str, Any]]) -> str:
    """JSON is YAML, and is read far faster."""
    return "\n---\n".join(map(json.dumps, documents))


def _document(kind: str, metadata: dict[str, Any], spec: dict[str, Any]) -> dict[str, Any]:
    return {
        "apiVersion": "syncline.dev/v1alpha1",
        "kind": kind,
        "metadata": metadata,
        "spec": spec,
    }
