"""Does a cluster answer, and is it the one that was registered?"""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

from syncline.contract.reports import ClusterReport, ClusterReports
from syncline.errors import SynclineError
from syncline.model.names import Uid
from syncline_workers.pipeline.failure import describe
from syncline_workers.pipeline.ports import Ports


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


def probe_all(ports: Ports, uids: Sequence[Uid]) -> ClusterReports:
    """Ask several at the same time: all that hang take one slot for one time-out."""
    with ThreadPoolExecutor(len(uids), thread_name_prefix="probe") as threads:
        found = threads.map(lambda uid: probe(ports, uid), uids)
        return ClusterReports(clusters=tuple(each for each in found if each))
