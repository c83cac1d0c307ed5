"""The flags of etcd, kube-apiserver and kube-controller-manager, each with its reason.

The API server is a stock one in what a client can see. Left out is what costs memory or CPU while
nothing happens and what only a cluster with nodes needs.
"""

import json
from enum import StrEnum
from pathlib import Path

from tests.harness.credentials import Credentials

CONTROLLERS = (
    "cronjob daemonset deployment garbage-collector job namespace replicaset serviceaccount "
    "statefulset"
)


def etcd(data: Path, *, client: str, peer: str) -> list[str]:
    """One member, on loopback, that forgets what the kernel has not written when power fails."""
    return [
        f"--data-dir={data}",
        f"--listen-client-urls={client}",
        f"--advertise-client-urls={client}",
        f"--listen-peer-urls={peer}",
        f"--initial-advertise-peer-urls={peer}",
        f"--initial-cluster=default={peer}",
        "--unsafe-no-fsync",
        "--log-level=error",
    ]


def api_server(name: str, *, port: int, etcd: str, credentials: Credentials) -> list[str]:
    """A server on that port, with its data under `/<name>` in that etcd."""
    return [
        f"--etcd-servers={etcd}",
        f"--etcd-prefix=/{name}",
        f"--secure-port={port}",
        "--bind-address=127.0.0.1",
        "--advertise-address=127.0.0.1",
        f"--cert-dir={credentials.certificate.parent}",
        f"--token-auth-file={credentials.tokens}",
        "--authorization-mode=RBAC",
        "--service-account-issuer=https://kubernetes.default.svc",
        f"--service-account-key-file={credentials.service_account_key}",
        f"--service-account-signing-key-file={credentials.service_account_key}",
        "--service-cluster-ip-range=10.0.0.0/16",
        # Pods are made without a ServiceAccount: no controller makes one in each namespace.
        "--disable-admission-plugins=ServiceAccount",
        "--endpoint-reconciler-type=none",  # else it rewrites a lease every 10 s
        "--etcd-count-metric-poll-period=0",
        "--profiling=false",
        "--event-ttl=10m",
    ]


class Audit(StrEnum):
    """What an audit log holds."""

    NOTHING = "nothing"
    CONFIG_MAPS = "configmaps"  # every write to a ConfigMap, with its body
    WRITES = "writes"  # that there was one, of whatever


def audit(log: Path, what: Audit) -> list[str]:
    """Every such write, once it is answered; blocking, so that none is lost."""
    writes: dict[str, object] = {
        "verbs": ["create", "update", "patch", "delete", "deletecollection"],
        "level": "Metadata",
    }
    if what is Audit.CONFIG_MAPS:
        resources = [{"group": "", "resources": ["configmaps"]}]
        writes |= {"level": "Request", "resources": resources}
    rules = [writes, {"level": "None"}]
    policy = {"apiVersion": "audit.k8s.io/v1", "kind": "Policy", "omitStages": ["RequestReceived"]}
    path = log.with_name("audit-policy.json")
    path.write_text(json.dumps({**policy, "rules": rules}))
    return [f"--audit-policy-file={path}", f"--audit-log-path={log}", "--audit-log-mode=blocking"]


def controllers(kubeconfig: Path, *, credentials: Credentials) -> list[str]:
    """Those that make Pods, collect garbage and finish the deletion of namespaces."""
    chosen = ",".join(f"{name}-controller" for name in CONTROLLERS.split())
    return [
        f"--kubeconfig={kubeconfig}",
        f"--controllers={chosen}",
        f"--service-account-private-key-file={credentials.service_account_key}",
        "--leader-elect=false",
        "--secure-port=0",
        "--profiling=false",
    ]
