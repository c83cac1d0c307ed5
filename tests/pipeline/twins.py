"""In-memory twins of the pipeline's ports: as much as a test of one step needs."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from math import inf
from pathlib import Path
from time import monotonic
from typing import Any, cast

from syncline.contract.reports import ClusterReport, HealthReport, TargetHealth, Waiting
from syncline.errors import ClusterUnreachable, CredentialRefused
from syncline.health import custom
from syncline.model.change import Inventory, InventoryEntry, ObjectRef
from syncline.model.check import Check
from syncline.model.commit import Commit
from syncline.model.names import ObjectKey, TargetId, Uid
from syncline.model.records import ClusterRecord, RepositoryRecord
from syncline.model.run import Inputs, Lease
from syncline.model.seal import PlatformKey
from syncline.model.signature import Signature
from syncline.model.variables import Reading
from syncline.settings import RenderSettings
from syncline_workers.git.refs import Refs, Resolved
from syncline_workers.pipeline.ports import Ports

KEY = PlatformKey(b"k" * 32)
REPOSITORY = RepositoryRecord.model_validate(
    {"uid": "r1", "name": "shop", "spec": {"url": "https://git.example/shop"}}
)
CLUSTER = ClusterRecord.model_validate(
    {"uid": "c1", "name": "west", "spec": {"kubeconfig": "file:west"}}
)
FENCE = 1_000_000  # a claim in 1970: looks after it are as rare as they get
CONFIG = ObjectRef(group="", version="v1", kind="ConfigMap", namespace="shop", name="web")


@dataclass
class Repositories:
    """Commits as path → id."""

    heads: dict[str, str] = field(default_factory=dict)
    commits: dict[str, dict[str, str]] = field(default_factory=dict)
    told: dict[str, Commit] = field(default_factory=dict)
    signed: dict[str, tuple[Signature, ...]] = field(default_factory=dict)
    asked: int = 0
    error: Exception | None = None

    def resolve(self, _: RepositoryRecord, revisions: Iterable[str]) -> Resolved:
        self.asked += 1
        if self.error:
            raise self.error
        refs = Refs({f"refs/heads/{name}": commit for name, commit in self.heads.items()})
        return refs.resolved(revisions, "Repository/shop")

    @contextmanager
    def tree(self, _: RepositoryRecord, revision: str) -> Iterator["Tree"]:
        yield Tree(self.commits[revision])

    def commit(self, _: RepositoryRecord, revision: str) -> Commit | None:
        self.asked += 1
        if self.error:
            raise self.error
        return self.told.get(revision)

    def signatures(self, _: RepositoryRecord, revision: str) -> tuple[Signature, ...]:
        self.asked += 1
        return self.signed.get(revision, ())


@dataclass
class Tree:
    paths: dict[str, str]

    def ids(self, paths: Iterable[str]) -> dict[str, str]:
        return {path: self.paths.get(path, "") for path in paths}


@dataclass
class Lookups:
    """What targets follow, and what they learned."""

    followed: dict[str, str]
    learned: dict[str, dict[str, Inputs]] = field(default_factory=dict)
    time: float = 0.0

    def now(self) -> float:
        return self.time

    def repository(self, uid: Uid) -> RepositoryRecord | None:
        return REPOSITORY if uid == "r1" else None

    def heads(self, _: Uid) -> dict[str, str]:
        return self.followed

    def inputs(self, _: Uid, revision: str) -> dict[str, Inputs]:
        return self.learned.get(revision, {})


@dataclass
class Checks:
    """One cluster and what was applied on it."""

    recorded: dict[TargetId, Inventory] = field(default_factory=dict)
    fresh: dict[TargetId, Inventory] = field(default_factory=dict)
    found: dict[str, Inventory] = field(default_factory=dict)  # by application
    read_from: dict[TargetId, tuple[Reading, ...]] = field(default_factory=dict)
    others: int = 0  # targets of the cluster that wait for nothing
    folded: list[ClusterReport] = field(default_factory=list)
    declared: tuple[Check, ...] = ()  # of every application
    fence: int = FENCE
    told: list[TargetHealth] = field(default_factory=list)  # by whoever looked at checks

    def fold_health(self, report: HealthReport) -> None:
        self.told += report.targets

    def fold(self, report: ClusterReport) -> None:
        self.folded.append(report)

    def cluster(self, uid: Uid) -> tuple[ClusterRecord, str] | None:
        return (CLUSTER, "") if uid == "c1" else None

    def inventories(self, _: Uid) -> Iterable[tuple[TargetId, Inventory]]:
        return list(self.recorded.items())

    def inventory(self, target: TargetId) -> Inventory:
        return {**self.recorded, **self.fresh}.get(target, ())

    def readings(self, _: Uid) -> dict[TargetId, tuple[Reading, ...]]:
        return self.read_from

    def undeclared(self, _: Uid) -> dict[str, Inventory]:
        return self.found

    def owned(self, _: Uid, refs: Sequence[ObjectRef]) -> frozenset[ObjectKey]:
        applied = {entry.ref.key for held in self.recorded.values() for entry in held}
        return frozenset(applied & {ref.key for ref in refs})

    def waiting(self, _: Uid) -> tuple[int, list[Waiting]]:
        found = [
            Waiting(target, self.fence, held, self.declared)
            for target, held in self.recorded.items()
        ]
        return self.others + len(found), found


@dataclass(eq=False)
class Api:
    """Live objects."""

    live: list[dict[str, Any]] = field(default_factory=list)
    away: bool = False
    refused: set[str] = field(default_factory=set)  # names of objects that may not be read
    asked: list[str] = field(default_factory=list)  # what was asked for

    def list_metadata(self, ref: ObjectRef, *, labels: str) -> Iterable[dict[str, Any]]:  # noqa: ARG002
        if self.away:
            raise ClusterUnreachable("cluster west", "refused")
        return [item for item in self.live if item["kind"] == ref.kind]

    def list_objects(
        self, ref: ObjectRef, *, namespace: str, labels: str
    ) -> Iterable[dict[str, Any]]:
        self.asked.append(f"list {ref.kind} {namespace}".strip())
        for item in self.list_metadata(ref, labels=labels):
            if item["metadata"]["name"] in self.refused:
                raise CredentialRefused("cluster west", "may not list")
            if namespace in ("", item["metadata"]["namespace"]):
                yield item

    def get(self, ref: ObjectRef) -> dict[str, Any] | None:
        self.asked.append(f"get {ref.key.short}")
        if self.away:
            raise ClusterUnreachable("cluster west", "refused")
        if ref.name in self.refused:
            raise CredentialRefused("cluster west", f"may not get {ref.name}")
        found = (
            item
            for item in self.live
            if (item["kind"], item["metadata"]["name"], item["metadata"]["namespace"])
            == (ref.kind, ref.name, ref.namespace)
        )
        return next(found, None)

    heard_at: float = -inf
    connected: int = 0
    burst: float = -1.0
    greeted: int = 0  # how often it was asked who it is

    def allow(self, burst: float) -> None:
        self.burst = burst

    @property
    def answered(self) -> tuple[int, float]:
        return len(self.asked), 0.0

    def identity(self) -> tuple[str, str]:
        self.greeted += 1
        if self.away:
            raise ClusterUnreachable("cluster west", "refused")
        self.heard_at = monotonic()
        return "uid-1", "v1.36.3"


@dataclass
class Clusters:
    api: Api

    def connect(self, _cluster: ClusterRecord, _kubeconfig: str = "") -> Api:
        return self.api


@dataclass
class Rules:
    """Health rules of one version; ``judged``: the cluster was last judged by them."""

    declared: custom.Rules = field(default_factory=dict)
    version: str = ""
    judged: bool = True

    def of(self, version: str) -> custom.Rules:
        return self.declared if version == self.version else custom.NONE

    def newest(self, _: Uid) -> tuple[custom.Rules, str | None]:
        return self.declared, None if self.judged else self.version


@dataclass
class Desk:
    """Renewals as scripted; an exception in the script is raised."""

    renewals: list[bool | Exception] = field(default_factory=list)
    renewed: int = 0

    def renew(self, _: Lease, last_log: str) -> bool:  # noqa: ARG002
        self.renewed += 1
        answer = self.renewals.pop(0) if self.renewals else True
        if isinstance(answer, Exception):
            raise answer
        return answer


_NOTHING = cast("Any", None)


def ports(**parts: Any) -> Ports:
    """Ports of which only the named ones are there."""
    empty = Ports(
        desk=_NOTHING,
        lookups=_NOTHING,
        fleet=_NOTHING,
        checks=_NOTHING,
        rules=Rules(),
        repositories=_NOTHING,
        clusters=_NOTHING,
        web=_NOTHING,
        renders=_NOTHING,
        key=KEY,
        render=RenderSettings(cache=Path("unused")),
        worker="test",
    )
    return replace(empty, **parts)


def live(name: str, *, uid: str, version: str, owned: str = "f:data") -> dict[str, Any]:
    """A ConfigMap's metadata, of which our manager owns the field ``owned``."""
    entry = {
        "manager": "syncline",
        "operation": "Apply",
        "time": "2026-01-01T00:00:00Z",
        "fieldsV1": {owned: {}},
    }
    meta = {"namespace": "shop", "name": name, "uid": uid, "resourceVersion": version}
    return {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {**meta, "managedFields": [entry]},
    }


def entry(name: str, *, uid: str, version: str, mark: str) -> InventoryEntry:
    ref = CONFIG.model_copy(update={"name": name})
    return InventoryEntry(ref=ref, digest="d", uid=uid, resource_version=version, owned=mark)
