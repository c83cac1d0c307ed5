"""What the pipeline needs from outside. ``app`` fills these with the store, Git and clusters."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, Protocol

from syncline.contract.reports import ClusterReport, HealthReport, PreviewRequest, Waiting
from syncline.credentials import NO_CREDENTIALS, CredentialSource
from syncline.health import custom
from syncline.model.adoption import Survey
from syncline.model.change import Inventory, ObjectRef
from syncline.model.names import ObjectKey, TargetId, Uid
from syncline.model.ownership import Propagation
from syncline.model.records import ClusterRecord, RepositoryRecord
from syncline.model.run import Claim, Inputs, Lease, Progress, Refusal
from syncline.model.seal import PlatformKey
from syncline.model.values import Manifest
from syncline.model.variables import Reading
from syncline.settings import RenderSettings
from syncline_workers.pipeline.remembered import Remembered
from syncline_workers.pipeline.renders import Renders
from syncline_workers.pipeline.repositories import Repositories
from syncline_workers.pipeline.timeline import Begin
from syncline_workers.web.fetch import Answer, Question


class Desk(Protocol):
    """The store, seen from a run. Every write passes the lease's fence."""

    def claim(self, target: TargetId, ticket: str, worker: str) -> Claim | Refusal:
        """Take the lease and a snapshot of all that the run needs, in one step."""

    def renew(self, lease: Lease, last_log: str) -> bool:
        """Prolong the lease, and leave what was logged last; False where it is lost."""

    def record(self, lease: Lease, inventory: Inventory) -> None:
        """Store old ∪ new before the first write, and claim the objects.

        Raises:
            OwnedByAnother: another target owns one of the objects; names both.
            LeaseLost: the fence is stale.
        """

    def begin_step(self, lease: Lease, progress: Progress) -> bool:
        """Note which step of a run begins; False where the run had better pause before it.

        Raises:
            LeaseLost: the fence is stale.
        """

    def note_readings(self, cluster: Uid, target: TargetId, readings: Sequence[Reading]) -> None:
        """Keep what the variables of a target were read from."""

    def survey(self, cluster: Uid, found: Survey) -> None:
        """Keep what bears our marks on a cluster, for the first runs of its targets."""


class Lookups(Protocol):
    """The store, seen from a look-up of a repository."""

    def now(self) -> float:
        """The store's time: what was asked before is told from what was asked after by it."""

    def repository(self, uid: Uid) -> RepositoryRecord | None:
        """The repository, None where it is gone."""

    def first_of(self, target: TargetId) -> RepositoryRecord | None:
        """The repository of a target's first source; None where target or repository is gone."""

    def heads(self, uid: Uid) -> dict[str, str]:
        """Revision as written → commit last seen ("" = never); every followed revision is here."""

    def inputs(self, uid: Uid, revision: str) -> dict[str, Inputs]:
        """Digest → learned inputs of the targets that follow this revision as written."""


class Fleet(Protocol):
    """The store, seen from a follower of the fleet repository."""

    def followed(self, uid: Uid) -> Followed | None:
        """What of this repository is followed; None where it is not followed any more."""


@dataclass(frozen=True, slots=True)
class Followed:
    """The fleet repository, and how far it was adopted."""

    repository: RepositoryRecord
    revision: str  # as written
    path: str  # a directory of documents
    adopted: str  # commit that was adopted or refused last, "" = none


class Checks(Protocol):
    """The store, seen from probes, sweeps and health checks."""

    def cluster(self, uid: Uid) -> tuple[ClusterRecord, str] | None:
        """The cluster and its sealed kubeconfig ("" unless ``stored``)."""

    def fold(self, report: ClusterReport) -> None:
        """Take what a probe saw."""

    def inventories(self, uid: Uid) -> Iterable[tuple[TargetId, Inventory]]:
        """What was applied by each idle, not deleting target of the cluster; read in chunks."""

    def inventory(self, target: TargetId) -> Inventory:
        """What was applied by a target, as it is recorded now."""

    def undeclared(self, uid: Uid) -> Mapping[str, Inventory]:
        """What a survey found on the cluster and no target has taken over, by application."""

    def readings(self, uid: Uid) -> Mapping[TargetId, Sequence[Reading]]:
        """What the variables of the cluster's targets were read from; most have none."""

    def owned(self, uid: Uid, refs: Sequence[ObjectRef]) -> frozenset[ObjectKey]:
        """Which of these objects of the cluster some target has applied, or is about to."""

    def waiting(self, uid: Uid) -> tuple[int, list[Waiting]]:
        """How many targets the cluster has, and those whose health is due for another look."""

    def fold_health(self, report: HealthReport) -> None:
        """Take what a look at checks saw."""

    def snapshot(self, target: TargetId) -> Claim | None:
        """What a claim would hand out, with no lease: for previews."""

    def preview(self, uid: Uid) -> PreviewRequest | None:
        """The question; None where it has expired."""


