"""The connection to the claim's cluster, and whether it is the cluster that was registered."""

from __future__ import annotations

import math
import time
from dataclasses import dataclass
from weakref import WeakKeyDictionary

from syncline.errors import ClusterIdentityChanged
from syncline_workers.pipeline.attempt import Attempt
from syncline_workers.pipeline.ports import Api

_HEARD = 10.0  # seconds: a cluster that answered so lately is taken to answer again
_KNOWN = 300.0  # seconds for which kept connections are taken to lead where they led


@dataclass(frozen=True, slots=True)
class _Greeted:
    """Who answered, when (monotonic), and over how many connections so far."""

    identity: tuple[str, str]
    at: float
    connected: int


_greeted: WeakKeyDictionary[Api, _Greeted] = WeakKeyDictionary()


def connect(attempt: Attempt) -> Api:
    """Return the kept connection; the attempt knows then who answers.

    Raises:
        ClusterIdentityChanged: another cluster answers under the registered name.
    """
    claim = attempt.claim
    api = attempt.ports.clusters.connect(claim.cluster, claim.kubeconfig)
    attempt.api, attempt.answered = api, api.answered
    api.allow(claim.burst)
    identity = greet(api, heard=claim.heard)
    bound = claim.cluster.kube_uid
    if bound and bound != identity[0]:
        raise ClusterIdentityChanged(
            f"Cluster/{claim.cluster.name}",
            f"is bound to the cluster with kube-system uid {bound}, but {identity[0]} answers: "
            "nothing was written; delete and add the cluster again if it was replaced",
        )
    attempt.identity = identity
    return api


def greet(api: Api, *, heard: float | None = math.inf) -> tuple[str, str]:
    """Return who answers; asked for where that is not known, and then not waited for long.

    So what is sent next, which may take long, is sent to a cluster that answers. It need not be
    asked where it answered anybody lately, and no connection was made since this process knew.

    Args:
        api: the cluster.
        heard: seconds since it answered another process; None: it is in doubt, and must answer.
    """
    known, now = _greeted.get(api), time.monotonic()
    if known and heard is not None and known.connected == api.connected:
        silent = min(heard, now - api.heard_at)
        if silent <= _HEARD and now - known.at <= _KNOWN:
            return known.identity
    identity = api.identity()
    _greeted[api] = _Greeted(identity, now, api.connected)
    return identity
