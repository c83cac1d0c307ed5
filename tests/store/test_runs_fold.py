"""The fold: one fenced step that touches everything that a report touches."""

import pytest

from syncline.model.application import ApplicationSpec
from syncline.model.change import Action, Change
from syncline.model.commit import Commit
from syncline.model.names import TargetId, split_target_id
from syncline.model.request import TriggerKind
from syncline.model.run import Inputs
from syncline.model.signature import Signature, Verdict
from syncline.model.state import Summary
from syncline.model.status import HealthStatus, Outcome, Phase, SyncStatus
from syncline.store import audit, checks, documents, due, events, keys, runs, targets
from syncline.store.connection import Store, now
from tests.store import clock, recount
from tests.store.world import World, application, entry, failed, inventory, report, request

CHANGED = tuple(Change(ref=entry(name).ref, action=Action.CONFIGURED) for name in "ab")


def test_a_success_moves_state_counters_and_indexes_together(store: Store) -> None:
    world = World(store)
    target = world.target()
    world.target("shop", "east")

    claim = world.run(target, revision="c1", observed="c2", health=HealthStatus.PROGRESSING)

    state = world.state(target)
    assert (state.sync, state.health) == (SyncStatus.SYNCED, HealthStatus.PROGRESSING)
    assert (state.revision, state.observed, state.worker) == ("c1", "c2", "w1")
    assert state.synced_at == state.updated_at > 0
    assert targets.summary(store).sync[SyncStatus.SYNCED] == 1
    assert targets.application_summary(store, claim.application.uid) == Summary(
        targets=2,
        sync={SyncStatus.SYNCED: 1, SyncStatus.OUT_OF_SYNC: 0, SyncStatus.UNKNOWN: 1},
        health=dict.fromkeys(HealthStatus, 0)
        | {HealthStatus.PROGRESSING: 1, HealthStatus.UNKNOWN: 1},
    )
    assert targets.cluster_summary(store, claim.cluster.uid).targets == 1
    recount.check(store)


def test_the_same_report_folded_twice_counts_once(store: Store) -> None:
    world = World(store)
    target = world.target()
    claim = world.start(target)

    folded = [runs.fold(store, report(claim, changes=CHANGED)) for _ in range(2)]

    assert folded == [True, True]
    assert len(targets.history(store, target)) == 1
    recount.check(store)


def test_a_report_with_a_stale_fence_changes_nothing(store: Store) -> None:
    world = World(store)
    target = world.target()
    lost = world.start(target)
    clock.pass_deadline(store, target)
    runs.requeue_silent(store)
    world.claim(world.sent(target))
    before = world.state(target)

    assert not runs.fold(store, report(lost, inventory=inventory("a"), wrote=False))

    assert world.state(target) == before
    recount.check(store)


@pytest.mark.parametrize("automated", [True, False])
def test_after_a_late_writer_the_target_runs_once_more_where_its_policy_acts(
    store: Store, automated: bool
) -> None:
    world = World(store)
    target = world.target(automated=automated)
    lost = world.start(target)
    clock.pass_deadline(store, target)
    runs.requeue_silent(store)
    again = world.claim(world.sent(target))

    late = runs.fold(store, report(lost, inventory=inventory("late")))
    now_held = runs.fold(store, report(again, inventory=inventory("a")))

    assert (late, now_held) == (False, True)
    assert targets.inventory(store, target) == inventory("a")
    assert [entry.fence for entry in targets.history(store, target)] == [again.lease.fence]
    wishes = [world.claim(sent).request for sent in world.dispatch_any()]
    told = [(wish.trigger.kind, wish.options.full) for wish in wishes]
    assert told == ([(TriggerKind.RECOVERY, True)] if automated else [])
    recount.check(store)


def test_a_report_for_a_target_that_is_gone_is_refused(store: Store) -> None:
    world = World(store)
    target = world.target()
    claim = world.start(target)
    targets.forget(store, target)

    assert not runs.fold(store, report(claim))
    recount.check(store)


def test_a_transient_failure_waits_for_its_back_off(store: Store) -> None:
    world = World(store)
    target = world.target()
    claim = world.start(target)

    runs.fold(store, failed(claim, retry_after=5.0))

    state = world.state(target)
    assert (state.phase, state.requested, state.done) == (Phase.IDLE, True, 0)
    assert state.retry_at == pytest.approx(now(store) + 5, abs=1)
    assert due.at(store, f"retry:{target}") == pytest.approx(state.retry_at, abs=0.001)
    assert world.dispatch_any() == []
    recount.check(store)


