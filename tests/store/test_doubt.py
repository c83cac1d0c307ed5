"""Clusters that may keep who asks waiting: one run each, and together a quarter of the slots."""

import random
from collections import Counter

import pytest

from syncline.contract.reports import ClusterReport
from syncline.model.names import TargetId, Uid
from syncline.model.run import Claim
from syncline.model.status import Lane, Phase
from syncline.store import clusters, connection, documents, due, keys, runs, targets
from syncline.store.connection import Store
from tests.store import recount
from tests.store.world import World, away, names, report, request

SLOTS = 16
PLACES = [f"c{number:02}" for number in range(100)]
HANGING = set(PLACES[::10])
APPS = 3


def trigger_all(world: World, count: int, *places: str) -> list[TargetId]:
    made = [world.target(f"app-{n}", on) for on in places for n in range(count)]
    runs.trigger(world.store, made, request())
    return made


def answer(world: World, target: TargetId, seconds: float | None) -> None:
    """A run to which the cluster answered within so many seconds, in the mean."""
    world.run(target, answer=seconds)


def age(store: Store) -> None:
    """Nobody heard of any cluster lately."""
    long_ago = connection.now(store) - 60
    for record in documents.all_clusters(store):
        store.redis.hset(keys.RECORD(record.uid), "answered", long_ago)


def see(world: World, name: str, *, reachable: bool) -> None:
    """A probe of a cluster."""
    uid = world.cluster(name, proven=False).uid
    found = ClusterReport(cluster=uid, reachable=reachable, error="X: x")
    clusters.fold_cluster(world.store, found)


def trouble(world: World, *, lately: bool = False) -> None:
    """A cluster that always answered does so no more; others may have, lately."""
    world.cluster("silent")
    if not lately:
        age(world.store)
    see(world, "silent", reachable=False)


def test_a_slow_cluster_gets_one_run_and_more_once_it_is_quick_again(store: Store) -> None:
    world = World(store)
    target = world.target("first")
    answer(world, target, 5.0)
    trigger_all(world, 5, "west")

    [only] = world.dispatch()
    assert world.dispatch() == []

    runs.fold(store, report(world.claim(only), answer=0.01))
    assert len(world.dispatch()) == 4
    recount.check(store)


def test_a_cluster_at_its_usual_pace_is_not_written_down(store: Store) -> None:
    world = World(store)
    target = world.target()

    answer(world, target, 0.05)
    answer(world, target, None)

    assert store.redis.hget(keys.RECORD(Uid(target.partition(".")[2])), "pace") is None


def test_slow_clusters_share_a_quarter_of_the_slots(store: Store) -> None:
    world = World(store)
    slow = ("s1", "s2", "s3")
    for name in slow:
        answer(world, world.target("first", name), 5.0)
    trigger_all(world, 2, *slow, "west")

    sent = runs.dispatch(store, Lane.USER, 20, slots=8)

    assert Counter(name.split("@")[1][0] for name in names(sent)) == {"s": 2, "w": 2}


def test_once_a_cluster_is_silent_each_must_answer_once_more(store: Store) -> None:
    world = World(store)
    made = trigger_all(world, 4, "a", "b", "c")
    trouble(world)

    first = runs.dispatch(store, Lane.USER, 20, slots=8)
    assert Counter(name.split("@")[1] for name in names(first)) in (
        {"a": 1, "b": 1},
        {"a": 1, "c": 1},
        {"b": 1, "c": 1},
    )
    for sent in first:
        runs.fold(store, report(world.claim(sent)))

    more = runs.dispatch(store, Lane.USER, 20, slots=8)
    assert len(more) == 2 * 3 + 1
    assert len(made) == 12
    recount.check(store)


def test_what_runs_as_trouble_begins_is_no_sign_of_too_many_workers(store: Store) -> None:
    world = World(store)
    trigger_all(world, 4, "west")
    first, second, *_ = world.dispatch()
    uid = Uid(first.target.partition(".")[2])
    trouble(world)

    claim = world.claim(first)
    refused = runs.claim(store, second.target, second.ticket, "w2")
    assert not isinstance(refused, Claim)
    assert refused.reason == "ClusterBusy"
    assert store.redis.hget(keys.RECORD(uid), "tight") is None

    runs.fold(store, report(claim))
    assert isinstance(world.claim(world.sent(second.target)), Claim)
    recount.check(store)


def test_who_waited_for_a_place_among_the_doubtful_is_not_forgotten(store: Store) -> None:
    world = World(store)
    trigger_all(world, 1, *PLACES[:30])
    trouble(world)
    first = runs.dispatch(store, Lane.USER, 20, slots=8)
    assert len(first) == 2

    store.redis.delete(keys.TROUBLE())  # a minute without any trouble
    for sent in first:
        runs.fold(store, report(world.claim(sent)))
    got = [runs.dispatch(store, Lane.USER, 200, slots=8) for _ in range(6)]

    assert sum(len(each) for each in got) == 28
    recount.check(store)


def test_what_answered_while_another_was_waited_for_is_trusted(store: Store) -> None:
    world = World(store)
    trigger_all(world, 2, "a", "b", "c")
    age(store)
    see(world, "b", reachable=True)
    trouble(world, lately=True)

    sent = runs.dispatch(store, Lane.USER, 20, slots=4)

    found = Counter(name.split("@")[1] for name in names(sent))
    assert found in ({"b": 2, "a": 1}, {"b": 2, "c": 1})


