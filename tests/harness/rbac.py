"""What the user `granted` may do on a cluster: what tests grant, each in namespaces of its own."""

import uuid

from tests.harness.apiserver import ApiServer

GROUP = "rbac.authorization.k8s.io"


def grant(server: ApiServer, namespace: str, *resources: str, group: str = "") -> str:
    """Let `granted` read these, and who the cluster is; returns its kubeconfig."""
    _bind(server, namespace, {"apiGroups": [group], "resources": list(resources)})
    _bind(server, "kube-system", {"apiGroups": [""], "resources": ["namespaces"]})
    return server.kubeconfig_for("granted").read_text()


def _bind(server: ApiServer, namespace: str, rule: dict[str, list[str]]) -> None:
    root = f"/apis/{GROUP}/v1/namespaces/{namespace}"
    meta = {"name": f"granted-{uuid.uuid4().hex[:8]}"}
    rules = [{**rule, "verbs": ["get", "list"]}]
    server.call("POST", f"{root}/roles", {"metadata": meta, "rules": rules})
    body = {
        "metadata": meta,
        "roleRef": {"apiGroup": GROUP, "kind": "Role", "name": meta["name"]},
        "subjects": [{"apiGroup": GROUP, "kind": "User", "name": "granted"}],
    }
    server.call("POST", f"{root}/rolebindings", body)
