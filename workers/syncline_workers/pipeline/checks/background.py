"""Looks at checks by threads that outlive the task, since whoever is asked may be silent.

So waiting for an answer takes no slot of a worker, and no other target of the cluster waits for it.
"""

from __future__ import annotations

from collections.abc import Iterable

import structlog

from syncline.contract.reports import HealthReport, TargetHealth, Waiting
from syncline.errors import ClusterBusy, ClusterUnreachable, StoreUnavailable
from syncline.model.names import TargetId
from syncline.model.records import ClusterRecord
from syncline_workers.cluster.parallel import Threads
from syncline_workers.pipeline import pacing
from syncline_workers.pipeline.checks.look import look
from syncline_workers.pipeline.ports import Api, Ports

AT_ONCE = 16
"""Targets whose checks one process looks at at the same time. More of them wait."""

log = structlog.get_logger(__name__)


def is_due(waiting: Waiting, told: TargetHealth) -> bool:
    """Whether its objects are well: until then checks would tell of what was there before."""
    return bool(waiting.checks) and told.health in pacing.SETTLED


def begin(
    ports: Ports, api: Api, cluster: ClusterRecord, found: Iterable[tuple[Waiting, TargetHealth]]
) -> None:
    """Look at the checks of each target from a thread, which folds what it saw; return at once.

    What ends with its process is looked at again: its place in the line is only held meanwhile.
    """
    threads = _threads.own()
    for waiting, told in found:
        if waiting.target not in _begun:  # else the look before has not ended
            _begun.add(waiting.target)
            threads.submit(_fold, ports, api, cluster, waiting, told)


def _fold(
    ports: Ports, api: Api, cluster: ClusterRecord, waiting: Waiting, told: TargetHealth
) -> None:
    try:
        seen = look(ports, api, cluster, waiting, told)
        ports.checks.fold_health(HealthReport(cluster=cluster.uid, targets=(seen,)))
    except (ClusterBusy, ClusterUnreachable, StoreUnavailable) as exc:
        log.warning("checks_lost", target_id=waiting.target, error=str(exc))
    except Exception:  # nobody else would tell
        log.exception("checks_failed", target_id=waiting.target)
    finally:
        _begun.discard(waiting.target)


_begun: set[TargetId] = set()
_threads = Threads(AT_ONCE, "checks")  # not those of runs: whoever is silent keeps its own
