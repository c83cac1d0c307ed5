"""A rollback keeps a target at a past state: what runs there, what ends it, and what does not."""

from typing import Any

import pytest

from syncline.contract.reports import LookupReport
from syncline.model.application import ApplicationSpec
from syncline.model.backup import TargetLine
from syncline.model.names import TargetId, Uid
from syncline.model.operation import MemberState, OperationSpec, OperationTarget
from syncline.model.pin import Pin
from syncline.model.request import TriggerKind
from syncline.model.run import Claim, Inputs
from syncline.model.status import Lane, Outcome, SyncStatus
from syncline.store import (
    audit,
    backs,
    documents,
    keys,
    operations,
    restoring,
    runs,
    sources,
    targets,
)
from syncline.store.backs import Left
from syncline.store.connection import Store
from tests.store import recount
from tests.store.world import World, application, failed, report, request


def asked(**spec: Any) -> OperationSpec:
    told = {"verb": "rollback", "targets": ("shop@west",), "actor": "ana", "reason": "it is slow"}
    return OperationSpec.model_validate({**told, **spec})


def pin(**values: Any) -> Pin:
    """Of the state that the application's first generation had at c1."""
    told = {
        "revision": "c1",
        "generation": 1,
        "repository": "fleet",
        "parameters": {"size": "2"},
        "operation": "o1",
        "actor": "ana",
        "reason": "it is slow",
        "at": 1.0,
    }
    return Pin.model_validate({**told, **values})


def begin(store: Store, *members: TargetId, given: Pin | Left | None = None, **spec: Any) -> Uid:
    """Start an operation that gives each of its members the same."""
    made, _ = operations.create(store, asked(**spec))
    if spec.get("verb", "rollback") == "rollback":
        backs.keep(store, made.uid, dict.fromkeys(members, given or pin()))
    states = targets.many(store, members)
    operations.add(store, made.uid, [(each.id, each.name) for each in states if each])
    operations.expanded(store, made.uid)
    while operations.launch(store, made.uid):
        pass
    return made.uid


def roll_back(world: World, target: TargetId, **spec: Any) -> Claim:
    begin(world.store, target, **spec)
    claim = world.claim(world.sent(target))
    assert runs.fold(world.store, report(claim))
    return claim


def only_member(store: Store, uid: Uid) -> OperationTarget:
    [found] = operations.targets(store, uid).items
    return found


def source_of(claim: Claim) -> tuple[str, str]:
    assert isinstance(claim.application.spec, ApplicationSpec)
    return claim.head, claim.application.spec.source.revision


@pytest.fixture
def world(store: Store) -> World:
    made = World(store)
    made.repository()
    return made


@pytest.fixture
def moved(world: World) -> TargetId:
    """A target that was brought to c1, and to c2 after its application had changed."""
    target = world.target()
    world.run(target, revision="c1", render_key="r1", parameters={"size": "2"})
    documents.put_application(world.store, application("shop", revision="v2", prune=False))
    world.run(target, revision="c2", render_key="r2", parameters={"size": "9"})
    return target


def test_it_runs_at_the_commit_and_the_spec_of_then_by_the_policy_of_now(
    world: World, moved: TargetId
) -> None:
    uid = begin(world.store, moved)
    claim = world.claim(world.sent(moved))
    runs.fold(world.store, report(claim))

    assert source_of(claim) == ("c1", "main")
    assert claim.application.spec.parameters == {"size": "2"}
    assert not claim.application.spec.sync_policy.prune
    assert claim.repository is not None
    assert (claim.pin, claim.request.operation) == (pin(), uid)
    state = world.state(moved)
    assert (state.revision, state.sync, state.pinned) == ("c1", SyncStatus.SYNCED, pin())
    assert only_member(world.store, uid).state is MemberState.SYNCED
    recount.check(world.store)


def test_it_is_in_the_history_with_the_spec_that_it_ran(world: World, moved: TargetId) -> None:
    roll_back(world, moved)

    newest = targets.history(world.store, moved)[0]

    assert (newest.revision, newest.application_generation) == ("c1", 1)
    assert (newest.request.trigger.actor, newest.request.trigger.reason) == ("ana", "it is slow")


@pytest.mark.parametrize("kind", [TriggerKind.PUSH, TriggerKind.DRIFT, TriggerKind.SPEC])
def test_whatever_happens_by_itself_works_towards_it(
    world: World, moved: TargetId, kind: TriggerKind
) -> None:
    roll_back(world, moved)

    claim = world.start(moved, request(kind))

    assert source_of(claim) == ("c1", "main")
    assert claim.pin == pin()


def test_a_person_who_syncs_it_gets_it_too_but_for_another_revision(
    world: World, moved: TargetId
) -> None:
    roll_back(world, moved)

    assert source_of(world.run(moved)) == ("c1", "main")
    other = world.start(moved, request(revision="v9"))
    assert (other.request.revision, other.pin) == ("v9", None)
    assert other.application.spec.source.revision == "v2"


def test_a_dry_run_asks_about_where_it_is_kept(world: World, moved: TargetId) -> None:
    roll_back(world, moved)

    assert source_of(world.start(moved, request(dry_run=True))) == ("c1", "main")


