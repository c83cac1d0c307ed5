"""How targets, applications, clusters and the fleet are doing, as the store tells it."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from syncline.model.beside import Beside
from syncline.model.change import Change
from syncline.model.commit import Commit
from syncline.model.names import TargetId
from syncline.model.pin import Pin
from syncline.model.request import Request
from syncline.model.signature import Signature
from syncline.model.status import HealthStatus, Lane, Outcome, Phase, SyncStatus, worst
from syncline.model.values import Stored

AnyLane = Annotated[Lane | str, Field(union_mode="left_to_right")]
"""A lane; one of a newer release by its word: two releases run at once."""


class TargetLine(Stored):
    """One application on one cluster, as lists show it.

    Times are seconds since the epoch, 0 = never.
    """

    id: TargetId
    name: str  # project/app@cluster
    project: str
    application: str
    cluster: str
    phase: Phase = Phase.IDLE
    sync: SyncStatus = SyncStatus.UNKNOWN
    health: HealthStatus = HealthStatus.UNKNOWN
    reason: str = ""
    message: str = ""
    revision: str = ""  # applied last
    signatures: tuple[Signature, ...] = ()  # of it, where its repository asks for them
    observed: str = ""  # newest commit known not to change the target
    operation: str = ""  # whose request is at hand
    deleting: bool = False
    updated_at: float = 0.0  # any change of this state
    synced_at: float = 0.0  # the last run that ended Succeeded
    aside_at: float = 0.0  # when it was set aside: its runs lost their workers
    held: bool = False  # its request is held back: a closed sync window, or what it depends on
    held_until: float = 0.0  # when that window opens; 0: none holds it, or nobody knows
    pinned: Pin | None = None  # the past state that a rollback keeps it at
    pinned_head: str = ""  # a commit newer than this one ends that; "" = only a person does


class TargetState(TargetLine):
    """The same with all else that is known of it: where its work stands, what came of it last."""

    lane: AnyLane | None = None  # while work waits or runs
    beside: tuple[Beside, ...] = ()  # what its other sources were applied at last
    render_key: str = ""
    generation: int = 0  # of the newest request
    done: int = 0  # every request up to this one is satisfied, failed or superseded
    attempt: int = 0  # of the request at hand
    trigger: str = ""  # kind of the request at hand or run last
    requested: bool = False  # a request waits (or its back-off runs)
    heavy: bool = False  # it took long to fetch and render, or is large, or is a plugin's
    objects: int = 0  # in the inventory
    fence: int = 0  # of the last run
    worker: str = ""  # that runs it now or ran it last
    created_at: float = 0.0
    started_at: float = 0.0  # the last claim
    retry_at: float = 0.0  # when the request that failed, or waits for a step, is taken up again
    windows: str = ""  # the set of sync windows that it has, by its id
    last_log: str = ""  # what the last run logged that lost its worker, until one ends


class Summary(Stored):
    """Counts of targets: of an application, of a cluster, or of the fleet. No word is left out."""

    targets: int = 0
    sync: dict[SyncStatus, int] = {}
    health: dict[HealthStatus, int] = {}

    @property
    def worst_health(self) -> HealthStatus:
        """The worst health of any target; nothing at all is healthy."""
        return worst([status for status, count in self.health.items() if count])


class FleetSummary(Summary):
    """Counts over everything."""

    phases: dict[Phase, int] = {}
    applications: int = 0
    clusters: int = 0
    repositories: int = 0
    aside: int = 0  # targets that were set aside
    windows: int = 0  # registered SyncWindows
    credential_templates: int = 0
    held: int = 0  # targets whose requests are held back
    pinned: int = 0  # targets that a rollback keeps at a past state


class ClusterStatus(Stored):
    """What is known of a cluster's reach, beside its record."""

    reachable: bool = True  # False while its breaker is open
    failures: int = 0  # connection failures in a row
    reason: str = ""  # PascalCase: why nothing runs on it
    message: str = ""
    checked_at: float = 0.0  # seconds since the epoch: the last answer or failure
    running: int = 0  # live leases
    ready: int = 0  # targets that wait for their turn


class HistoryEntry(Stored):
    """One run of a target that changed something or ended in a new way, newest first."""

    finished_at: float
    started_at: float = 0.0
    fence: int = 0  # of the attempt: grows from run to run
    outcome: Outcome
    reason: str
    message: str = ""
    revision: str = ""  # applied last, as this run ended
    commit: Commit | None = None  # that it was about; None: nobody read it
    beside: tuple[Beside, ...] = ()  # commits of its other sources that it was about
    rendered: str = ""  # keyed digest of all that was to be applied: equal digests, equal objects
    render_key: str = ""
    application_generation: int = 0  # the spec of that generation is kept
    request: Request
    parameters: dict[str, str] = {}
    changes: tuple[Change, ...] = ()  # the first ones; ``changed`` counts all
    changed: int = 0
    steps: dict[str, float] = {}
    revised: str = ""  # name of how its manifests differ from those of the run before

    @property
    def seconds(self) -> float:
        """From its claim to its report, by the store's clock: a fence is the time of its claim."""
        return max(0.0, round(self.finished_at - self.fence / 1e6, 3)) if self.fence else 0.0
