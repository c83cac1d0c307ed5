"""The floor: a bare client with 16 requests in flight and nothing else to do."""

import json
import ssl
import time
from base64 import b64decode
from concurrent.futures import ThreadPoolExecutor

import urllib3
import yaml

from tests.bench import manifests
from tests.harness.apiserver import ApiServer

IN_FLIGHT = 16
_PATHS = {
    "ServiceAccount": "/api/v1/namespaces/{ns}/serviceaccounts/{name}",
    "Deployment": "/apis/apps/v1/namespaces/{ns}/deployments/{name}",
    "Service": "/api/v1/namespaces/{ns}/services/{name}",
    "Ingress": "/apis/networking.k8s.io/v1/namespaces/{ns}/ingresses/{name}",
}


class Floor:
    """Sends server-side applies of the benchmark's objects, as a field manager of its own."""

    def __init__(self, server: ApiServer, token: str, namespace: str) -> None:
        config = yaml.safe_load(server.kubeconfig.read_text())
        authority = b64decode(config["clusters"][0]["cluster"]["certificate-authority-data"])
        context = ssl.create_default_context(cadata=authority.decode())
        self._pool = urllib3.HTTPSConnectionPool(
            "127.0.0.1", server.port, maxsize=IN_FLIGHT, ssl_context=context, block=True
        )
        self._headers = {
            "Authorization": f"Bearer {token}",
            "Content-Type": "application/apply-patch+yaml",
        }
        self._namespace = namespace

    def install(self, count: int, *, version: str) -> float:
        """Apply all four objects of each application; seconds."""
        return self._send([o for n in range(count) for o in manifests.objects(n, version=version)])

    def change(self, count: int, *, version: str) -> float:
        """Apply the one object of each application that differs; seconds."""
        return self._send([manifests.objects(n, version=version)[1] for n in range(count)])

    def _send(self, objects: list[dict[str, object]]) -> float:
        begun = time.perf_counter()
        with ThreadPoolExecutor(IN_FLIGHT) as pool:
            for status in pool.map(self._apply, objects):
                assert status in {200, 201}, f"the API server answered {status}"
        return time.perf_counter() - begun

    def _apply(self, manifest: dict[str, object]) -> int:
        app = manifest["metadata"]["name"]  # type: ignore[index]
        path = _PATHS[str(manifest["kind"])].format(ns=self._namespace, name=app)
        answer = self._pool.request(
            "PATCH",
            f"{path}?fieldManager=floor&force=true",
            body=json.dumps(manifest).encode(),
            headers=self._headers,
        )
        return answer.status
