"""The benchmark's applications: four objects each, plain YAML, one directory each."""

import json

import yaml

NAMESPACE = "bench"


def directory(number: int) -> str:
    """Where an application lies in the repository."""
    return f"apps/{name(number)}"


def name(number: int) -> str:
    return f"app-{number:04d}"


def text(number: int, *, version: str) -> str:
    """A ServiceAccount, a Deployment with 0 replicas, a Service and an Ingress."""
    return yaml.safe_dump_all(objects(number, version=version), sort_keys=False)


def objects(number: int, *, version: str) -> list[dict[str, object]]:
    app = name(number)
    labels = {"app": app}
    meta = {"name": app, "labels": labels}
    container = {
        "name": "main",
        "image": f"example.com/{app}:{version}",
        "ports": [{"containerPort": 8080, "protocol": "TCP"}],
        "resources": {"requests": {"cpu": "10m", "memory": "16Mi"}},
    }
    template = {
        "metadata": {"labels": labels},
        "spec": {"serviceAccountName": app, "containers": [container]},
    }
    backend = {"service": {"name": app, "port": {"number": 80}}}
    path = {"path": "/", "pathType": "Prefix", "backend": backend}
    return [
        {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": meta},
        {
            "apiVersion": "apps/v1",
            "kind": "Deployment",
            "metadata": meta,
            "spec": {"replicas": 0, "selector": {"matchLabels": labels}, "template": template},
        },
        {
            "apiVersion": "v1",
            "kind": "Service",
            "metadata": meta,
            "spec": {
                "selector": labels,
                "ports": [{"port": 80, "targetPort": 8080, "protocol": "TCP"}],
            },
        },
        {
            "apiVersion": "networking.k8s.io/v1",
            "kind": "Ingress",
            "metadata": meta,
            "spec": {"rules": [{"host": f"{app}.example.com", "http": {"paths": [path]}}]},
        },
    ]


def documents(count: int, repository_url: str, *, interval: str = "3m") -> str:
    """The Repository and the Applications that are declared to Syncline."""
    repository = {
        "apiVersion": "syncline.dev/v1alpha1",
        "kind": "Repository",
        "metadata": {"name": "bench"},
        "spec": {"url": repository_url, "interval": "1h"},
    }
    applications = (_application(number, interval) for number in range(count))
    return "\n---\n".join(json.dumps(d) for d in [repository, *applications])


def _application(number: int, interval: str) -> dict[str, object]:
    source = {"repository": "bench", "path": directory(number), "revision": "main"}
    return {
        "apiVersion": "syncline.dev/v1alpha1",
        "kind": "Application",
        "metadata": {"name": name(number)},
        "spec": {
            "source": source,
            "destination": {"cluster": "bench", "namespace": NAMESPACE},
            "syncPolicy": {"interval": interval},
        },
    }
