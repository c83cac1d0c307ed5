"""Whatever happens in whatever order: no double run, nothing lost, every count right.

Hypothesis plays triggers, operations, dispatchers, workers that succeed, fail, die, come back late
or get their message twice, clusters that go and come, deletions; after each act everything is
counted anew. At the end the world heals, and every request must have had its outcome.
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
from syncline.model.change import Inventory
from syncline.model.names import TargetId, Uid
from syncline.model.operation import OperationSpec
from syncline.model.request import TriggerKind
from syncline.model.run import Claim, Inputs, Progress, Report
from syncline.model.state import TargetState
from syncline.model.status import Lane, Outcome, Phase
from syncline.store import (
    clusters,
    dependencies,
    due,
    keys,
    migrations,
    operations,
    runs,
    sources,
    steps,
    targets,
    windows,
)
from syncline.store.connection import Store, now
from syncline.store.dependencies import Verdict
from tests.harness.redis import Redis
from tests.harness.redis_fixtures import open_store
from tests.store import clock, recount
from tests.store.world import World, away, failed, inventory, moment, paused, report, request

PLAIN = (TriggerKind.USER, TriggerKind.PUSH, TriggerKind.DRIFT, TriggerKind.SPEC)
CLUSTERS = ("west", "east")
PLACES = [(app, on) for app in ("a", "b") for on in CLUSTERS]
CAP = 2
PROGRESS = Progress(run="r", key="k", step="Sync/1")
GOOD, BAD = ("ok", "ok", "ok", "pause", "pause", "gone"), ("fail", "fail", "stall", "away")
OUTCOMES = (*GOOD, *BAD, "abandon", "superseded")


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
        for name, most in zip(CLUSTERS, (1, CAP), strict=True):
            self.world.cluster(name, max_runs=most)
        self.world.application("b", automated=False)
        self.targets = [self.world.target(app, on) for app, on in PLACES]
        self.clusters = [Uid(target.partition(".")[2]) for target in self.targets[:2]]
        self.messages: list[runs.Dispatch] = []
        self.claims: list[Claim] = []  # every one ever given, also those that were lost
        self.asked: dict[TargetId, int] = dict.fromkeys(self.targets, 0)
        self.settled: dict[TargetId, int] = dict.fromkeys(self.targets, 0)  # by an outcome
        self.operations: list[Uid] = []
        self.commit = 0

    # What the test knows by itself

    def states(self) -> list[tuple[TargetId, TargetState | None]]:
        return list(zip(self.targets, targets.many(self.store, self.targets), strict=True))

    def look(self) -> None:
        """See what was asked meanwhile; what was removed is made again."""
        for (target, state), (app, on) in zip(self.states(), PLACES, strict=True):
            self.asked[target] = state.generation if state else 0
            if state is None:
                self.settled[target] = 0
                self.world.target(app, on)
            elif state.reason in {"SetAside", "WorkerLost", "Unforeseen"} and not state.requested:
                self.settled[target] = max(self.settled[target], state.done)  # it stalled
            elif state.aside_at:  # what waited for the same inputs was refused, the rest runs
                self.settled[target] = self.asked[target]

    def settle(self, claim: Claim) -> None:
        """Note a request that has had its outcome."""
        target = claim.lease.target
        self.settled[target] = max(self.settled[target], claim.request.generation)

    def excuse(self) -> None:
        """Whatever was asked until now may end without an outcome of its own."""
        self.look()
        self.settled = dict(self.asked)

    def is_live(self, claim: Claim) -> bool:
        """Whether the store would take this claim's report."""
        row = self.store.redis.hmget(keys.TARGET(claim.lease.target), "phase", "fence")
        return bool(row == ["running", str(claim.lease.fence)])

    def live(self) -> list[Claim]:
        return [claim for claim in self.claims if self.is_live(claim)]

    def row(self, target: TargetId) -> dict[str, str]:
        return dict(self.store.redis.hgetall(keys.TARGET(target)))

    # Wishes

    @rule(which=st.integers(0, 3), kind=st.sampled_from(PLAIN), full=st.booleans())
    def trigger(self, which: int, kind: TriggerKind, full: bool) -> None:
        target = self.targets[which]
        waits = self.row(target).get("pending_generation")
        generation = self.world.trigger(target, request(kind, full=full))
        if kind is TriggerKind.DRIFT and waits:
            assert generation in (0, int(waits))
        else:
            assert generation in (0, self.asked[target] + 1)
        self.look()

    @rule(which=st.integers(0, 3), dry=st.booleans())
    def pin(self, which: int, dry: bool) -> None:
        wish = request(dry_run=True) if dry else request(revision="v1")
        self.world.trigger(self.targets[which], wish)
        self.look()

    @rule(pinned=st.booleans(), concurrency=st.sampled_from((0, 2)))
    def operate(self, pinned: bool, concurrency: int) -> None:
        spec = OperationSpec(
            all=True, revision="v2" if pinned else None, concurrency=concurrency, actor="ana"
        )
        operation, _ = operations.create(self.store, spec)
        members = [(target, state.name) for target, state in self.states() if state]
        operations.add(self.store, operation.uid, members)
        operations.expanded(self.store, operation.uid)
        self.operations.append(operation.uid)
        operations.launch(self.store, operation.uid)
        self.look()

    @precondition(lambda self: self.operations)
    @rule(data=st.data())
    def advance(self, data: st.DataObject) -> None:
        operations.launch(self.store, data.draw(st.sampled_from(self.operations)))
        self.look()

    @precondition(lambda self: self.operations)
    @rule(data=st.data(), limit=st.integers(1, 5))
    def cancel(self, data: st.DataObject, limit: int) -> None:
        operations.cancel(self.store, data.draw(st.sampled_from(self.operations)), limit)
        self.excuse()

    @rule(which=st.integers(0, 3))
    def retry(self, which: int) -> None:
        self.world.trigger(self.targets[which], request(TriggerKind.RETRY))

    @rule(which=st.integers(0, 3), digest=st.sampled_from(("d1", "d2")))
    def change_documents(self, which: int, digest: str) -> None:
        targets.note_wanted(self.store, [(self.targets[which], digest)])

    @rule(which=st.integers(0, 3), orphan=st.booleans())
    def remove(self, which: int, orphan: bool) -> None:
        wish = request(TriggerKind.DELETE)
        runs.trigger(self.store, [self.targets[which]], wish, orphan=orphan)
        self.look()

    # Messages and claims

    @rule(lane=st.sampled_from(Lane), room=st.integers(1, 4))
    def dispatch(self, lane: Lane, room: int) -> None:
        self.messages += self.world.dispatch(lane, room)

    @rule()
    def dispatch_and_claim(self) -> None:
        for sent in self.world.dispatch_any():
            self.claimed(sent)

    @precondition(lambda self: self.messages)
    @rule(data=st.data(), again=st.booleans())
    def claim(self, data: st.DataObject, again: bool) -> None:
        sent = data.draw(st.sampled_from(self.messages))
        if not again:
            self.messages.remove(sent)
        self.claimed(sent)

    def claimed(self, sent: runs.Dispatch) -> None:
        before = self.row(sent.target)
        overdue = self.store.redis.zrangebyscore(keys.WATCH(), "-inf", now(self.store))
        is_held = before.get("phase") == "running" and sent.target not in overdue
        answer = runs.claim(self.store, sent.target, sent.ticket, "w")
        if isinstance(answer, Claim):
            assert before["ticket"] == sent.ticket
            assert not is_held
            assert answer.lease.fence > int(before.get("fence", 0))
            self.claims.append(answer)

    @precondition(lambda self: self.messages)
    @rule(data=st.data())
    def lose_message(self, data: st.DataObject) -> None:
        self.messages.remove(data.draw(st.sampled_from(self.messages)))

    # Outcomes

    @precondition(lambda self: self.claims)
    @rule(
        data=st.data(),
        how=st.sampled_from(OUTCOMES),
        held=st.sets(st.sampled_from(("x", "y"))),
        tree=st.sampled_from(("t1", "t2")),
        wrote=st.booleans(),
    )
    def fold(self, data: st.DataObject, how: str, held: set[str], tree: str, wrote: bool) -> None:
        claim = data.draw(st.sampled_from(self.live() or self.claims))
        if not self.is_live(claim):
            self.folded_in_vain(report(claim, inventory=inventory("late")))
            return
        inputs = Inputs(repository="r", revision=claim.head, paths={"p": tree})
        if how == "pause" and claim.request.options.dry_run:
            how = "fail"
        if how == "pause":
            steps.begin(self.store, claim.lease, PROGRESS)
        if how == "ok" and not self.recorded(claim, inventory(*held)):
            how = "stall"
        told = {
            "ok": report(claim, inventory=inventory(*held), inputs=inputs, wanted="d1"),
            "pause": paused(claim, inventory=inventory(*held), wrote=wrote),
            "fail": failed(claim, wrote=wrote),
            "stall": failed(claim, outcome=Outcome.STALLED, retry_after=None, wrote=wrote),
            "away": away(claim),
            "abandon": report(claim, outcome=Outcome.ABANDONED),
            "superseded": report(claim, outcome=Outcome.SUPERSEDED),
            "gone": report(claim, gone=claim.deleting),
        }[how]
        assert runs.fold(self.store, told)
        assert runs.fold(self.store, told) or how == "gone"
        if how == "pause" and self.is_over(claim):
            self.settle(claim)  # its operation was cancelled
        is_last = claim.request.options.dry_run or (
            claim.request.is_pinned and claim.attempt >= self.store.limits.attempts
        )
        if how in ("ok", "stall", "superseded", "gone") or (is_last and how in ("fail", "away")):
            self.settle(claim)
        self.look()

    def is_over(self, claim: Claim) -> bool:
        asked = claim.request.operation
        return asked is not None and operations.is_cancelled(self.store, Uid(asked))

    def recorded(self, claim: Claim, wanted: Inventory) -> bool:
        try:
            runs.record(self.store, claim.lease, wanted)
        except OwnedByAnother:
            return False
        return True

    def folded_in_vain(self, late: Report) -> None:
        before = self.row(late.lease.target)
        if before.get("folded") == str(late.lease.fence):
            return  # the same report again: True, and nothing changes
        assert not runs.fold(self.store, late.model_copy(update={"wrote": False}))
        assert not runs.renew(self.store, late.lease)
        with pytest.raises(LeaseLost):
            runs.record(self.store, late.lease, inventory("late"))
        assert self.row(late.lease.target) == before
        assert not runs.fold(self.store, late)  # it may have written: one request more
        self.look()

    @precondition(lambda self: self.live())
    @rule(data=st.data())
    def report_late(self, data: st.DataObject) -> None:
        late = data.draw(st.sampled_from(self.live()))
        clock.pass_deadline(self.store, late.lease.target)
        runs.requeue_silent(self.store)
        self.look()
        for sent in self.world.dispatch_any():
            self.claimed(sent)
        self.folded_in_vain(report(late, inventory=inventory("late")))

    @precondition(lambda self: self.claims)
    @rule(data=st.data(), killed=st.booleans())
    def crash(self, data: st.DataObject, killed: bool) -> None:
        claim = data.draw(st.sampled_from(self.claims))
        was_live = self.is_live(claim)
        told = "WorkerLostError: signal 9" if killed else "ValueError: no"
        assert runs.fold_failure(self.store, claim.lease.ticket, told, "render") == was_live
        self.look()

    @rule(which=st.integers(0, 3))
    def poison(self, which: int) -> None:
        """Whatever it runs kills its worker, as often as is let."""
        target = self.targets[which]
        for _ in range(self.store.limits.attempts):
            self.world.trigger(target, request(TriggerKind.RETRY))
            for sent in self.world.dispatch_any():
                self.claimed(sent)
            for claim in self.live():
                if claim.lease.target == target:
                    runs.fold_failure(self.store, claim.lease.ticket, "WorkerLostError: signal 9")
                    self.look()

    @rule(which=st.integers(0, 3))
    def release(self, which: int) -> None:
        target = self.targets[which]
        is_aside = "aside" in self.row(target)
        wish = request(TriggerKind.USER).trigger
        assert bool(runs.release(self.store, target, wish)) == is_aside
        self.look()

    @rule(which=st.integers(0, 3), requeue=st.booleans())
    def deadline(self, which: int, requeue: bool) -> None:
        clock.pass_deadline(self.store, self.targets[which])
        if requeue:
            runs.requeue_silent(self.store)
        self.look()

    # Sync windows

    @rule(which=st.sets(st.integers(0, 3), min_size=1), manual=st.booleans(), later=st.booleans())
    def close(self, which: set[int], manual: bool, later: bool) -> None:
        when = {"starts": moment(500), "ends": moment(900)} if later else {}
        found = [self.targets[each] for each in which if self.row(self.targets[each])]
        if found:
            self.world.closed(*found, manualSync=manual, **when)

    @rule(which=st.integers(0, 3))
    def open(self, which: int) -> None:
        windows.file(self.store, [], [self.targets[which]])

    @rule(which=st.integers(0, 3), passed=st.booleans())
    def time_comes(self, which: int, passed: bool) -> None:
        """What is to close later closes now, or what is closed opens."""
        if (uid := self.row(self.targets[which]).get("windows")) is None:
            return
        if passed:
            clock.open_windows(self.store, uid)
        else:
            self.store.redis.hset(keys.WINDOW(uid), mapping={"auto_from": "1", "manual_from": "1"})

    @rule(which=st.integers(0, 3), pinned=st.booleans())
    def break_the_glass(self, which: int, pinned: bool) -> None:
        wish = request(revision="v3" if pinned else None, break_glass=True)
        self.world.trigger(self.targets[which], wish)
        self.look()

    # Dependencies

    @rule(
        which=st.sets(st.integers(0, 3), min_size=1),
        digest=st.sampled_from(("", "one", "other")),
        is_parent=st.booleans(),
    )
    def depend(self, which: set[int], digest: str, is_parent: bool) -> None:
        found = [self.targets[each] for each in which]
        dependencies.file(self.store, found, depends=digest, is_parent=is_parent)

    @rule(which=st.integers(0, 3), on=st.integers(0, 3), ready=st.booleans(), late=st.booleans())
    def judge(self, which: int, on: int, ready: bool, late: bool) -> None:
        """A scheduler looks at what some depend on; late: something happened meanwhile."""
        if (subject := self.row(self.targets[which]).get("waits")) is None:
            return
        due.drop(self.store, f"depends:{subject}")
        parent = self.targets[on]
        told = "x" if late else dependencies.told_of(self.store, [parent])[0]
        head = self.store.redis.hget(keys.HEADS("fleet"), "main") or ""
        verdicts = [
            Verdict(
                target=each,
                depends=self.row(each)["depends"],
                head=head,
                subject="" if ready else parent,
                told=told,
                why="it is not ready",
            )
            for each in dependencies.waiting(self.store, subject, 10)
        ]
        dependencies.fold(self.store, subject, verdicts)
        self.look()

    # The world around

    @rule(which=st.integers(0, 1), reachable=st.booleans(), times=st.integers(1, 3))
    def probe(self, which: int, reachable: bool, times: int) -> None:
        for _ in range(times):
            seen = ClusterReport(
                cluster=self.clusters[which], reachable=reachable, error="E: refused"
            )
            clusters.fold_cluster(self.store, seen)

    @rule(touched=st.sets(st.integers(0, 1)))
    def look_up(self, touched: set[int]) -> None:
        self.commit += 1
        known = sorted(sources.inputs(self.store, self.repository, "main"))
        moved = tuple(known[each] for each in touched if each < len(known))
        sources.fold_lookup(
            self.store,
            LookupReport(
                repository=self.repository,
                heads={"main": f"c{self.commit}"},
                affected={"main": moved},
                unaffected={"main": tuple(set(known) - set(moved))},
            ),
        )
        self.look()

    @invariant()
    def everything_adds_up(self) -> None:
        if hasattr(self, "world"):
            recount.check(self.store)

    @invariant()
    def a_run_that_stands_somewhere_is_wanted(self) -> None:
        for target, state in self.states() if hasattr(self, "world") else ():
            if "progress" in self.row(target):
                assert state is not None
                assert state.requested or state.phase is not Phase.IDLE

    @invariant()
    def one_run_each_and_no_more_than_a_cluster_takes(self) -> None:
        if hasattr(self, "world"):
            held = [claim.lease.target for claim in self.live()]
            assert len(held) == len(set(held))
            for uid, most in zip(self.clusters, (1, CAP), strict=True):
                assert self.store.redis.zcard(keys.LEASES(uid)) <= most

    # The end

    def teardown(self) -> None:
        """The world heals: workers answer, clusters are there, deadlines pass."""
        if not hasattr(self, "world"):
            return
        for _ in range(60):
            self.heal()
            if self.is_quiet():
                break
        for target, state in self.states():
            if state is not None:
                assert (state.phase, state.done) == (Phase.IDLE, state.generation)
                assert self.settled[target] == state.generation, "a wish was lost"
        for uid in self.operations:
            found = operations.get(self.store, uid)
            assert found is not None
            assert found.is_finished, found
        recount.check(self.store)

    def is_quiet(self) -> bool:
        found = [operations.get(self.store, uid) for uid in self.operations]
        return all(operation and operation.is_finished for operation in found) and all(
            state is None or (state.phase is Phase.IDLE and not state.requested)
            for _, state in self.states()
        )

    def heal(self) -> None:
        for uid in self.clusters:
            clusters.fold_cluster(self.store, ClusterReport(cluster=uid, reachable=True))
        for uid in self.operations:
            if operations.is_cancelled(self.store, uid):
                operations.cancel(self.store, uid)
                self.excuse()
            operations.launch(self.store, uid)
        windows.file(self.store, [], self.targets)
        dependencies.file(self.store, self.targets, depends="", is_parent=False)
        for target in self.targets:
            clock.pass_deadline(self.store, target)
            if due.at(self.store, f"retry:{target}") is not None:
                self.world.trigger(target, request(TriggerKind.RETRY))
        runs.requeue_silent(self.store)
        self.look()
        for sent in self.world.dispatch_any(20):
            answer = runs.claim(self.store, sent.target, sent.ticket, "w")
            if isinstance(answer, Claim):
                runs.fold(self.store, report(answer, gone=answer.deleting, inventory=()))
                self.settle(answer)
        self.look()


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
