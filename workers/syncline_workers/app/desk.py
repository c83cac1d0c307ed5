"""The store behind the pipeline's ports: each method is one call of the store's."""

from __future__ import annotations

import math
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

from syncline.contract.reports import ClusterReport, HealthReport, PreviewRequest, Waiting
from syncline.model.adoption import Survey
from syncline.model.change import Inventory, ObjectRef
from syncline.model.names import ObjectKey, TargetId, Uid, split_target_id
from syncline.model.records import ClusterRecord, RepositoryRecord
from syncline.model.run import Claim, Inputs, Lease, Progress, Refusal
from syncline.model.variables import Reading
from syncline.settings import Settings
from syncline.store import (
    adoption,
    apptokens,
    checks,
    clusters,
    connection,
    documents,
    fleet,
    hosts,
    previews,
    rendered,
    rendering,
    runs,
    sources,
    steps,
    targets,
)
from syncline.store import readings as stored_readings
from syncline.store.connection import Store
from syncline.store.records import Kind
from syncline_workers.git.apptokens import Token
from syncline_workers.git.turns import Answer
from syncline_workers.pipeline.ports import Followed

_KEPT = 5.0  # seconds
_PAGE = 200


@dataclass(frozen=True, slots=True)
class StoreDesk:
    """``ports.Desk``."""

    store: Store
    settings: Settings

    def claim(self, target: TargetId, ticket: str, worker: str) -> Claim | Refusal:
        """See the port."""
        return runs.claim(self.store, target, ticket, worker, lease=self.settings.run.lease)

    def renew(self, lease: Lease, last_log: str) -> bool:
        """See the port."""
        return runs.renew(self.store, lease, last_log)

    def record(self, lease: Lease, inventory: Inventory) -> None:
        """See the port."""
        runs.record(self.store, lease, inventory)

    def begin_step(self, lease: Lease, progress: Progress) -> bool:
        """See the port."""
        return steps.begin(self.store, lease, progress)

    def note_readings(self, cluster: Uid, target: TargetId, readings: Sequence[Reading]) -> None:
        """See the port."""
        stored_readings.note(self.store, cluster, target, readings)

    def survey(self, cluster: Uid, found: Survey) -> None:
        """See the port."""
        adoption.keep(self.store, cluster, found)


@dataclass(frozen=True, slots=True)
class StoreHosts:
    """``git.turns.Hosts``."""

    store: Store
    settings: Settings

    def enter(self, host: str, seconds: float) -> Answer:
        """See the port."""
        most = self.settings.git.host_requests
        return Answer(*hosts.enter(self.store, host, most=most, seconds=seconds))

    def leave(self, host: str, token: str) -> None:
        """See the port."""
        hosts.leave(self.store, host, token)

    def pause(self, host: str, seconds: float = 0.0) -> float:
        """See the port."""
        return hosts.pause(self.store, host, seconds)

    def token(self, name: str) -> Token | None:
        """See the port."""
        found = apptokens.get(self.store, name)
        return None if found is None else Token(*found)

    def keep_token(self, name: str, token: Token) -> None:
        """See the port."""
        apptokens.keep(self.store, name, apptokens.Token(*token))

    def drop_token(self, name: str) -> None:
        """See the port."""
        apptokens.drop(self.store, name)


@dataclass(slots=True)
class StoreRegistered:
    """``archives.registered.Registered``: read again once in a while."""

    store: Store
    _read_at: float = -math.inf
    _records: Sequence[RepositoryRecord] = ()

    def repositories(self) -> Sequence[RepositoryRecord]:
        """See the port."""
        if time.monotonic() - self._read_at > _KEPT:
            self._records = tuple(_repositories(self.store))
            self._read_at = time.monotonic()
        return self._records