def test_a_retry_is_the_same_request_with_the_next_attempt(store: Store) -> None:
    world = World(store)
    target = world.target()
    first = world.start(target, request(full=True))
    runs.fold(store, failed(first))

    world.trigger(target, request(TriggerKind.RETRY))

    again = world.claim(world.sent(target))
    assert (again.request, again.attempt) == (first.request, 2)
    runs.fold(store, report(again))
    assert world.state(target).done == 1
    assert due.at(store, f"retry:{target}") is None
    recount.check(store)


def test_a_new_request_does_not_wait_for_the_back_off_of_the_old_one(store: Store) -> None:
    world = World(store)
    target = world.target()
    runs.fold(store, failed(world.start(target), retry_after=300.0))

    world.trigger(target, request(TriggerKind.PUSH))

    assert world.claim(world.sent(target)).attempt == 1
    assert due.at(store, f"retry:{target}") is None


def test_a_retry_of_nothing_does_nothing(store: Store) -> None:
    world = World(store)
    target = world.target()
    world.run(target)

    world.trigger(target, request(TriggerKind.RETRY))

    assert world.state(target).phase is Phase.IDLE
    recount.check(store)


def test_a_pinned_request_is_tried_again_too(store: Store) -> None:
    world = World(store)
    target = world.target()
    runs.fold(store, failed(world.start(target, request(revision="v1"))))

    world.trigger(target, request(TriggerKind.RETRY))

    again = world.claim(world.sent(target))
    assert (again.request.revision, again.attempt) == ("v1", 2)
    recount.check(store)


def test_a_permanent_failure_waits_for_a_change(store: Store) -> None:
    world = World(store)
    target = world.target()
    claim = world.start(target)

    runs.fold(
        store, failed(claim, outcome=Outcome.STALLED, reason="RenderFailed", retry_after=None)
    )

    state = world.state(target)
    assert (state.phase, state.requested, state.done) == (Phase.IDLE, False, 1)
    assert (state.sync, state.reason) == (SyncStatus.OUT_OF_SYNC, "RenderFailed")
    recount.check(store)


def test_an_abandoned_run_comes_again_at_once_as_the_same_attempt(store: Store) -> None:
    world = World(store)
    target = world.target()
    claim = world.start(target)

    runs.fold(store, report(claim, outcome=Outcome.ABANDONED, inventory=inventory("a")))

    again = world.claim(world.sent(target))
    assert (again.request, again.attempt, again.inventory) == (claim.request, 1, ())
    recount.check(store)


def test_an_abandoned_run_may_ask_to_come_later(store: Store) -> None:
    world = World(store)
    target = world.target()
    claim = world.start(target)

    runs.fold(store, report(claim, outcome=Outcome.ABANDONED, retry_after=1.0))

    assert due.at(store, f"retry:{target}") is not None
    assert world.dispatch_any() == []
    recount.check(store)


def test_health_is_looked_at_again_when_the_report_says(store: Store) -> None:
    world = World(store)
    target = world.target()

    world.run(target, check_after=2.0)
    first, timer = checks.at(store, target), due.at(store, f"health:{split_target_id(target)[1]}")
    world.run(target)

    assert first == timer == pytest.approx(now(store) + 3, abs=1)  # its cluster's next time
    assert checks.at(store, target) is None


def test_history_keeps_what_changed_newest_first_and_its_spec(store: Store) -> None:
    world = World(store)
    target = world.target()
    first = world.run(target, revision="c1", changes=CHANGED, parameters={"size": "2"})
    documents.put_application(store, application("shop", revision="v2"))
    world.run(target, revision="c2", changes=CHANGED[:1], render_key="r2", steps={"apply": 0.1})

    newest, oldest = targets.history(store, target)

    assert (newest.revision, newest.application_generation, newest.changed) == ("c2", 2, 1)
    assert (newest.render_key, newest.steps) == ("r2", {"apply": 0.1})
    assert (oldest.revision, oldest.application_generation, oldest.changed) == ("c1", 1, 2)
    assert (oldest.parameters, oldest.request) == ({"size": "2"}, first.request)
    kept = targets.specification(store, first.application.uid, 1)
    assert kept is not None
    assert isinstance(kept.spec, ApplicationSpec)
    assert kept.spec.source.revision == "main"
    recount.check(store)