def test_each_silence_of_a_trusted_cluster_casts_doubt_anew(store: Store) -> None:
    world = World(store)
    trigger_all(world, 2, "a", "b", "c")
    trouble(world)
    first = store.redis.get(keys.TROUBLE())

    see(world, "silent", reachable=False)
    assert store.redis.get(keys.TROUBLE()) == first  # nobody trusted it

    see(world, "a", reachable=True)
    see(world, "a", reachable=False)
    assert float(store.redis.get(keys.TROUBLE())) > float(first)


def test_what_was_sent_before_its_cluster_came_in_doubt_waits_like_others(store: Store) -> None:
    world = World(store)
    trigger_all(world, 1, *PLACES[:20])
    sent = runs.dispatch(store, Lane.USER, 20, slots=SLOTS)
    assert len(sent) == 20
    trouble(world)
    runs.dispatch(store, Lane.USER, 20, slots=SLOTS)  # tells how many slots there are

    claims = [runs.claim(store, each.target, each.ticket, "w") for each in sent]

    taken = [each for each in claims if isinstance(each, Claim)]
    refused = [each.reason for each in claims if not isinstance(each, Claim)]
    assert (len(taken), refused) == (SLOTS // 4, ["ClusterBusy"] * (20 - SLOTS // 4))
    probed = [world.cluster(place, proven=False).uid for place in PLACES[:20]]
    assert sum(due.at(store, f"probe:{uid}") is not None for uid in probed) == len(refused)
    for uid in probed:
        clusters.fold_cluster(store, ClusterReport(cluster=uid, reachable=True))
    assert len(runs.dispatch(store, Lane.USER, 50, slots=SLOTS)) == len(refused)
    recount.check(store)


class Fleet:
    """A hundred clusters, of which a tenth hangs from one moment on: sixteen slots for all."""

    def __init__(self, store: Store) -> None:
        self.world, self.store = World(store), store
        self.luck = random.Random(7)  # noqa: S311
        self.made = [self.world.target(f"app-{n}", on) for on in PLACES for n in range(APPS)]
        self.hung: list[Claim] = []
        self.most = 0  # slots that hung at once, since the first failure was seen

    def round(self) -> None:
        """Every free slot gets a run; the healthy end, those that hang stay."""
        room = SLOTS - len(self.hung)
        for sent in runs.dispatch(self.store, Lane.USER, room, slots=SLOTS):
            claim = runs.claim(self.store, sent.target, sent.ticket, "w")
            if not isinstance(claim, Claim):
                continue
            if sent.name.split("@")[1] in HANGING:
                self.hung.append(claim)
            else:
                runs.fold(self.store, report(claim))
        if self.store.redis.exists(keys.TROUBLE()):
            self.most = max(self.most, len(self.hung))

    def time_out(self) -> None:
        """Those that hang are given up after their time."""
        for claim in self.hung:
            runs.fold(self.store, away(claim, retry_after=None))
        self.hung.clear()

    def left(self) -> int:
        states = targets.many(self.store, self.made)
        healthy = [s for s in states if s and s.name.split("@")[1] not in HANGING]
        return sum(s.phase is not Phase.IDLE for s in healthy)


@pytest.mark.parametrize("known", [True, False], ids=["they answered before", "nobody knows them"])
def test_a_hanging_tenth_never_has_more_than_a_quarter_of_the_slots(
    store: Store, known: bool
) -> None:
    for name in PLACES:
        World(store).cluster(name, proven=known)
    fleet = Fleet(store)
    runs.trigger(store, fleet.made, request())
    if known:  # nothing tells yet that they will hang: once they can take any slot
        age(store)
        while not fleet.hung:  # clusters are served in an order of chance
            fleet.round()
        fleet.time_out()
        assert store.redis.exists(keys.TROUBLE())

    rounds = 0
    while fleet.left() and rounds < 400:
        rounds += 1
        fleet.round()
        if not known:
            assert len(fleet.hung) <= SLOTS // 4
        if rounds % 10 == 0:  # a time-out is as long as ten runs
            fleet.time_out()

    assert fleet.left() == 0
    assert fleet.most <= SLOTS // 4
    assert rounds < 200
    recount.check(store)


def test_a_healthy_cluster_is_found_behind_any_number_of_doubtful_ones(store: Store) -> None:
    world = World(store)
    for place in PLACES:
        world.cluster(place, proven=False)
    trigger_all(world, 1, *PLACES)
    trigger_all(world, 1, "west")

    sent = runs.dispatch(store, Lane.USER, 20, slots=SLOTS)

    assert len(sent) == SLOTS // 4 + 1
    assert sent[-1].name == "app-0@west"
    recount.check(store)


def test_doubtful_clusters_that_wait_for_a_place_are_probed_meanwhile(store: Store) -> None:
    world = World(store)
    places = PLACES[:10]
    uids = [world.cluster(place).uid for place in places]
    trouble(world)
    trigger_all(world, 1, *places)

    sent = runs.dispatch(store, Lane.USER, 20, slots=SLOTS)

    assert len(sent) == SLOTS // 4
    waiting = [uid for uid in uids if due.at(store, f"probe:{uid}") is not None]
    assert len(waiting) == len(places) - len(sent)
    for uid in waiting:
        clusters.fold_cluster(store, ClusterReport(cluster=uid, reachable=True))
    assert len(runs.dispatch(store, Lane.USER, 20, slots=SLOTS)) == len(waiting)
    recount.check(store)


def test_slow_clusters_that_wait_for_a_place_are_not_probed(store: Store) -> None:
    world = World(store)
    places = PLACES[:10]
    for place in places:
        answer(world, world.target("first", place), 5.0)
    trigger_all(world, 1, *places)

    runs.dispatch(store, Lane.USER, 20, slots=SLOTS)

    probed = [due.at(store, f"probe:{world.cluster(place).uid}") for place in places]
    assert probed == [None] * len(places)
