"""Whose turn it is to render, and that nobody waits in vain."""

from datetime import timedelta

from syncline.model.run import Claim, Report
from syncline.model.status import Outcome, Phase
from syncline.store import due, keys, rendering, runs, targets
from syncline.store.connection import Store, now
from tests.harness import poll
from tests.store import recount
from tests.store.world import World, report

MINUTE = timedelta(minutes=1)


def test_one_has_the_turn_until_it_ends_it(store: Store) -> None:
    assert rendering.begin(store, "w", "one", within=MINUTE).mine

    other = rendering.begin(store, "w", "two", within=MINUTE)
    assert (other.mine, other.note) == (False, None)
    assert 50 < other.left <= 60

    rendering.end(store, "w", "one")
    assert rendering.begin(store, "w", "two", within=MINUTE).mine


def test_a_turn_is_given_back_by_who_has_it_alone(store: Store) -> None:
    rendering.begin(store, "w", "one", within=MINUTE)

    rendering.end(store, "w", "two", note=b"done", keep=60)

    assert not rendering.begin(store, "w", "three", within=MINUTE).mine


def test_a_note_is_told_for_a_while_and_lies_sealed(store: Store) -> None:
    rendering.begin(store, "w", "one", within=MINUTE)

    rendering.end(store, "w", "one", note=b"a secret of a renderer", keep=60)

    assert rendering.begin(store, "w", "two", within=MINUTE).note == b"a secret of a renderer"
    assert b"secret" not in store.binary.hget(keys.RENDERING("w"), "note")
    assert 50 < store.redis.ttl(keys.RENDERING("w")) <= 60


def test_who_asks_soon_after_is_sent_to_look(store: Store) -> None:
    rendering.begin(store, "w", "one", within=MINUTE)
    rendering.end(store, "w", "one", entries={"k": b"text"})

    assert rendering.begin(store, "w", "two", within=MINUTE) == rendering.Turn(known=True)
    assert rendering.begin(store, "w", "two", within=MINUTE, unless=None).mine


def test_who_does_not_know_of_an_entry_is_sent_to_look(store: Store) -> None:
    rendering.begin(store, "v", "one", within=MINUTE)
    rendering.end(store, "v", "one", entries={"k": b"text"})

    assert rendering.begin(store, "w", "two", within=MINUTE, unless="k").known
    assert rendering.begin(store, "w", "two", within=MINUTE, unless="j").mine


def test_a_turn_ends_by_itself(store: Store) -> None:
    rendering.begin(store, "w", "one", within=timedelta(milliseconds=1))

    poll.until(
        lambda: rendering.begin(store, "w", "two", within=MINUTE).mine, within=10, what="it ended"
    )


def test_a_turn_ends_with_the_run_that_has_it(store: Store) -> None:
    world = World(store)
    claim = world.start(world.target())
    holder = (claim.lease.target, claim.lease.fence)
    rendering.begin(store, "w", "one", within=MINUTE, holder=holder)
    assert not rendering.begin(store, "w", "two", within=MINUTE).mine

    runs.fold(store, report(claim))

    assert rendering.begin(store, "w", "two", within=MINUTE).mine


def test_who_waits_goes_on_when_the_turn_ends(store: Store) -> None:
    world = World(store)
    target = world.target()
    claim = world.start(target)
    rendering.begin(store, "w", "one", within=MINUTE)

    runs.fold(store, waits(claim))

    state = world.state(target)
    assert (state.phase, state.requested) == (Phase.IDLE, True)
    assert due.at(store, f"retry:{target}") > now(store) + 10
    assert targets.history(store, target) == []
    recount.check(store)

    rendering.end(store, "w", "one")

    assert due.at(store, f"retry:{target}") <= now(store)
    assert store.redis.exists(keys.RENDER_WAITERS("w")) == 0


def test_a_turn_that_ended_meanwhile_is_not_waited_for(store: Store) -> None:
    world = World(store)
    target = world.target()
    claim = world.start(target)

    runs.fold(store, waits(claim))

    assert world.state(target).phase is Phase.READY
    assert store.redis.exists(keys.RENDER_WAITERS("w")) == 0
    recount.check(store)


def test_the_attempt_that_waited_is_not_counted(store: Store) -> None:
    world = World(store)
    target = world.target()
    claim = world.start(target)
    rendering.begin(store, "w", "one", within=MINUTE)
    runs.fold(store, waits(claim))
    world.trigger(target)

    assert world.claim(world.sent(target)).attempt == 1


def test_all_of_many_go_on(store: Store) -> None:
    world = World(store)
    targets = [world.target(on=f"c{number}") for number in range(120)]
    rendering.begin(store, "w", "one", within=MINUTE)
    for target in targets:
        runs.fold(store, waits(world.start(target)))

    rendering.end(store, "w", "one")

    late = [each for each in targets if due.at(store, f"retry:{each}") > now(store)]
    assert late == []


def waits(claim: Claim) -> Report:
    return report(
        claim, outcome=Outcome.ABANDONED, reason="AwaitsRender", retry_after=30.0, awaits="w"
    )
