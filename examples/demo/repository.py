"""The demo's fleet repository: its documents and the sources of its twelve applications."""

from __future__ import annotations

from collections.abc import Sequence

import yaml

from examples.demo.clusters import Member

EVERYWHERE = ("gateway", "metrics", "policy")
REGIONAL = {"shop": "eu", "cart": "eu", "search": "us", "checkout": "us", "catalog": "ap"}
STAGED = {"beta": "staging", "canary": "staging"}
SINGLE = ("billing", "ledger")  # each on the first cluster
NAMES = (*EVERYWHERE, *REGIONAL, *STAGED, *SINGLE)


def files(url: str, members: Sequence[Member]) -> dict[str, str]:
    """Path → content of the first commit."""
    documents = [_repository(url), *(_cluster(member) for member in members)]
    found = {"fleet/platform.yaml": yaml.safe_dump_all(documents, sort_keys=False)}
    for name in NAMES:
        found[f"fleet/apps/{name}.yaml"] = yaml.safe_dump(
            _application(name, members), sort_keys=False
        )
        found[f"apps/{name}/app.yaml"] = manifests(name, version="1.0.0")
    return found


def manifests(name: str, *, version: str) -> str:
    """A Deployment, its Service and its configuration."""
    labels = {"app": name}
    deployment = {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": name, "labels": labels},
        "spec": {
            "replicas": 0,
            "selector": {"matchLabels": labels},
            "template": {
                "metadata": {"labels": labels},
                "spec": {"containers": [{"name": name, "image": f"example.com/{name}:{version}"}]},
            },
        },
    }
    service = {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": name},
        "spec": {"selector": labels, "ports": [{"port": 80, "protocol": "TCP"}]},
    }
    config = {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": f"{name}-config"},
        "data": {"version": version, "region": "${region}"},
    }
    return yaml.safe_dump_all([deployment, service, config], sort_keys=False)


def _repository(url: str) -> dict[str, object]:
    return {
        "apiVersion": "syncline.dev/v1alpha1",
        "kind": "Repository",
        "metadata": {"name": "fleet"},
        "spec": {"url": url, "interval": "5s"},
    }


def _cluster(member: Member) -> dict[str, object]:
    return {
        "apiVersion": "syncline.dev/v1alpha1",
        "kind": "Cluster",
        "metadata": {"name": member.name, "labels": member.labels},
        "spec": {"kubeconfig": f"file:{member.name}.kubeconfig"},
    }


def _application(name: str, members: Sequence[Member]) -> dict[str, object]:
    return {
        "apiVersion": "syncline.dev/v1alpha1",
        "kind": "Application",
        "metadata": {"name": name},
        "spec": {
            "source": {"repository": "fleet", "path": f"apps/{name}", "revision": "main"},
            "destination": _destination(name, members),
            "parameters": {"region": "{{ cluster.labels.region }}"},
            "syncPolicy": {"interval": "10s"},
        },
    }


def _destination(name: str, members: Sequence[Member]) -> dict[str, object]:
    place: dict[str, object] = {"namespace": name, "createNamespace": True}
    if name in SINGLE:
        return {"cluster": members[0].name, **place}
    if name in REGIONAL:
        return {"selector": {"matchLabels": {"region": REGIONAL[name]}}, **place}
    if name in STAGED:
        return {"selector": {"matchLabels": {"stage": STAGED[name]}}, **place}
    return {"selector": {}, **place}
