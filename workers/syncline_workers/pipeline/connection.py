"""The connection to the claim's cluster, and whether it is the cluster that was registered."""

from __future__ import annotations

import time
from weakref import WeakKeyDictionary

from syncline.errors import ClusterIdentityChanged
from syncline_workers.pipeline.attempt import Attempt
from syncline_workers.pipeline.ports import Api

_TRUSTED = 10.0  # seconds: a look at the identity costs a request
_seen: WeakKeyDictionary[Api, tuple[float, tuple[str, str]]] = WeakKeyDictionary()


def connect(attempt: Attempt) -> Api:
    """Return the kept connection; the attempt knows then who answers.

    Raises:
        ClusterIdentityChanged: another cluster answers under the registered name.
    """
    claim = attempt.claim
    api = attempt.ports.clusters.connect(claim.cluster, claim.kubeconfig)
    attempt.api, attempt.answered = api, api.answered
    identity = greet(api)
    bound = claim.cluster.kube_uid
    if bound and bound != identity[0]:
        raise ClusterIdentityChanged(
            f"Cluster/{claim.cluster.name}",
            f"is bound to the cluster with kube-system uid {bound}, but {identity[0]} answers: "
            "nothing was written; delete and add the cluster again if it was replaced",
        )
    attempt.identity = identity
    return api


def greet(api: Api) -> tuple[str, str]:
    """Return who answers; asked for where that was not heard lately, and then not waited for long.

    So what is sent next, which may take long, is sent to a cluster that answers.
    """
    at, identity = _seen.get(api, (0.0, ("", "")))
    if time.monotonic() - at > _TRUSTED or not at:
        identity = api.identity()
        _seen[api] = (time.monotonic(), identity)
    return identity
