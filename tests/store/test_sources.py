"""Workers look up, the store triggers: a moved head and the targets behind it."""

from typing import Any

import pytest

from syncline.contract.reports import LookupReport
from syncline.model.names import TargetId, Uid
from syncline.model.request import Trigger, TriggerKind
from syncline.model.run import Inputs
from syncline.model.status import Lane, Phase, SyncStatus
from syncline.store import documents, due, keys, runs, sources
from syncline.store.connection import Store, now
from tests.store import recount
from tests.store import world as make
from tests.store.world import World, names, report, request


def inputs(commit: str, tree: str) -> Inputs:
    return Inputs(repository="r", revision=commit, paths={"app": tree})


def digest(store: Store, target: TargetId) -> str:
    return str(store.redis.hget(keys.TARGET(target), "digest"))


@pytest.fixture
def fleet(store: Store) -> tuple[World, Uid]:
    """A repository whose head was seen at c1."""
    world = World(store)
    uid = world.repository()
    world.application("seed")
    sources.fold_lookup(store, LookupReport(repository=uid, heads={"main": "c1"}))
    return world, uid


def test_every_revision_that_an_application_writes_is_followed(store: Store) -> None:
    world = World(store)
    uid = world.repository()
    world.application("a", revision="main")
    world.application("b", revision="v1.*")

    assert sources.heads(store, uid) == {"main": "", "v1.*": ""}
    assert due.at(store, f"lookup:{uid}") == pytest.approx(now(store), abs=2)


def test_a_revision_that_nobody_writes_any_more_is_forgotten(store: Store) -> None:
    world = World(store)
    uid = world.repository()
    world.application("a", revision="main")
    world.application("b", revision="main")

    world.application("a", revision="v1")
    assert set(sources.heads(store, uid)) == {"main", "v1"}
    world.application("b", revision="v1")
    assert set(sources.heads(store, uid)) == {"v1"}


def test_somebody_else_may_follow_a_revision_too(store: Store) -> None:
    uid = World(store).repository()

    sources.follow(store, uid, "prod", who="fleet")
    assert sources.heads(store, uid) == {"prod": ""}
    sources.unfollow(store, uid, "prod", who="fleet")
    assert sources.heads(store, uid) == {}


def test_only_targets_behind_changed_inputs_are_triggered(
    store: Store, fleet: tuple[World, Uid]
) -> None:
    world, uid = fleet
    touched, untouched = world.target("touched"), world.target("untouched")
    world.run(touched, revision="c1", inputs=inputs("c1", "t1"))
    world.run(untouched, revision="c1", inputs=inputs("c1", "t2"))
    assert sources.inputs(store, uid, "main") == {
        digest(store, touched): inputs("c1", "t1"),
        digest(store, untouched): inputs("c1", "t2"),
    }

    triggered = sources.fold_lookup(
        store,
        LookupReport(
            repository=uid,
            heads={"main": "c2"},
            affected={"main": (digest(store, touched),)},
            unaffected={"main": (digest(store, untouched),)},
        ),
    )

    assert triggered == 1
    assert names(world.dispatch_any()) == ["touched@west"]
    assert world.state(untouched).observed == "c2"
    assert world.state(untouched).revision == "c1"
    assert sources.heads(store, uid) == {"main": "c2"}
    recount.check(store)


@pytest.mark.parametrize("shared", [True, False], ids=["one digest", "a digest each"])
def test_more_targets_than_one_step_takes_are_all_told(
    store: Store, fleet: tuple[World, Uid], *, shared: bool
) -> None:
    world, uid = fleet
    found = [world.target(f"app-{number:03}") for number in range(230)]
    for number, target in enumerate(found):
        world.run(target, revision="c1", inputs=inputs("c1", "t" if shared else f"t{number}"))
    digests = tuple(dict.fromkeys(digest(store, target) for target in found))

    same = LookupReport(repository=uid, heads={"main": "c2"}, unaffected={"main": digests})
    changed = LookupReport(repository=uid, heads={"main": "c3"}, affected={"main": digests})

    assert sources.fold_lookup(store, same) == 0
    assert {world.state(target).observed for target in found} == {"c2"}
    assert sources.fold_lookup(store, changed) == 230
    recount.check(store)


def test_a_claim_after_the_look_up_takes_the_new_head(
    store: Store, fleet: tuple[World, Uid]
) -> None:
    world, uid = fleet
    target = world.target()
    sources.fold_lookup(store, LookupReport(repository=uid, heads={"main": "c2"}))

    claim = world.claim(world.sent(target))

    assert (claim.head, claim.request.trigger.kind) == ("c2", TriggerKind.POLL)


