"""What a cluster holds before anybody writes to it."""

from __future__ import annotations

import uuid
from typing import Any

from syncline.simulator.api.call import NAMESPACES
from syncline.simulator.kinds.clock import now
from syncline.simulator.store.cluster import Cluster, Shelf, new_uid

FIRST = ("default", "kube-node-lease", "kube-public", "kube-system")
PORT = 443


def cluster_uid(installation: str, name: str) -> str:
    """Return the uid of a cluster's kube-system namespace: the same after each restart."""
    return str(uuid.uuid5(uuid.NAMESPACE_URL, f"syncline-simulator/{installation}/{name}"))


def seeded(installation: str, name: str) -> Cluster:
    """Return a new cluster with its namespaces and its own service."""
    cluster = Cluster(name, cluster_uid(installation, name))
    for namespace in FIRST:
        uid = cluster.uid if namespace == "kube-system" else new_uid()
        cluster.put(NAMESPACES, first_namespace(namespace, uid))
    cluster.put(Shelf("", "services"), first_service())
    return cluster


def first_namespace(name: str, uid: str) -> dict[str, Any]:
    """Return one of the namespaces that every cluster has."""
    return {
        "kind": "Namespace",
        "apiVersion": "v1",
        "metadata": {
            "name": name,
            "uid": uid,
            "creationTimestamp": now(),
            "labels": {"kubernetes.io/metadata.name": name},
        },
        "spec": {"finalizers": ["kubernetes"]},
        "status": {"phase": "Active"},
    }


def first_service() -> dict[str, Any]:
    """Return the service by which pods would find the API server."""
    address = "10.0.0.1"
    return {
        "kind": "Service",
        "apiVersion": "v1",
        "metadata": {
            "name": "kubernetes",
            "namespace": "default",
            "uid": new_uid(),
            "creationTimestamp": now(),
            "labels": {"component": "apiserver", "provider": "kubernetes"},
        },
        "spec": {
            "ports": [{"name": "https", "protocol": "TCP", "port": PORT, "targetPort": PORT}],
            "clusterIP": address,
            "clusterIPs": [address],
            "type": "ClusterIP",
            "sessionAffinity": "None",
            "ipFamilies": ["IPv4"],
            "ipFamilyPolicy": "SingleStack",
            "internalTrafficPolicy": "Cluster",
        },
        "status": {"loadBalancer": {}},
    }