@dataclass(frozen=True, slots=True)
class StoreLookups:
    """``ports.Lookups``."""

    store: Store

    def now(self) -> float:
        """See the port."""
        return connection.now(self.store)

    def repository(self, uid: Uid) -> RepositoryRecord | None:
        """See the port."""
        return documents.repository(self.store, uid)

    def first_of(self, target: TargetId) -> RepositoryRecord | None:
        """See the port."""
        application = documents.application(self.store, split_target_id(target)[0])
        if application is None:
            return None
        found = documents.get(self.store, Kind.REPOSITORY, application.spec.source.repository)
        return found if isinstance(found, RepositoryRecord) else None

    def heads(self, uid: Uid) -> dict[str, str]:
        """See the port."""
        return sources.heads(self.store, uid)

    def inputs(self, uid: Uid, revision: str) -> dict[str, Inputs]:
        """See the port."""
        return sources.inputs(self.store, uid, revision)


@dataclass(frozen=True, slots=True)
class StoreFleet:
    """``ports.Fleet``."""

    store: Store

    def followed(self, uid: Uid) -> Followed | None:
        """See the port."""
        found = fleet.followed(self.store)
        if found is None or found.repository != uid:
            return None
        repository = documents.repository(self.store, uid)
        if repository is None:
            return None
        return Followed(repository, found.revision, found.path, found.commit)


@dataclass(frozen=True, slots=True)
class StoreRenders:
    """``ports.Renders``."""

    store: Store

    def get(self, key: str) -> bytes | None:
        """See the port."""
        return rendered.get(self.store, key)

    def begin(
        self,
        work: str,
        token: str,
        *,
        within: timedelta,
        holder: tuple[TargetId, int] | None,
        unless: str | None,
    ) -> rendering.Turn:
        """See the port."""
        held = holder or ("", 0)
        return rendering.begin(self.store, work, token, within=within, holder=held, unless=unless)

    def end(
        self, work: str, token: str, *, entries: Mapping[str, bytes], note: bytes, keep: float
    ) -> None:
        """See the port."""
        rendering.end(self.store, work, token, entries=entries, note=note, keep=keep)


@dataclass(frozen=True, slots=True)
class StoreChecks:
    """``ports.Checks``."""

    store: Store

    def cluster(self, uid: Uid) -> tuple[ClusterRecord, str] | None:
        """See the port."""
        record = documents.cluster(self.store, uid)
        if record is None:
            return None
        return record, documents.sealed_kubeconfig(self.store, uid)

    def fold(self, report: ClusterReport) -> None:
        """See the port."""
        clusters.fold_cluster(self.store, report)

    def inventories(self, uid: Uid) -> Iterable[tuple[TargetId, Inventory]]:
        """See the port."""
        return clusters.inventories(self.store, uid)

    def inventory(self, target: TargetId) -> Inventory:
        """See the port."""
        return targets.inventory(self.store, target)

    def undeclared(self, uid: Uid) -> Mapping[str, Inventory]:
        """See the port."""
        return adoption.waiting(self.store, uid)

    def readings(self, uid: Uid) -> Mapping[TargetId, Sequence[Reading]]:
        """See the port."""
        return stored_readings.of_cluster(self.store, uid)

    def owned(self, uid: Uid, refs: Sequence[ObjectRef]) -> frozenset[ObjectKey]:
        """See the port."""
        return targets.owned(self.store, uid, refs)

    def waiting(self, uid: Uid) -> tuple[int, list[Waiting]]:
        """See the port."""
        return checks.take(self.store, uid)

    def fold_health(self, report: HealthReport) -> None:
        """See the port."""
        checks.fold(self.store, report)

    def snapshot(self, target: TargetId) -> Claim | None:
        """See the port."""
        return clusters.snapshot(self.store, target)

    def preview(self, uid: Uid) -> PreviewRequest | None:
        """See the port."""
        return previews.get(self.store, uid)


def _repositories(store: Store) -> Iterator[RepositoryRecord]:
    cursor: str | None = None
    while True:
        page = documents.page(store, Kind.REPOSITORY, cursor=cursor, limit=_PAGE)
        yield from (each for each in page.items if isinstance(each, RepositoryRecord))
        if (cursor := page.cursor) is None:
            return