def test_what_a_webhook_told_of_was_pushed_and_what_came_after_it_was_polled(
    store: Store, fleet: tuple[World, Uid]
) -> None:
    world, uid = fleet
    target = world.target()
    sources.pushed(store, uid, actor="git-host")

    found = []
    for commit in ("c2", "c3"):
        sources.fold_lookup(store, LookupReport(repository=uid, heads={"main": commit}))
        claim = world.claim(world.sent(target))
        found.append(claim.request.trigger)
        runs.fold(store, report(claim, revision=commit, observed=commit))

    assert found == [
        Trigger(kind=TriggerKind.PUSH, actor="git-host", reason="main moved to c2"),
        Trigger(kind=TriggerKind.POLL, reason="main moved to c3"),
    ]


def test_targets_with_unknown_inputs_are_triggered(store: Store, fleet: tuple[World, Uid]) -> None:
    world, uid = fleet
    world.target()

    push = Trigger(kind=TriggerKind.PUSH, actor="hook", reason="pushed")
    report_ = LookupReport(repository=uid, heads={"main": "c2"})
    assert sources.fold_lookup(store, report_, trigger=push) == 1

    [sent] = world.dispatch(Lane.PUSH)
    assert world.claim(sent).request.trigger == push


def test_a_head_that_did_not_move_triggers_nothing(store: Store, fleet: tuple[World, Uid]) -> None:
    world, uid = fleet
    target = world.target()

    assert sources.fold_lookup(store, LookupReport(repository=uid, heads={"main": "c1"})) == 0

    assert world.state(target).phase is Phase.IDLE


def test_a_target_that_already_ran_at_the_new_head_is_left_alone(
    store: Store, fleet: tuple[World, Uid]
) -> None:
    world, uid = fleet
    target = world.target()
    world.run(target, revision="c2", observed="c2", inputs=inputs("c2", "t1"))

    seen = LookupReport(
        repository=uid, heads={"main": "c2"}, affected={"main": (digest(store, target),)}
    )

    assert sources.fold_lookup(store, seen) == 0
    assert world.state(target).phase is Phase.IDLE


def test_a_target_that_just_runs_at_the_new_head_is_not_run_again(
    store: Store, fleet: tuple[World, Uid]
) -> None:
    world, uid = fleet
    target = world.target()
    world.run(target, revision="c1", inputs=inputs("c1", "t1"))
    moved = LookupReport(
        repository=uid, heads={"main": "c2"}, affected={"main": (digest(store, target),)}
    )
    sources.fold_lookup(store, moved)
    claim = world.claim(world.sent(target))

    store.redis.hset(keys.SEEN("fleet"), "main", "c1")  # as a second look-up finds it meanwhile
    assert sources.fold_lookup(store, moved) == 0
    runs.fold(store, report(claim, revision="c2", observed="c2"))

    assert world.state(target).phase is Phase.IDLE
    assert world.dispatch_any() == []
    recount.check(store)


def test_a_pinned_run_of_the_new_head_is_followed_by_one_of_the_branch(
    store: Store, fleet: tuple[World, Uid]
) -> None:
    world, uid = fleet
    target = world.target()
    world.run(target, revision="c1", inputs=inputs("c1", "t1"))
    store.redis.hset(keys.HEADS("fleet"), "main", "c2")  # as a look-up leaves it half-way
    runs.trigger(store, [target], request(revision="main"))
    assert world.claim(world.sent(target)).head == "c2"

    moved = LookupReport(
        repository=uid, heads={"main": "c2"}, affected={"main": (digest(store, target),)}
    )
    assert sources.fold_lookup(store, moved) == 1


def test_a_policy_that_waits_for_people_shows_the_new_revision(
    store: Store, fleet: tuple[World, Uid]
) -> None:
    world, uid = fleet
    target = world.target("manual", automated=False)
    world.run(target, revision="c1", inputs=inputs("c1", "t1"))

    triggered = sources.fold_lookup(
        store,
        LookupReport(
            repository=uid, heads={"main": "c2"}, affected={"main": (digest(store, target),)}
        ),
    )

    state = world.state(target)
    assert (triggered, state.phase) == (0, Phase.IDLE)
    assert (state.sync, state.reason) == (SyncStatus.OUT_OF_SYNC, "NewRevision")
    recount.check(store)


