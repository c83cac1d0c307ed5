"""One real kube-apiserver: how to start, reach, stop and pause it.

It keeps its data in somebody else's etcd, under a prefix of its own. There is no kubelet and no
scheduler: a Pod never runs. Controllers act only where they are asked for; without them a deleted
namespace stays in `Terminating`, and a Deployment makes no ReplicaSet.
"""

import json
import ssl
import urllib.request
from pathlib import Path
from typing import Any

from tests.harness import flags, poll, ports
from tests.harness.credentials import Credentials
from tests.harness.flags import Audit
from tests.harness.process import Process

START = 120.0  # seconds; 1.5 on a quiet machine, but eight at once share its cores


class ApiServer:
    """A cluster, as far as its clients can tell."""

    def __init__(
        self,
        directory: Path,
        *,
        assets: Path,
        etcd: str,
        controllers: bool,
        audit: Audit = Audit.NOTHING,
    ) -> None:
        directory.mkdir()
        self.name = directory.name
        self.audit_log = None if audit is Audit.NOTHING else directory / "audit.jsonl"
        self.port = ports.free()
        self.url = f"https://127.0.0.1:{self.port}"
        self._credentials = Credentials(directory)
        self._server = Process(
            assets / "kube-apiserver",
            flags.api_server(self.name, port=self.port, etcd=etcd, credentials=self._credentials)
            + (flags.audit(self.audit_log, audit) if self.audit_log is not None else []),
            log=directory / "kube-apiserver.log",
        )
        self._controllers = Process(
            assets / "kube-controller-manager",
            flags.controllers(directory / "admin.kubeconfig", credentials=self._credentials),
            log=directory / "kube-controller-manager.log",
        )
        self._has_controllers = controllers

    @property
    def kubeconfig(self) -> Path:
        """A kubeconfig file of the administrator, with the server's CA in it."""
        return self.kubeconfig_for("admin")

    def kubeconfig_for(self, user: str, *, token: str | None = None) -> Path:
        """The same for one of `credentials.USERS`, or for anybody with a token that is wrong."""
        return self._credentials.kubeconfig(user, self.url, token=token)

    @property
    def pid(self) -> int:
        """The id of the kube-apiserver process."""
        return self._server.pid

    @property
    def uid(self) -> str:
        """Who this cluster is: the uid of its namespace kube-system."""
        return str(self.call("GET", "/api/v1/namespaces/kube-system")["metadata"]["uid"])

    def start(self) -> None:
        """Starts it, on the same port and data as before, and waits until it is ready."""
        self.launch()
        self.wait()

    def launch(self) -> None:
        """Starts it, so that several start at once; `wait` says when it is ready."""
        self._server.start()

    def wait(self) -> None:
        """Waits until `/readyz` says ok and kube-system exists, then starts the controllers.

        Raises:
            process.Ended: it ended by itself; the message quotes its log.
            poll.TimedOut: it is not ready within `START`.
        """
        poll.until(self._is_ready, within=START, what=f"{self.name} ready at {self.url}", every=0.1)
        if self._has_controllers:
            self._credentials.kubeconfig("admin", self.url)
            self._controllers.start()

    def ask_to_end(self) -> None:
        """Asks it to end, so that several end at once; `stop` waits."""
        self._controllers.ask_to_end()
        self._server.ask_to_end()

    def stop(self) -> None:
        """Ends it; its data and its port wait for `start`. Nothing if it does not run."""
        self._controllers.stop()
        self._server.stop()

    def pause(self) -> None:
        """Makes the cluster hang: it takes connections and answers none."""
        self._server.pause()

    def resume(self) -> None:
        """Undoes `pause`."""
        self._server.resume()

    def call(
        self,
        method: str,
        path: str,
        body: object = None,
        *,
        kind: str = "json",
        timeout: float = 30,
    ) -> Any:
        """One request as the administrator; `kind` is the body's type after `application/`.

        Server-side apply: `call("PATCH", f"{path}?fieldManager=me", obj, kind="apply-patch+yaml")`.

        Raises:
            urllib.error.HTTPError: any answer but 2xx.
            OSError: no answer.
        """
        data = None if body is None else json.dumps(body).encode()
        token = self._credentials.token("admin")
        request = urllib.request.Request(self.url + path, data=data, method=method)
        request.add_header("Authorization", f"Bearer {token}")
        request.add_header("Content-Type", f"application/{kind}")
        return json.loads(self._open(request, timeout))

    def _open(self, request: urllib.request.Request, timeout: float) -> bytes:
        context = ssl.create_default_context(cafile=str(self._credentials.certificate))
        tls = urllib.request.HTTPSHandler(context=context)
        direct = urllib.request.build_opener(urllib.request.ProxyHandler({}), tls)
        with direct.open(request, timeout=timeout) as answer:
            return bytes(answer.read())

    def _is_ready(self) -> bool:
        self._server.check()
        try:
            ready = self._open(urllib.request.Request(f"{self.url}/readyz"), timeout=5)
            return ready == b"ok" and bool(self.uid)
        except OSError:  # no certificate yet, nobody listens, or an answer of 4xx or 5xx
            return False