def test_what_was_learned_of_the_followed_branch_stays(world: World, moved: TargetId) -> None:
    read = Inputs(repository="r", revision="c2", paths={"app": "t2"})
    world.run(moved, revision="c2", inputs=read)
    before = world.store.redis.hget(keys.TARGET(moved), "digest")

    begin(world.store, moved)
    claim = world.claim(world.sent(moved))
    older = Inputs(repository="r", revision="c1", paths={"app": "t1"})
    runs.fold(world.store, report(claim, inputs=older))

    assert world.store.redis.hget(keys.TARGET(moved), "digest") == before is not None
    recount.check(world.store)


def head(world: World, commit: str) -> int:
    """A look-up finds a commit that changes whatever follows v2."""
    uid = documents.get(world.store, documents.Kind.REPOSITORY, "fleet")
    assert uid is not None
    return sources.fold_lookup(world.store, LookupReport(repository=uid.uid, heads={"v2": commit}))


def test_new_commits_leave_it_where_it_is(world: World, moved: TargetId) -> None:
    head(world, "c2")
    roll_back(world, moved)

    head(world, "c3")

    assert world.dispatch_any() == []
    state = world.state(moved)
    assert (state.pinned, state.observed) == (pin(), "c1")


def test_a_newer_commit_ends_it_where_that_was_asked(world: World, moved: TargetId) -> None:
    head(world, "c2")
    roll_back(world, moved, until_newer_commit=True)
    assert world.state(moved).pinned_head == "c2"

    head(world, "c3")
    claim = world.claim(world.sent(moved))

    assert (claim.pin, *source_of(claim)) == (None, "c3", "v2")
    state = world.state(moved)
    assert (state.pinned, state.pinned_head) == (None, "")
    told = audit.read(world.store, limit=1)[0]
    assert (told.verb, told.actor, told.subject) == ("unpin", "syncline", "Target/shop@west")
    recount.check(world.store)


def test_the_head_of_then_does_not_end_it(world: World, moved: TargetId) -> None:
    head(world, "c2")
    head(world, "c3")
    for sent in world.dispatch_any():
        runs.fold(world.store, report(world.claim(sent)))
    roll_back(world, moved, until_newer_commit=True)

    world.store.redis.hset(keys.SEEN("fleet"), "v2", "c2")  # as if it was not folded whole
    head(world, "c3")

    assert world.state(moved).pinned == pin()
    assert world.dispatch_any() == []


def test_a_head_that_moves_while_it_runs_is_not_followed(world: World, moved: TargetId) -> None:
    head(world, "c2")
    begin(world.store, moved)
    claim = world.claim(world.sent(moved))

    world.store.redis.hset(keys.HEADS("fleet"), "v2", "c3")
    runs.fold(world.store, report(claim))

    assert world.dispatch_any() == []


def test_unpinned_it_runs_at_what_is_declared_now(world: World, moved: TargetId) -> None:
    head(world, "c2")
    roll_back(world, moved)

    uid = begin(world.store, moved, verb="unpin")
    claim = world.claim(world.sent(moved))
    runs.fold(world.store, report(claim))

    assert (claim.pin, *source_of(claim)) == (None, "c2", "v2")
    assert only_member(world.store, uid).state is MemberState.SYNCED
    assert world.state(moved).pinned is None
    assert targets.history(world.store, moved)[0].application_generation == 2
    recount.check(world.store)


def test_what_is_not_pinned_is_skipped(world: World, moved: TargetId) -> None:
    uid = begin(world.store, moved, verb="unpin")

    found = only_member(world.store, uid)
    assert (found.state, found.reason) == (MemberState.SKIPPED, "NotPinned")
    assert world.dispatch_any() == []


def test_what_has_no_past_state_says_so_and_stays(world: World, moved: TargetId) -> None:
    left = Left(MemberState.FAILED, "NoPastState", "its history has no other")

    uid = begin(world.store, moved, given=left)

    found = only_member(world.store, uid)
    assert (found.state, found.reason, found.message) == left
    assert (world.state(moved).pinned, world.dispatch_any()) == (None, [])
    recount.check(world.store)


def test_a_spec_that_is_kept_no_more_is_no_past_state(world: World, moved: TargetId) -> None:
    uid = begin(world.store, moved, given=pin(generation=77))

    assert only_member(world.store, uid).reason == "NoPastState"
    assert world.state(moved).pinned is None
    recount.check(world.store)


def test_a_commit_alone_is_gone_to_with_the_present_spec(world: World, moved: TargetId) -> None:
    bare = pin(revision="c0", generation=0, repository="", parameters=None)

    claim = roll_back(world, moved, given=bare)

    assert source_of(claim) == ("c0", "v2")
    recount.check(world.store)


def test_the_spec_outlives_the_history_that_named_it(world: World, moved: TargetId) -> None:
    claim = roll_back(world, moved)
    world.store.redis.delete(keys.HISTORY(moved))
    world.store.redis.hset(keys.SPEC_USES(claim.application.uid), mapping={"1": "1", "2": "0"})

    for number in range(15):
        runs.fold(world.store, report(world.start(moved), changes=world.changes(f"o{number}")))

    assert source_of(world.start(moved)) == ("c1", "main")