def test_a_look_up_that_crashed_half_way_is_done_again_in_full(
    store: Store, fleet: tuple[World, Uid], monkeypatch: pytest.MonkeyPatch
) -> None:
    world, uid = fleet
    for name in ("one", "two"):
        world.run(world.target(name), revision="c1", inputs=inputs("c1", name))
    found = sources.inputs(store, uid, "main")
    seen = LookupReport(repository=uid, heads={"main": "c2"}, affected={"main": tuple(found)})
    store.redis.hset(keys.HEADS("fleet"), "main", "c2")  # it died right after this

    assert sources.heads(store, uid) == {"main": "c1"}
    assert sources.fold_lookup(store, seen) == 2


@pytest.fixture
def start(store: Store) -> float:
    """A little while ago: before all that follows."""
    return now(store) - 60


def heads_of(store: Store, uid: Uid) -> tuple[str, str | None]:
    """What look-ups compare with, and what claims take."""
    return sources.heads(store, uid)["main"], store.redis.hget(keys.HEADS("fleet"), "main")


def test_an_answer_that_was_asked_for_earlier_moves_nothing_back(
    store: Store, fleet: tuple[World, Uid], start: float
) -> None:
    world, uid = fleet
    target = world.target()
    late = LookupReport(repository=uid, heads={"main": "c2"}, began=start)
    newer = LookupReport(repository=uid, heads={"main": "c3"}, began=start + 1)

    assert sources.fold_lookup(store, newer) == 1
    assert sources.fold_lookup(store, late) == 0

    assert heads_of(store, uid) == ("c3", "c3")
    assert world.claim(world.sent(target)).head == "c3"
    again = late.model_copy(update={"began": start + 2})
    sources.fold_lookup(store, again)
    assert heads_of(store, uid) == ("c2", "c2")


def test_an_answer_that_found_nothing_new_counts_too(
    store: Store, fleet: tuple[World, Uid], start: float
) -> None:
    _, uid = fleet
    sources.fold_lookup(store, LookupReport(repository=uid, heads={"main": "c1"}, began=start + 1))

    sources.fold_lookup(store, LookupReport(repository=uid, heads={"main": "c2"}, began=start))

    assert heads_of(store, uid) == ("c1", "c1")


def test_a_late_answer_tells_of_revisions_that_the_newer_one_could_not_resolve(
    store: Store, fleet: tuple[World, Uid], start: float
) -> None:
    world, uid = fleet
    world.application("other", revision="v1")
    broken = {"v1": "RevisionNotFound: v1"}
    newer = LookupReport(repository=uid, heads={"main": "c3"}, errors=broken, began=start + 1)
    late = LookupReport(repository=uid, heads={"main": "c2", "v1": "d1"}, began=start)

    sources.fold_lookup(store, newer)
    sources.fold_lookup(store, late)

    assert sources.heads(store, uid) == {"main": "c3", "v1": "d1"}
    assert sources.errors(store, uid) == broken


def test_an_answer_of_an_older_release_is_taken_as_it_comes(
    store: Store, fleet: tuple[World, Uid], start: float
) -> None:
    _, uid = fleet
    sources.fold_lookup(store, LookupReport(repository=uid, heads={"main": "c3"}, began=start))

    sources.fold_lookup(store, LookupReport(repository=uid, heads={"main": "c4"}))

    assert heads_of(store, uid) == ("c4", "c4")


def test_a_clock_that_a_failover_set_back_makes_nobody_deaf(
    store: Store, fleet: tuple[World, Uid], start: float
) -> None:
    _, uid = fleet
    ahead = now(store) + 3600
    sources.fold_lookup(store, LookupReport(repository=uid, heads={"main": "c2"}, began=ahead))

    sources.fold_lookup(store, LookupReport(repository=uid, heads={"main": "c3"}, began=start))

    assert heads_of(store, uid) == ("c3", "c3")


def test_what_the_old_place_of_a_repository_still_answers_is_not_taken(
    store: Store, fleet: tuple[World, Uid], start: float
) -> None:
    _, uid = fleet
    documents.put_repository(store, make.repository("fleet", url="https://git.example/new.git"))

    late = LookupReport(repository=uid, heads={"main": "c9"}, errors={"": "E: x"}, began=start)
    sources.fold_lookup(store, late)

    assert heads_of(store, uid) == ("", "")
    assert sources.errors(store, uid) == {}


