"""Another look at the health of what was applied: soon at first, then less often."""

from __future__ import annotations

import time

from syncline.contract.reports import HealthReport
from syncline.errors import ClusterBusy, ClusterUnreachable
from syncline.model.change import Inventory, ObjectRef
from syncline.model.names import TargetId
from syncline.model.status import HealthStatus
from syncline_workers.health import registry, verdict
from syncline_workers.health.verdict import Health
from syncline_workers.pipeline.ports import Api, Ports

_SOONEST, _LATEST = 2.0, 120.0  # seconds


def checkup(ports: Ports, target: TargetId) -> HealthReport | None:
    """Judge every object of a target that has a health; None where the target is gone."""
    found = ports.checks.inventory(target)
    if found is None:
        return None
    fence, cluster, kubeconfig, inventory = found
    try:
        found_health, versions = _look(ports.clusters.connect(cluster, kubeconfig), inventory)
    except (ClusterUnreachable, ClusterBusy) as exc:
        return HealthReport(
            target=target,
            fence=fence,
            health=HealthStatus.UNKNOWN,
            reason=exc.reason,
            message=str(exc),
            reachable=False,
            check_after=_LATEST,
        )
    return HealthReport(
        target=target,
        fence=fence,
        health=found_health.status,
        reason=found_health.reason,
        message=found_health.message,
        versions=tuple(versions),
        check_after=again_after(found_health.status, fence),
    )


def again_after(status: HealthStatus, fence: int) -> float | None:
    """Seconds until the next look: the run's age, within bounds; None once it is settled.

    So looks come after 2, 4, 8 … seconds: a slow roll-out costs a dozen, whatever its length.

    A fence is the time of its claim in microseconds.
    """
    if status in (HealthStatus.HEALTHY, HealthStatus.SUSPENDED):
        return None
    return min(max(time.time() - fence / 1e6, _SOONEST), _LATEST)


def _look(api: Api, inventory: Inventory) -> tuple[Health, list[tuple[ObjectRef, str]]]:
    judged, versions = [], []
    for entry in inventory:
        if registry.is_judged(entry.ref):
            live = api.get(entry.ref)
            judged.append((entry.ref, registry.judge(live)))
            if live is not None:
                versions.append((entry.ref, live["metadata"].get("resourceVersion", "")))
    return verdict.aggregate(judged), versions
