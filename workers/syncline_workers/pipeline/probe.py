"""Does a cluster answer, and is it the one that was registered?"""

from __future__ import annotations

from collections.abc import Sequence

import structlog

from syncline.contract.reports import ClusterReport
from syncline.errors import StoreUnavailable, SynclineError
from syncline.model.names import Uid
from syncline_workers.cluster.parallel import Threads
from syncline_workers.pipeline.failure import describe
from syncline_workers.pipeline.ports import Ports

AT_ONCE = 64
"""Probes of one process at the same time. More of them wait."""

log = structlog.get_logger(__name__)


def probe(ports: Ports, uid: Uid) -> ClusterReport | None:
    """Ask for the server's version and the uid of kube-system; None where it is not registered."""
    found = ports.checks.cluster(uid)
    if found is None:
        return None
    try:
        kube_uid, version = ports.clusters.connect(*found).identity()
    except SynclineError as exc:
        return ClusterReport(cluster=uid, reachable=False, error=describe(exc))
    return ClusterReport(cluster=uid, reachable=True, kube_uid=kube_uid, version=version)


def begin(ports: Ports, uids: Sequence[Uid]) -> None:
    """Ask each from a thread of its own, which folds the answer; return at once.

    So clusters that hang keep no slot of a worker, and those that answer wait for no other. What
    ends with its process is probed again: its member of the due set is only held meanwhile.
    """
    threads = _threads.own()
    for uid in uids:
        threads.submit(_fold, ports, uid)


def _fold(ports: Ports, uid: Uid) -> None:
    try:
        report = probe(ports, uid)
        if report:
            ports.checks.fold(report)
    except StoreUnavailable as exc:
        log.warning("probe_lost", cluster_id=uid, error=str(exc))
    except Exception:  # nobody else would tell
        log.exception("probe_failed", cluster_id=uid)


_threads = Threads(AT_ONCE, "probe")  # not those of runs: a probe that hangs keeps its own