def test_a_look_up_that_is_overtaken_while_it_tells_targets_stops(
    store: Store, fleet: tuple[World, Uid], start: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    world, uid = fleet
    target = world.target()
    world.run(target, revision="c1", inputs=inputs("c1", "t1"))
    known = {"main": (digest(store, target),)}
    newer = LookupReport(repository=uid, heads={"main": "c3"}, unaffected=known, began=start + 1)
    late = LookupReport(repository=uid, heads={"main": "c2"}, affected=known, began=start)
    move = sources._move  # before its first step

    def overtaken(*args: Any) -> Any:
        monkeypatch.setattr(sources, "_move", move)
        sources.fold_lookup(store, newer)
        return move(*args)

    monkeypatch.setattr(sources, "_move", overtaken)

    assert sources.fold_lookup(store, late) == 0
    assert heads_of(store, uid) == ("c3", "c3")
    assert (world.state(target).phase, world.state(target).observed) == (Phase.IDLE, "c3")


def test_errors_are_kept_for_each_revision_until_it_is_resolved(
    store: Store, fleet: tuple[World, Uid]
) -> None:
    _, uid = fleet
    sources.fold_lookup(store, LookupReport(repository=uid, errors={"main": "RevisionNotFound: x"}))
    first = sources.errors(store, uid)
    sources.fold_lookup(store, LookupReport(repository=uid, errors={"": "Unreachable: y"}))
    second = sources.errors(store, uid)
    sources.fold_lookup(store, LookupReport(repository=uid, heads={"main": "c1"}))

    assert first == {"main": "RevisionNotFound: x"}
    assert second == {"main": "RevisionNotFound: x", "": "Unreachable: y"}
    assert sources.errors(store, uid) == {}


def test_a_revision_that_is_not_followed_any_more_is_passed_over(
    store: Store, fleet: tuple[World, Uid]
) -> None:
    _, uid = fleet

    assert sources.fold_lookup(store, LookupReport(repository=uid, heads={"old": "c9"})) == 0
    assert sources.heads(store, uid) == {"main": "c1"}


def test_a_report_of_a_repository_that_is_gone_is_dropped(store: Store) -> None:
    assert sources.fold_lookup(store, LookupReport(repository=Uid("gone"), heads={"a": "b"})) == 0


def test_another_url_is_looked_at_with_fresh_eyes(store: Store, fleet: tuple[World, Uid]) -> None:
    _, uid = fleet

    documents.put_repository(store, make.repository("fleet", url="https://git.example/new.git"))

    assert sources.heads(store, uid) == {"main": ""}


def test_an_application_that_follows_another_branch_has_no_known_inputs_there(
    store: Store, fleet: tuple[World, Uid]
) -> None:
    world, uid = fleet
    target = world.target()
    world.run(target, revision="c1", inputs=inputs("c1", "t1"))
    world.application("shop", revision="next")

    claim = world.start(target)
    assert sources.inputs(store, uid, "main") == {}
    runs.fold(store, report(claim, inputs=inputs("n1", "t9")))

    assert sources.inputs(store, uid, "next") == {digest(store, target): inputs("n1", "t9")}
    recount.check(store)


def test_a_pinned_run_does_not_change_what_is_known_of_the_branch(
    store: Store, fleet: tuple[World, Uid]
) -> None:
    world, uid = fleet
    target = world.target()
    world.run(target, revision="c1", inputs=inputs("c1", "t1"))

    world.run(target, request(revision="v0"), revision="v0", inputs=inputs("v0", "t0"))

    assert list(sources.inputs(store, uid, "main").values()) == [inputs("c1", "t1")]
    recount.check(store)


def test_thousands_behind_one_digest_move_on_in_chunks(store: Store) -> None:
    world = World(store)
    uid = world.repository()
    world.cluster("west", max_runs=256)
    made = [world.target(f"app-{number:04}") for number in range(500)]
    sources.fold_lookup(store, LookupReport(repository=uid, heads={"main": "c1"}))
    for sent in [*world.dispatch(Lane.PUSH, 200), *world.dispatch(Lane.PUSH, 200)]:
        runs.fold(store, report(world.claim(sent), inputs=inputs("c1", "same")))
    done = [target for target in made if world.state(target).revision]

    sources.fold_lookup(
        store,
        LookupReport(
            repository=uid,
            heads={"main": "c2"},
            unaffected={"main": (digest(store, done[0]),)},
        ),
    )

    assert len(done) == 384
    assert {world.state(target).observed for target in done} == {"c2"}
    recount.check(store)


def test_what_a_run_learned_while_the_repository_was_asked_is_not_passed_over(
    store: Store, fleet: tuple[World, Uid]
) -> None:
    world, uid = fleet
    target = world.target("web")
    world.run(target, inputs=inputs("c1", "one"))
    asked = LookupReport(
        repository=uid, heads={"main": "c3"}, affected={"main": (digest(store, target),)}
    )
    world.run(target, inputs=inputs("c2", "two"), revision="c2", observed="c2")

    assert sources.fold_lookup(store, asked) == 1
    assert world.claim(world.sent(target)).head == "c3"
