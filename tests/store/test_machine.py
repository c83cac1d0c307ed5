"""Whatever happens in whatever order: no double run, nothing lost, every count right.

Hypothesis plays triggers, operations, dispatchers, workers that succeed, fail, die, come back late
or get their message twice, clusters that go and come, deletions; after each act everything is
counted anew. At the end the world heals, and every request must be satisfied or superseded.
"""

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from syncline.contract.reports import ClusterReport, LookupReport
from syncline.errors import LeaseLost, OwnedByAnother
from syncline.model.names import TargetId, Uid
from syncline.model.operation import OperationSpec
from syncline.model.request import TriggerKind
from syncline.model.run import Claim, Inputs
from syncline.model.status import Lane, Outcome, Phase
from syncline.store import clusters, due, keys, migrations, operations, runs, sources, targets
from syncline.store.connection import Store
from tests.harness.redis import Redis
from tests.harness.redis_fixtures import open_store
from tests.store import clock, recount
from tests.store.world import World, away, failed, inventory, report, request

PLAIN = (TriggerKind.USER, TriggerKind.PUSH, TriggerKind.DRIFT, TriggerKind.SPEC)
CLUSTERS = ("west", "east")
PLACES = [(app, on) for app in ("a", "b", "c") for on in CLUSTERS]


