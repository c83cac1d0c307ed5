"""A run as it travels: what a claim hands to a worker, and the report that comes back."""

from __future__ import annotations

from syncline.model.beside import Beside
from syncline.model.change import Change, Difference, Inventory
from syncline.model.commit import Commit
from syncline.model.names import TargetId, TargetName
from syncline.model.pin import Pin
from syncline.model.records import ApplicationRecord, ClusterRecord, RepositoryRecord, name_of
from syncline.model.request import Request
from syncline.model.signature import Signature
from syncline.model.status import HealthStatus, Outcome, SyncStatus
from syncline.model.values import Stored


class Lease(Stored):
    """The right to run a target, and its ever-growing number."""

    target: TargetId
    fence: int
    ticket: str
    seconds: float  # how long it lasts without a heartbeat


class Progress(Stored):
    """How far a run has come whose steps wait for one another; it outlives worker and attempt."""

    run: str  # the same over all attempts; its hooks carry it
    key: str  # of what the run brings about: another one is another run
    hooks: bool = True  # they run in this one
    step: str = ""  # the one that was begun last
    since: float = 0.0  # when it was: seconds since the epoch, store's time
    applied: bool = False  # all of the step was: it waits
    pauses: int = 0  # attempts that ended so
    reason: str = ""  # what the run failed with, once its SyncFail hooks run
    message: str = ""
    changes: tuple[Change, ...] = ()  # of the attempts that paused; the first ones
    changed: int = 0  # how many in all


class Claim(Stored):
    """All that a worker needs to run a target once; a snapshot taken in one atomic step."""

    lease: Lease
    installation: str
    request: Request
    attempt: int = 1  # of this request; grows when a worker was lost or a transient error came
    application: ApplicationRecord
    cluster: ClusterRecord
    repository: RepositoryRecord | None  # of the first source
    beside: tuple[
        Beside, ...
    ] = ()  # what the other sources follow, and the commits of last look-ups
    repositories: dict[str, RepositoryRecord] = {}  # theirs, by name; what is missing is left out
    kubeconfig: str = ""  # sealed with the platform key, where the cluster's spec says `stored`
    head: str = ""  # what the last look-up resolved the application's revision to; "" = unknown
    revision: str = ""  # applied last
    observed: str = ""  # newest commit known not to change the target
    render_key: str = ""  # of what was applied last
    health: HealthStatus = HealthStatus.UNKNOWN  # as last seen
    inventory: Inventory = ()
    unsurveyed: bool = False  # first run on a cluster that nobody has surveyed: see model.adoption
    deleting: bool = False  # remove all objects: the target left its application's destination
    orphan: bool = False  # deleting: leave the objects, only forget them
    burst: float = 0.0  # it may ask at once what the cluster's whole rate allows in so many seconds
    rules: str = ""  # version of the health rules that people declared; "" = there are none
    heard: float | None = None  # seconds since the cluster answered anybody; None: it is in doubt
    progress: Progress | None = None  # of a run with steps that has not ended
    rites: str = ""  # hooks that the target's deletion runs, sealed: see pipeline.rites
    pin: Pin | None = None  # a rollback keeps it there: the application and the head are as then

    @property
    def number(self) -> int:
        """Which claim of its run it is, also of those after a pause."""
        return self.attempt + (self.progress.pauses if self.progress else 0)

    @property
    def name(self) -> TargetName:
        """``project/app@cluster``, for people."""
        return name_of(self.application, self.cluster)


class Refusal(Stored):
    """Why a claim was not granted. ``reason`` is a PascalCase word; nothing is to be done."""

    reason: str  # Stale, Held, ClusterBusy, ClusterParked, Gone, Paused, WindowClosed, …
    detail: str = ""


class Inputs(Stored):
    """What a render read: path in the repository → tree or blob id ("" = looked for, absent)."""

    repository: str = ""
    revision: str = ""
    paths: dict[str, str] = {}


class Report(Stored):
    """What came of one attempt. Folding it is the only way that a target's state changes."""

    lease: Lease
    outcome: Outcome
    request: Request
    sync: SyncStatus
    health: HealthStatus
    reason: str  # PascalCase: Succeeded, or the error's
    message: str = ""
    revision: str = ""  # applied last
    observed: str = ""
    render_key: str = ""
    commit: Commit | None = None  # that this attempt was about, where history tells of it
    signatures: tuple[Signature, ...] = ()  # of that commit, where its repository asks for them
    rendered: str = ""  # keyed digest of all that was to be applied
    packed: int = 0  # bytes of its manifests as caches keep them; 0 = they keep none
    inputs: Inputs | None = None  # of the first source; None: unchanged
    beside: tuple[Beside, ...] = ()  # commits of the other sources that this attempt was about
    inputs_beside: tuple[Inputs, ...] = ()  # of theirs, in the same order; (): unchanged
    inventory: Inventory | None = None  # None: unchanged
    changes: tuple[Change, ...] = ()  # unchanged objects left out
    differences: tuple[Difference, ...] = ()  # of a dry run: what would change; else see revised
    revised: str = ""  # name of how its manifests differ from the last ones; ``differences`` are it
    wrote: bool = True  # something may have reached the cluster
    wanted: str = ""  # digest of what the documents wanted (model.wanted)
    parameters: dict[str, str] = {}
    retry_after: float | None = None  # seconds; set for transient failures
    check_after: float | None = None  # seconds until health is to be looked at again
    kube_uid: str = ""
    kube_version: str = ""
    cluster_reachable: bool | None = None  # None: the cluster was not asked
    answer: float | None = None  # seconds of its answers to this run, in the mean
    asked: float = 0.0  # seconds that the cluster's whole rate takes for its requests
    started_at: float = 0.0  # seconds since the epoch, the worker's clock: for people only
    steps: dict[str, float] = {}  # seconds by step
    gone: bool = False  # deletion is complete: forget the target
    progress: Progress | None = None  # with Waiting: where it goes on
    rites: str | None = None  # hooks for the target's deletion, sealed; None: as before
    resumed: bool = False  # an earlier attempt of the run had paused
    changed: int = 0  # objects that changed in all attempts, where that is more than ``changes``
    plugin: bool = False  # whether a plugin renders it
    awaits: str = ""  # Abandoned: work that another run renders; it goes on when that is done

    def __repr__(self) -> str:
        """Short, for Celery's logs and events: never a manifest."""
        return f"{self.outcome} {self.reason} {self.revision[:12]}"
