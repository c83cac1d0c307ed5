"""The connection to the claim's cluster, and whether it is the cluster that was registered."""

from __future__ import annotations

import time
from weakref import WeakKeyDictionary

from syncline.errors import ClusterIdentityChanged
from syncline.model.run import Claim
from syncline_workers.pipeline.ports import Api, Ports

_TRUSTED = 60.0  # seconds: a look at the identity costs two requests
_seen: WeakKeyDictionary[Api, tuple[float, tuple[str, str]]] = WeakKeyDictionary()


def connect(ports: Ports, claim: Claim) -> tuple[Api, tuple[str, str]]:
    """Return the kept connection, and the uid of kube-system with the server's version.

    Raises:
        ClusterIdentityChanged: another cluster answers under the registered name.
    """
    api = ports.clusters.connect(claim.cluster, claim.kubeconfig)
    at, identity = _seen.get(api, (0.0, ("", "")))
    if time.monotonic() - at > _TRUSTED or not at:
        identity = api.identity()
        _seen[api] = (time.monotonic(), identity)
    bound = claim.cluster.kube_uid
    if bound and bound != identity[0]:
        raise ClusterIdentityChanged(
            f"Cluster/{claim.cluster.name}",
            f"is bound to the cluster with kube-system uid {bound}, but {identity[0]} answers: "
            "nothing was written; delete and add the cluster again if it was replaced",
        )
    return api, identity