def test_history_is_bounded_and_lets_go_of_old_specs(store: Store) -> None:
    world = World(store)
    target = world.target()
    for number in range(1, 15):
        documents.put_application(store, application("shop", revision=f"v{number}"))
        claim = world.run(target, revision=f"c{number}", changes=CHANGED)

    kept = targets.history(store, target, limit=100)

    assert [item.revision for item in kept] == [f"c{number}" for number in range(14, 4, -1)]
    assert targets.specification(store, claim.application.uid, 1) is None
    recount.check(store)


def test_history_tells_the_commit_what_was_rendered_and_how_long_it_took(store: Store) -> None:
    world = World(store)
    target = world.target()
    made = Commit(id="c1", author="Ana <ana@example.com>", message="Scale the shop", at=1.0)

    world.run(target, commit=made, rendered="d1")

    [kept] = targets.history(store, target)
    assert (kept.commit, kept.rendered) == (made, "d1")
    assert kept.seconds == pytest.approx(kept.finished_at - kept.fence / 1e6, abs=0.001)
    assert 0 < kept.seconds < 60


def test_signatures_are_those_of_the_revision_that_was_applied_last(store: Store) -> None:
    world = World(store)
    target = world.target()
    good = Signature(subject="commit", verdict=Verdict.GOOD, signer="Ana", at=1.5)
    world.run(target, signatures=(good,), inventory=())
    assert world.state(target).signatures == (good,)

    world.trigger(target, request(TriggerKind.POLL))
    claim = world.claim(world.sent(target))
    runs.fold(store, failed(claim, outcome=Outcome.STALLED, reason="SignatureRefused"))
    assert world.state(target).signatures == (good,)

    world.trigger(target, request(TriggerKind.POLL))
    world.run(target)
    assert world.state(target).signatures == ()
    recount.check(store)


def aged(store: Store, target: TargetId, *, days: float) -> None:
    """All runs that are kept ended so long ago."""
    key = keys.HISTORY(target)
    for at, row in enumerate(store.redis.lrange(key, 0, -1)):
        generation, finished, packed = row.split(" ", 2)
        store.redis.lset(key, at, f"{generation} {float(finished) - days * 86400:.6f} {packed}")


def test_old_runs_go_but_for_the_last_two(store: Store) -> None:
    world = World(store)
    target = world.target()
    for number in range(1, 6):
        documents.put_application(store, application("shop", revision=f"v{number}"))
        claim = world.run(target, revision=f"c{number}", changes=CHANGED)
    aged(store, target, days=179)
    assert targets.retain(store, [target]) == 0
    aged(store, target, days=2)

    gone = targets.retain(store, [target])

    assert gone == 3
    assert [item.revision for item in targets.history(store, target)] == ["c5", "c4"]
    assert targets.specification(store, claim.application.uid, 3) is None
    recount.check(store)


def test_a_run_lets_older_ones_go(store: Store) -> None:
    world = World(store)
    target = world.target()
    for number in range(1, 4):
        world.run(target, revision=f"c{number}", changes=CHANGED)
    aged(store, target, days=200)

    world.run(target, revision="c4", changes=CHANGED)

    assert [item.revision for item in targets.history(store, target)] == ["c4", "c3"]
    recount.check(store)


def test_runs_that_change_nothing_do_not_push_out_those_that_did(store: Store) -> None:
    world = World(store)
    target = world.target()
    world.run(target, revision="c1", changes=CHANGED)

    for _ in range(20):
        world.run(target, request(TriggerKind.DRIFT), revision="c1")

    assert [item.changed for item in targets.history(store, target, limit=100)] == [2]
    recount.check(store)


def test_the_same_failure_again_and_again_is_one_entry(store: Store) -> None:
    world = World(store)
    target = world.target()
    world.run(target, revision="c1", changes=CHANGED)
    refused = (Change(ref=entry("web").ref, action=Action.FAILED, message="is invalid"),)
    for number in range(5):
        claim = world.start(target, request(TriggerKind.PUSH))
        told = failed(claim, retry_after=None, message=f"try {number}", changes=refused)
        runs.fold(store, told)

    kept = targets.history(store, target)

    assert [item.reason for item in kept] == ["ClusterBusy", "Succeeded"]
    assert kept[0].message == "try 4"
    recount.check(store)