class Machine(RuleBasedStateMachine):
    """The store under every kind of luck."""

    store: Store

    @initialize()
    def begin(self) -> None:
        self.store.redis.flushall()
        self.numbers = count()
        secrets.token_hex = lambda _: f"{next(self.numbers):016x}"  # the same in each replay
        migrations.prepare(self.store)
        self.world = World(self.store)
        self.repository = self.world.repository()
        for name in CLUSTERS:
            self.world.cluster(name, max_runs=2)
        self.targets = [self.world.target(app, on) for app, on in PLACES]
        self.clusters = [Uid(target.partition(".")[2]) for target in self.targets[:2]]
        self.messages: list[runs.Dispatch] = []
        self.claims: list[Claim] = []  # every one ever given, also those that were lost
        self.asked: dict[TargetId, int] = dict.fromkeys(self.targets, 0)
        self.operations: list[Uid] = []
        self.commit = 0

    def pick(self, data: st.DataObject) -> TargetId:
        return data.draw(st.sampled_from(self.targets))

    def live(self, claim: Claim) -> bool:
        """Whether the store would take this claim's report."""
        row = self.store.redis.hmget(keys.TARGET(claim.lease.target), "phase", "fence")
        return bool(row == ["running", str(claim.lease.fence)])

    @rule(data=st.data(), kind=st.sampled_from(PLAIN), full=st.booleans())
    def trigger(self, data: st.DataObject, kind: TriggerKind, full: bool) -> None:
        target = self.pick(data)
        generation = self.world.trigger(target, request(kind, full=full))
        assert generation in (0, self.asked[target] + 1)
        self.asked[target] = generation or self.asked[target]

    @rule(data=st.data(), dry=st.booleans())
    def pin(self, data: st.DataObject, dry: bool) -> None:
        target = self.pick(data)
        wish = request(dry_run=True) if dry else request(revision="v1")
        self.asked[target] = self.world.trigger(target, wish) or self.asked[target]

    @rule(pinned=st.booleans(), concurrency=st.sampled_from((0, 2)))
    def operate(self, pinned: bool, concurrency: int) -> None:
        spec = OperationSpec(
            all=True, revision="v2" if pinned else None, concurrency=concurrency, actor="ana"
        )
        operation, _ = operations.create(self.store, spec)
        states = [state for state in targets.many(self.store, self.targets) if state]
        operations.add(self.store, operation.uid, [(state.id, state.name) for state in states])
        operations.expanded(self.store, operation.uid)
        self.operations.append(operation.uid)
        self.launch(operation.uid)

    def launch(self, uid: Uid) -> None:
        operations.launch(self.store, uid)
        self.refill()

    @precondition(lambda self: self.operations)
    @rule(data=st.data())
    def advance(self, data: st.DataObject) -> None:
        self.launch(data.draw(st.sampled_from(self.operations)))

    @precondition(lambda self: self.operations)
    @rule(data=st.data(), limit=st.integers(1, 5))
    def cancel(self, data: st.DataObject, limit: int) -> None:
        operations.cancel(self.store, data.draw(st.sampled_from(self.operations)), limit)

    @rule(lane=st.sampled_from(Lane), room=st.integers(1, 4))
    def dispatch(self, lane: Lane, room: int) -> None:
        self.messages += self.world.dispatch(lane, room)

    @precondition(lambda self: self.messages)
    @rule(data=st.data())
    def lose_message(self, data: st.DataObject) -> None:
        sent = data.draw(st.sampled_from(self.messages))
        self.messages.remove(sent)

    @precondition(lambda self: self.messages)
    @rule(data=st.data(), again=st.booleans())
    def claim(self, data: st.DataObject, again: bool) -> None:
        sent = data.draw(st.sampled_from(self.messages))
        if not again:
            self.messages.remove(sent)
        before = [held for held in self.claims if self.live(held)]
        answer = runs.claim(self.store, sent.target, sent.ticket, "w")
        if not isinstance(answer, Claim):
            return
        assert sent.target not in {held.lease.target for held in before if self.live(held)}
        fences = [held.lease.fence for held in self.claims if held.lease.target == sent.target]
        assert answer.lease.fence > max(fences, default=0)
        self.claims.append(answer)

    @precondition(lambda self: self.claims)
    @rule(
        data=st.data(),
        how=st.sampled_from(
            ("ok", "ok", "ok", "fail", "stall", "away", "abandon", "superseded", "gone")
        ),
    )
    def fold(self, data: st.DataObject, how: str) -> None:
        claim = data.draw(st.sampled_from(self.claims))
        was_live = self.live(claim)
        before = self.store.redis.hgetall(keys.TARGET(claim.lease.target))
        tree = data.draw(st.sampled_from(("t1", "t2")))
        told = {
            "ok": lambda: report(
                claim,
                inventory=inventory(*data.draw(st.sets(st.sampled_from(("x", "y"))))),
                inputs=Inputs(repository="r", revision=claim.head, paths={"p": tree}),
            ),
            "fail": lambda: failed(claim),
            "stall": lambda: failed(claim, outcome=Outcome.STALLED, retry_after=None),
            "away": lambda: away(claim),
            "abandon": lambda: report(claim, outcome=Outcome.ABANDONED),
            "superseded": lambda: report(claim, outcome=Outcome.SUPERSEDED),
            "gone": lambda: report(claim, gone=claim.deleting, inventory=None),
        }[how]()
        if how == "ok" and was_live and not self.record(claim, told.inventory):
            return
        folded = runs.fold(self.store, told)
        if was_live:
            assert folded
        else:
            assert self.store.redis.hgetall(keys.TARGET(claim.lease.target)) == before
        self.refill()

    def record(self, claim: Claim, wanted: object) -> bool:
        try:
            runs.record(self.store, claim.lease, wanted)  # type: ignore[arg-type]
        except OwnedByAnother:
            runs.fold(self.store, failed(claim, outcome=Outcome.STALLED, retry_after=None))
            return False
        return True

    @precondition(lambda self: self.claims)
    @rule(data=st.data())
    def late_record(self, data: st.DataObject) -> None:
        claim = data.draw(st.sampled_from(self.claims))
        if not self.live(claim):
            with pytest.raises(LeaseLost):
                runs.record(self.store, claim.lease, inventory("z"))
            assert not runs.renew(self.store, claim.lease)

    @precondition(lambda self: self.claims)
    @rule(data=st.data())
    def crash(self, data: st.DataObject) -> None:
        claim = data.draw(st.sampled_from(self.claims))
        was_live = self.live(claim)
        assert runs.fold_failure(self.store, claim.lease.ticket, "ValueError: no") == was_live

    @rule(data=st.data())
    def deadline(self, data: st.DataObject) -> None:
        clock.pass_deadline(self.store, self.pick(data))
        if data.draw(st.booleans()):
            runs.requeue_silent(self.store)

    @rule(data=st.data())
    def retry(self, data: st.DataObject) -> None:
        self.world.trigger(self.pick(data), request(TriggerKind.RETRY))

    @rule(which=st.integers(0, 1), reachable=st.booleans(), times=st.integers(1, 3))
    def probe(self, which: int, reachable: bool, times: int) -> None:
        uid = self.clusters[which]
        for _ in range(times):
            seen = ClusterReport(cluster=uid, reachable=reachable, error="E: refused")
            clusters.fold_cluster(self.store, seen)

    @rule(data=st.data())
    def look_up(self, data: st.DataObject) -> None:
        self.commit += 1
        known = sorted(sources.inputs(self.store, self.repository, "main"))
        touched = [digest for digest in known if data.draw(st.booleans())]
        sources.fold_lookup(
            self.store,
            LookupReport(
                repository=self.repository,
                heads={"main": f"c{self.commit}"},
                affected={"main": tuple(touched)},
                unaffected={"main": tuple(set(known) - set(touched))},
            ),
        )
        self.refill()

    @rule(data=st.data(), orphan=st.booleans())
    def remove(self, data: st.DataObject, orphan: bool) -> None:
        wish = request(TriggerKind.DELETE)
        runs.trigger(self.store, [self.pick(data)], wish, orphan=orphan)
        self.refill()

    def refill(self) -> None:
        """What was removed is made again; what is being removed is left alone."""
        states = targets.many(self.store, self.targets)
        for target, state, (app, on) in zip(self.targets, states, PLACES, strict=True):
            self.asked[target] = state.generation if state else 0
            if state is None:
                self.world.target(app, on)

    @invariant()
    def everything_adds_up(self) -> None:
        if hasattr(self, "world"):
            recount.check(self.store)

    @invariant()
    def one_run_each(self) -> None:
        if not hasattr(self, "world"):
            return
        held = [claim.lease.target for claim in self.claims if self.live(claim)]
        assert len(held) == len(set(held))
        for uid in self.clusters:
            assert self.store.redis.zcard(keys.LEASES(uid)) <= 2

    def teardown(self) -> None:
        """The world heals: workers answer, clusters are there, deadlines pass."""
        if not hasattr(self, "world"):
            return
        for _ in range(60):
            self.heal()
            if self.is_quiet():
                break
        for state in targets.many(self.store, self.targets):
            assert state is None or (state.phase, state.done) == (Phase.IDLE, state.generation)
        for uid in self.operations:
            found = operations.get(self.store, uid)
            assert found is not None
            assert found.is_finished, found
        recount.check(self.store)

    def is_quiet(self) -> bool:
        found = [operations.get(self.store, uid) for uid in self.operations]
        return all(operation and operation.is_finished for operation in found) and all(
            state is None or (state.phase is Phase.IDLE and not state.requested)
            for state in targets.many(self.store, self.targets)
        )

    def heal(self) -> None:
        for uid in self.clusters:
            clusters.fold_cluster(self.store, ClusterReport(cluster=uid, reachable=True))
        for uid in self.operations:
            if operations.is_cancelled(self.store, uid):
                operations.cancel(self.store, uid)
            operations.launch(self.store, uid)
        for target in self.targets:
            clock.pass_deadline(self.store, target)
            if due.at(self.store, f"retry:{target}") is not None:
                self.world.trigger(target, request(TriggerKind.RETRY))
        runs.requeue_silent(self.store)
        for sent in self.world.dispatch_any(20):
            answer = runs.claim(self.store, sent.target, sent.ticket, "w")
            if isinstance(answer, Claim):
                gone = answer.deleting
                runs.fold(self.store, report(answer, gone=gone, inventory=()))


@contextmanager
def served() -> Iterator[Store]:
    with TemporaryDirectory(prefix="machine-") as folder:
        server = Redis(Path(folder))
        server.start()
        try:
            yield open_store(server)
        finally:
            server.stop()


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_no_order_of_events_breaks_the_rules(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(secrets, "token_hex", secrets.token_hex)
    with served() as store:
        Machine.store = store
        run_state_machine_as_test(
            Machine,
            settings=settings(
                max_examples=60,
                stateful_step_count=40,
                deadline=None,
                suppress_health_check=list(HealthCheck),
                report_multiple_bugs=False,
            ),
        )