def test_a_second_rollback_takes_the_place_of_the_first(world: World, moved: TargetId) -> None:
    roll_back(world, moved)
    world.run(moved)

    begin(world.store, moved, given=pin(revision="c2", generation=2))
    claim = world.claim(world.sent(moved))

    assert source_of(claim) == ("c2", "v2")
    recount.check(world.store)


def test_what_was_set_aside_may_go_back(world: World, moved: TargetId) -> None:
    world.trigger(moved, request(TriggerKind.PUSH))
    for _ in range(world.store.limits.attempts):
        claim = world.claim(world.sent(moved))
        runs.fold_failure(world.store, claim.lease.ticket, "WorkerLostError: signal 9")
        world.trigger(moved, request(TriggerKind.RETRY))
    assert world.state(moved).aside_at > 0

    claim = roll_back(world, moved)

    assert source_of(claim) == ("c1", "main")
    assert world.state(moved).aside_at == 0
    recount.check(world.store)


def test_a_policy_that_waits_for_people_shows_nothing_to_wait_for(world: World) -> None:
    target = world.target(automated=False)
    world.run(target, revision="c1", wanted="w1")
    world.run(target, revision="c2", wanted="w2")
    roll_back(world, target)

    targets.note_wanted(world.store, [(target, "w3")], changed="Application/shop")
    shown = world.state(target)
    begin(world.store, target, verb="unpin")
    runs.fold(world.store, report(world.claim(world.sent(target)), wanted="w3"))

    assert (shown.sync, shown.reason) == (SyncStatus.SYNCED, "Succeeded")
    assert world.state(target).sync is SyncStatus.SYNCED
    recount.check(world.store)


def test_one_that_fails_is_tried_again_there(world: World, moved: TargetId) -> None:
    begin(world.store, moved)
    runs.fold(world.store, failed(world.claim(world.sent(moved))))
    world.trigger(moved, request(TriggerKind.RETRY))

    claim = world.claim(world.sent(moved))

    assert (source_of(claim), claim.attempt) == (("c1", "main"), 2)


def test_an_attempt_at_something_else_that_ends_late_changes_nothing_of_it(
    world: World, moved: TargetId
) -> None:
    going = world.start(moved)
    begin(world.store, moved)

    runs.fold(world.store, failed(going, outcome=Outcome.STALLED, retry_after=None))
    claim = world.claim(world.sent(moved))

    assert source_of(claim) == ("c1", "main")
    recount.check(world.store)


def test_many_go_before_everything_that_rolls_out(store: Store) -> None:
    world = World(store)
    world.repository()
    many = [world.target("shop", f"c-{number:03}") for number in range(60)]
    for target in many:
        world.run(target, revision="c1", parameters={"size": "2"})

    begin(store, *many)

    assert {world.state(target).lane for target in many} == {Lane.USER}
    assert store.redis.zcard(keys.PINNED()) == len(many)
    assert targets.summary(store).pinned == len(many)
    recount.check(store)


def test_it_is_listed_and_forgotten_with_its_target(world: World, moved: TargetId) -> None:
    roll_back(world, moved)

    listed = targets.page(world.store, pinned=True).items
    targets.forget(world.store, moved)

    assert [(each.name, each.pinned) for each in listed] == [("shop@west", pin())]
    assert targets.page(world.store, pinned=True).items == ()
    recount.check(world.store)


def test_who_keeps_a_target_back_is_in_the_audit_trail(world: World, moved: TargetId) -> None:
    uid = begin(world.store, moved)

    told = audit.read(world.store, limit=1)[0]

    assert (told.verb, told.actor, told.reason) == ("pin", "ana", "it is slow")
    assert (told.subject, told.detail) == ("Target/shop@west", f"operation {uid}")


def test_what_a_rollback_gave_goes_with_its_operation(world: World, moved: TargetId) -> None:
    uid = begin(world.store, moved)
    assert backs.of(world.store, uid, [moved]) == {moved: pin()}

    runs.fold(world.store, report(world.claim(world.sent(moved))))

    assert world.store.redis.ttl(keys.BACKS(uid)) > 0


def test_a_restored_pin_is_of_a_commit_alone_where_its_application_is_another(
    world: World,
) -> None:
    target = world.target()
    kept = {"fence": "1", "back": pin().model_dump_json(), "back_head": "c2"}
    line = TargetLine(application="default/shop", cluster="west", uid="another", state=kept)

    restoring.target(world.store, target, line)

    state = world.state(target)
    assert (state.pinned, state.pinned_head) == (pin(generation=0), "c2")
    assert source_of(world.start(target)) == ("c1", "main")
    recount.check(world.store)


def test_a_target_that_nobody_rolled_back_keeps_nothing_of_it(world: World) -> None:
    claim = world.start(world.target())

    assert claim.pin is None
    fields = world.store.redis.hkeys(keys.TARGET(claim.lease.target))
    assert not {"back", "back_head", "backed"} & set(fields)
