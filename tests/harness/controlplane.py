"""A real control plane: one etcd and as many kube-apiservers as clusters are wanted.

`tests/controlplane/README.md` says what each costs. The programs come from
`tools/get.py controlplane`; nothing here builds them.
"""

import json
import urllib.request
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from tests.harness import flags, ports
from tests.harness.apiserver import ApiServer
from tests.harness.flags import Audit
from tests.harness.process import Process
from tools import programs


class ControlPlane:
    """Clusters on this machine that live until the end of the `with` block, or until `stop`."""

    def __init__(
        self, directory: Path, *, assets: Path, controllers: bool, audit: Audit = Audit.NOTHING
    ) -> None:
        self._directory = directory
        self._assets = assets
        self._has_controllers = controllers
        self._audits = audit
        self._etcd_url = f"http://127.0.0.1:{ports.free()}"
        self._etcd = Process(
            assets / "etcd",
            flags.etcd(
                directory / "etcd",
                client=self._etcd_url,
                peer=f"http://127.0.0.1:{ports.free()}",
            ),
            log=directory / "etcd.log",
        )
        self._clusters: list[ApiServer] = []

    @classmethod
    def start(
        cls,
        directory: Path,
        clusters: int = 1,
        *,
        controllers: bool = False,
        audit: Audit = Audit.NOTHING,
    ) -> Self:
        """Starts them at once, with data and logs in `directory`, and waits until all are ready.

        With `audit` each writes down who wrote what: `ApiServer.audit_log`.

        Raises:
            programs.Absent: the programs are not on this machine; the message says how to get them.
            process.Ended: a server ended by itself; the message quotes its log.
            poll.TimedOut: a server is not ready in time.
        """
        assets = _assets(controllers=controllers)
        directory.mkdir(parents=True, exist_ok=True)
        plane = cls(directory, assets=assets, controllers=controllers, audit=audit)
        try:
            plane._etcd.start()
            plane.grow(clusters)
        except BaseException:
            plane.stop()
            raise
        return plane

    @property
    def clusters(self) -> tuple[ApiServer, ...]:
        """Those that exist so far, in the order of their numbers."""
        return tuple(self._clusters)

    @property
    def etcd_pid(self) -> int:
        """The id of the etcd process."""
        return self._etcd.pid

    def cluster(self, number: int) -> ApiServer:
        """The cluster with that number, from 0; it and those before it are started if need be."""
        self.grow(number + 1)
        return self._clusters[number]

    def grow(self, clusters: int) -> None:
        """Sees that there are at least so many, starting those that are missing at once."""
        added = [self._new(number) for number in range(len(self._clusters), clusters)]
        self._clusters += added
        for server in added:
            server.launch()
        for server in added:
            server.wait()

    def compact(self) -> None:
        """Makes etcd forget all that was before: a watch from an older version gets a 410."""
        last = self._etcd_call("kv/range", {"key": "AA==", "range_end": "AA==", "limit": 1})
        self._etcd_call("kv/compaction", {"revision": last["header"]["revision"], "physical": True})

    def stop(self) -> None:
        """Ends every server and waits until each is gone. The directory stays."""
        for server in self._clusters:
            server.ask_to_end()
        for server in self._clusters:
            server.stop()
        self._etcd.stop()  # last: a server without it lingers

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    def _etcd_call(self, verb: str, body: dict[str, Any]) -> Any:
        request = urllib.request.Request(f"{self._etcd_url}/v3/{verb}", json.dumps(body).encode())
        direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        with direct.open(request, timeout=30) as answer:
            return json.loads(answer.read())

    def _new(self, number: int) -> ApiServer:
        return ApiServer(
            self._directory / f"cluster-{number}",
            assets=self._assets,
            etcd=self._etcd_url,
            controllers=self._has_controllers,
            audit=self._audits,
        )


def _assets(*, controllers: bool) -> Path:
    assets = programs.find("controlplane").path
    if controllers and not (assets / "kube-controller-manager").exists():
        raise programs.Absent(
            f"no kube-controller-manager in {assets}: unset KUBEBUILDER_ASSETS and get one with: "
            "python3 tools/get.py controlplane"
        )
    return assets