class Rules(Protocol):
    """The health rules that people declared, ready to judge; kept until they change."""

    def of(self, version: str) -> custom.Rules:
        """Those of a version, or newer ones; "" has none."""

    def newest(self, cluster: Uid) -> tuple[custom.Rules, str | None]:
        """Those of now; their version where the cluster was last judged by others, else None."""


class Api(Protocol):
    """One cluster. Safe to use from several threads; kept between runs."""

    def identity(self) -> tuple[str, str]:
        """Uid of the kube-system namespace, and the server's version."""

    def allow(self, burst: float) -> None:
        """Begin a run, which may ask at once what the cluster's rate allows in so many seconds."""

    @property
    def answered(self) -> tuple[int, float]:
        """How many answers came so far, and the seconds that they all took."""

    @property
    def heard_at(self) -> float:
        """When the last answer came, monotonic; -inf: none has."""

    @property
    def connected(self) -> int:
        """How many connections were made so far."""

    def is_namespaced(self, ref: ObjectRef) -> bool:
        """Whether the kind has a namespace; refreshes discovery once for an unknown kind.

        Raises:
            ApplyRejected: the cluster does not know the kind.
        """

    def api_versions(self, applied: Iterable[ObjectRef]) -> tuple[str, ...]:
        """``apps/v1``, ``apps/v1/Deployment``, …, sorted; of what was seen not long ago.

        Args:
            applied: objects that exist; a kind of theirs that is not known is looked for again.
        """

    def apply(self, manifest: Manifest, *, force: bool, dry_run: bool = False) -> Manifest:
        """Server-side apply; returns the object as the server holds it now."""

    def set_managed_fields(
        self, ref: ObjectRef, entries: list[dict[str, Any]], *, resource_version: str
    ) -> None:
        """Say anew who holds which fields of an object, if it has not changed since.

        Raises:
            ClusterBusy: it has.
        """

    def get(self, ref: ObjectRef) -> Manifest | None:
        """The live object, None where absent."""

    def list_objects(
        self, ref: ObjectRef, *, namespace: str, labels: str, fields: str = "", page: int = 100
    ) -> Iterable[Manifest]:
        """All objects of a kind that match, whole, in pages; namespace "": in all."""

    def ensure_namespace(self, name: str) -> bool:
        """Create the namespace where it is absent; True where it was."""

    def wait_established(self, definitions: Sequence[Manifest], *, within: timedelta) -> None:
        """Wait until custom resources of these definitions can be applied.

        Raises:
            NotReady: not all are within this time.
        """

    def delete(
        self,
        ref: ObjectRef,
        *,
        uid: str,
        resource_version: str = "",
        propagation: Propagation = Propagation.BACKGROUND,
    ) -> bool:
        """Delete with preconditions; False where it was already gone."""

    def kept_kinds(self) -> tuple[list[ObjectRef], frozenset[str]]:
        """One reference for each kind of which an apply may have left objects; groups away now."""

    def list_metadata(
        self, ref: ObjectRef, *, labels: str, namespace: str = ""
    ) -> Iterable[Manifest]:
        """PartialObjectMetadata of all objects of a kind that match, in pages; "": of all."""

    def close(self) -> None:
        """Close the kept connections; used again, it opens new ones."""


class Web(Protocol):
    """What checks ask by HTTP."""

    def ask(self, question: Question) -> Answer:
        """Send one request.

        Raises:
            CheckForbidden: it may not be asked.
            CheckUnanswered: it did not answer in time, or not by HTTP.
        """


class Clusters(Protocol):
    """The fleet's API servers."""

    def connect(self, cluster: ClusterRecord, sealed_kubeconfig: str = "") -> Api:
        """The kept connection of this process to a cluster."""

    def close(self) -> None:
        """Close every connection."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ports:
    """All that a worker process has."""

    desk: Desk
    lookups: Lookups
    fleet: Fleet
    checks: Checks
    rules: Rules
    repositories: Repositories
    clusters: Clusters
    web: Web
    renders: Renders
    key: PlatformKey
    render: RenderSettings
    worker: str  # this process, for people: host and process id
    begin: Begin | None = None  # where runs are traced
    remembered: Remembered = field(default_factory=Remembered)
    credentials: CredentialSource = NO_CREDENTIALS  # for what is encrypted
