"""What one attempt has at hand, and what it has found so far."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass, field

from syncline.errors import ClusterUnreachable, CredentialRefused, LeaseLost, SynclineError
from syncline.health import custom
from syncline.health.verdict import Health
from syncline.model.application import SyncPolicy
from syncline.model.beside import Beside
from syncline.model.change import (
    WRITTEN,
    Action,
    Change,
    Difference,
    Inventory,
    InventoryEntry,
    ObjectRef,
)
from syncline.model.explained import Explained
from syncline.model.names import ObjectKey
from syncline.model.run import Claim, Inputs
from syncline.model.signature import Signature
from syncline.model.values import Manifest
from syncline_workers import recorder
from syncline_workers.change.contest import Contest
from syncline_workers.change.hidden import NOTHING, Hidden
from syncline_workers.change.tracking import Origin
from syncline_workers.pipeline.heartbeat import Heart
from syncline_workers.pipeline.ports import Api, Ports
from syncline_workers.pipeline.timeline import Stretch, Timeline

_REFUSED = 20  # objects of which a report says what was wrong
_DETAIL = 500  # characters of that
_UNSEEN = nullcontext()


@dataclass(slots=True, kw_only=True)
class Attempt:
    """One claim of a run. The steps fill it; a report is made of it, however it ends."""

    ports: Ports
    claim: Claim
    heart: Heart
    timeline: Timeline | None = None  # None: nobody traces it
    started_at: float = field(default_factory=time.time)
    steps: dict[str, float] = field(default_factory=dict)
    is_preview: bool = False  # a dry run that shows what is meant, also where it would be refused
    revision: str = ""  # what this attempt brings the target to
    beside: tuple[Beside, ...] = ()  # and the commits of its other sources
    render_key: str = ""
    rendered: str = ""  # keyed digest of all that is to be applied
    packed: int = 0  # bytes of its manifests as caches keep them
    manifests: tuple[Manifest, ...] = ()  # as they were rendered
    signatures: tuple[Signature, ...] = ()  # of the revision, where its repository asks for them
    hidden: Hidden = NOTHING  # decrypted values in them, and in what is told of them
    decrypted: set[str] = field(default_factory=set, repr=False)  # of all sources
    inputs: Inputs | None = None
    explained: list[Explained] = field(default_factory=list)  # how each source was rendered
    inputs_beside: tuple[Inputs, ...] = ()  # of the other sources, in the order of ``beside``
    parameters: dict[str, str] = field(default_factory=dict)
    entries: dict[ObjectKey, InventoryEntry] | None = None  # None: nothing was recorded
    changes: list[Change] = field(default_factory=list)
    unconfirmed: list[ObjectRef] = field(default_factory=list)  # a person has to let them go
    contests: dict[ObjectKey, Contest] = field(default_factory=dict)  # fields that were put back
    contested: list[tuple[ObjectRef, Contest]] = field(default_factory=list)  # left as they are
    warnings: list[str] = field(default_factory=list)  # for people, each naming its object
    unsure: bool = False  # a write had no definite answer
    differences: dict[ObjectKey, Difference] = field(default_factory=dict)  # of a dry run
    seen: set[str] = field(default_factory=set)  # uids of what a dry run found live
    judged: list[tuple[ObjectRef, Health]] = field(default_factory=list)
    identity: tuple[str, str] = ("", "")  # of the cluster, once it answered
    api: Api | None = None  # once it was connected
    answered: tuple[int, float] = (0, 0.0)  # the api's, before this attempt asked anything
    _before: dict[ObjectKey, InventoryEntry] | None = None  # the claim's inventory, once looked at

    @property
    def rules(self) -> custom.Rules:
        """The health rules that people declared."""
        return self.ports.rules.of(self.claim.rules) if self.claim.rules else custom.NONE

    @property
    def is_dry(self) -> bool:
        """Whether nothing may be written."""
        return self.claim.request.options.dry_run

    @property
    def now(self) -> float:
        """Seconds since the epoch by the store's time: a fence is the time of its claim."""
        return self.at + time.time() - self.started_at

    @property
    def at(self) -> float:
        """When it was claimed, by the store's clock: a fence is that time in microseconds."""
        return self.claim.lease.fence / 1e6

    @property
    def origin(self) -> Origin:
        """Whose objects they are."""
        application = self.claim.application
        return Origin(self.claim.installation, application.project, application.name)

    @property
    def policy(self) -> SyncPolicy:
        """What Syncline may do by itself."""
        return self.claim.application.spec.sync_policy

    @property
    def wrote(self) -> bool:
        """Whether something may have reached the cluster."""
        return not self.is_dry and (
            self.unsure or any(change.action in WRITTEN for change in self.changes)
        )

    @property
    def answer(self) -> float | None:
        """Seconds of the cluster's answers to this attempt, in the mean; None: there was none."""
        if self.api is None:
            return None
        seconds = self.api.answered[1] - self.answered[1]
        return round(seconds / self._requests, 4) if self._requests > 0 else None

    @property
    def asked(self) -> float:
        """Seconds that the cluster's whole rate takes for the requests of this attempt."""
        return round(self._requests / self.claim.cluster.spec.max_rate, 4)

    @property
    def _requests(self) -> int:
        """Those of this attempt that the cluster answered."""
        return self.api.answered[0] - self.answered[0] if self.api else 0

    @property
    def inventory(self) -> Inventory | None:
        """What is in the cluster by our hand as far as this attempt knows; None: as before."""
        return None if self.entries is None else tuple(self.entries.values())

    def recorded(self, inventory: Inventory) -> None:
        """From here on objects may be in the cluster that no earlier run knew."""
        self.entries = {entry.ref.key: entry for entry in inventory}

    def known(self, key: ObjectKey) -> InventoryEntry | None:
        """What was applied last of an object."""
        if self.entries is not None:
            return self.entries.get(key)
        if self._before is None:
            self._before = {entry.ref.key: entry for entry in self.claim.inventory}
        return self._before.get(key)

    def remember(self, entry: InventoryEntry) -> None:
        """An object was applied."""
        if self.entries is not None:
            self.entries[entry.ref.key] = entry

    def doubt(self, key: ObjectKey) -> None:
        """A write of an object had no definite answer: nobody knows what is there."""
        self.unsure = True
        if self.entries is not None and key in self.entries:
            self.entries[key] = self.entries[key].model_copy(update={"digest": ""})

    def refused(self, ref: ObjectRef, error: SynclineError) -> None:
        """An object was not brought to what it is to be; of many, the first ones are told."""
        if isinstance(error, (ClusterUnreachable, CredentialRefused, LeaseLost)):
            return  # not because of the object
        if sum(change.action is Action.FAILED for change in self.changes) < _REFUSED:
            told = Change(ref=ref, action=Action.FAILED, message=error.detail[:_DETAIL])
            self.changes.append(told)

    def warn(self, text: str) -> None:
        """Something of an object was passed over."""
        self.warnings.append(text)

    def forget(self, key: ObjectKey) -> None:
        """An object is gone, or not ours."""
        if self.entries is not None:
            self.entries.pop(key, None)

    @contextmanager
    def step(self, name: str) -> Iterator[None]:
        """Measure a step; it is entered only while the target is ours."""
        self.heart.check()
        recorder.note(name)
        begun = time.perf_counter()
        try:
            with self._noted(name, step=True):
                yield
        finally:
            self.steps[name] = round(time.perf_counter() - begun, 6)

    def part(self, name: str, ref: ObjectRef | None = None) -> AbstractContextManager[None]:
        """Note a part of the step at hand for the run's trace, where there is one."""
        return self._noted(name, ref)

    def _noted(
        self, name: str, ref: ObjectRef | None = None, *, step: bool = False
    ) -> AbstractContextManager[None]:
        if self.timeline is None:
            return _UNSEEN
        return Stretch(self.timeline, name, ref, step=step)