def test_many_changes_are_counted_and_the_first_ones_kept(store: Store) -> None:
    world = World(store)
    target = world.target()
    many = tuple(Change(ref=entry(f"o{n}").ref, action=Action.CREATED) for n in range(300))

    world.run(target, changes=many)

    [kept] = targets.history(store, target)
    assert (kept.changed, len(kept.changes)) == (300, 50)


def test_an_event_tells_each_change(store: Store) -> None:
    world = World(store)
    target = world.target()
    before = events.last_id(store)

    world.run(target, revision="c1")

    told = [event for event in events.read(store, before) if event.kind == "target"]
    assert [event.data["phase"] for event in told] == ["running", "idle"]
    assert told[-1].name == "shop@west"
    assert told[-1].data["sync"] == "Synced"
    assert told[-1].data["revision"] == "c1"


def test_what_somebody_asked_for_is_in_the_audit_trail(store: Store) -> None:
    world = World(store)
    world.run(world.target(), request(TriggerKind.USER), changes=CHANGED, revision="c" * 40)

    [record] = audit.read(store)

    assert (record.verb, record.actor, record.subject) == ("run", "ana", "Target/shop@west")
    assert record.reason == "because"
    assert record.detail == "Succeeded, Succeeded, 2 changes, revision cccccccccccc"


def test_a_sweep_that_changed_nothing_is_not_in_the_audit_trail(store: Store) -> None:
    world = World(store)
    world.run(world.target(), request(TriggerKind.DRIFT))

    assert audit.read(store) == []


def test_learned_inputs_are_filed_by_what_they_are_not_by_commit(store: Store) -> None:
    world = World(store)
    world.repository()
    one, other = world.target("shop", "west"), world.target("shop", "east")

    world.run(one, inputs=Inputs(repository="r", revision="c1", paths={"shop": "tree1"}))
    world.run(other, inputs=Inputs(repository="r", revision="c2", paths={"shop": "tree1"}))

    digests = {store.redis.hget(keys.TARGET(each), "digest") for each in (one, other)}
    assert len(digests) == 1
    recount.check(store)


def test_a_run_that_missed_a_moving_head_runs_again(store: Store) -> None:
    world = World(store)
    world.repository()
    target = world.target()
    store.redis.hset(keys.HEADS("fleet"), "main", "c1")
    claim = world.start(target)
    store.redis.hset(keys.HEADS("fleet"), "main", "c2")

    runs.fold(store, report(claim, revision="c1", observed="c1"))

    assert world.claim(world.sent(target)).head == "c2"
    recount.check(store)


def test_a_superseded_run_leaves_the_state_as_it_was(store: Store) -> None:
    world = World(store)
    target = world.target()
    world.run(target, revision="c1")
    claim = world.start(target)

    runs.fold(store, report(claim, outcome=Outcome.SUPERSEDED, sync=SyncStatus.OUT_OF_SYNC))

    assert world.state(target).sync is SyncStatus.SYNCED
    recount.check(store)


def test_a_celery_result_can_be_read_by_its_ticket(store: Store) -> None:
    world = World(store)
    target = world.target()
    world.trigger(target)
    [sent] = world.dispatch()
    waiting = runs.result_of(store, sent.ticket)
    claim = world.claim(sent)
    started = runs.result_of(store, sent.ticket)
    runs.fold(store, report(claim, revision="c1"))

    done = runs.result_of(store, sent.ticket)
    assert (waiting, started) == (
        {"task_id": sent.ticket, "status": "PENDING", "result": None},
        {"task_id": sent.ticket, "status": "STARTED", "result": None},
    )
    assert done == {
        "task_id": sent.ticket,
        "status": "SUCCESS",
        "result": {
            "name": "shop@west",
            "outcome": "Succeeded",
            "reason": "Succeeded",
            "message": "",
            "revision": "c1",
        },
    }
    assert runs.result_of(store, "nobody.knows.1") is None


def test_a_failed_celery_result_is_an_error_by_its_reason(store: Store) -> None:
    world = World(store)
    target = world.target()
    world.trigger(target)
    [sent] = world.dispatch()
    runs.fold(store, failed(world.claim(sent)))

    found = runs.result_of(store, sent.ticket)

    assert found == {
        "task_id": sent.ticket,
        "status": "FAILURE",
        "result": {
            "exc_type": "ClusterBusy",
            "exc_message": ["shop@west", "the API server answered 503"],
            "exc_module": "syncline.errors",
        },
    }
