"""One run at a time, by ticket, lease and fence."""

from datetime import timedelta

import pytest

from syncline.contract.reports import ClusterReport
from syncline.errors import LeaseLost, OwnedByAnother
from syncline.model.names import TargetId, Uid, split_target_id
from syncline.model.request import TriggerKind
from syncline.model.run import Claim, Refusal
from syncline.model.status import Lane, Phase
from syncline.store import clusters, documents, keys, runs, targets
from syncline.store.connection import Store, now
from tests.store import clock, recount
from tests.store import world as make
from tests.store.world import World, application, inventory, report, request


def refused(store: Store, sent: runs.Dispatch) -> str:
    answer = runs.claim(store, sent.target, sent.ticket, "w2")
    assert isinstance(answer, Refusal), answer
    return answer.reason


def test_a_claim_hands_out_everything_that_a_run_needs(store: Store) -> None:
    world = World(store)
    uid = world.repository()
    store.redis.hset(keys.HEADS("fleet"), "main", "c1")
    documents.put_cluster(store, make.cluster("west"), kubeconfig=b"secret")
    target = world.target()
    world.run(target, revision="c0", render_key="r0", inventory=inventory("a"))

    claim = world.start(target, request(TriggerKind.PUSH))

    assert (claim.head, claim.revision, claim.render_key) == ("c1", "c0", "r0")
    assert claim.application == documents.get(store, documents.Kind.APPLICATION, "shop")
    assert claim.cluster == documents.get(store, documents.Kind.CLUSTER, "west")
    assert claim.repository == documents.repository(store, uid)
    assert claim.inventory == inventory("a")
    assert store.key is not None
    assert claim.kubeconfig == documents.sealed_kubeconfig(store, claim.cluster.uid)
    assert claim.installation == store.redis.get(keys.INSTALLATION())
    assert str(claim.name) == "shop@west"
    assert claim.rules == ""


def test_a_second_claim_of_a_running_target_is_held_off(store: Store) -> None:
    world = World(store)
    target = world.target()
    world.trigger(target)
    [sent] = world.dispatch()
    world.claim(sent)

    assert refused(store, sent) == "Held"
    recount.check(store)


def test_a_message_that_came_twice_runs_once(store: Store) -> None:
    world = World(store)
    target = world.target()
    world.trigger(target)
    [sent] = world.dispatch()
    runs.fold(store, report(world.claim(sent)))

    assert refused(store, sent) == "Stale"
    assert world.state(target).phase is Phase.IDLE


def test_a_made_up_ticket_is_stale(store: Store) -> None:
    world = World(store)
    target = world.target()
    world.trigger(target)
    [sent] = world.dispatch()

    assert refused(store, sent._replace(ticket=f"{target}.1")) == "Stale"


def test_a_target_that_is_gone_cannot_be_claimed(store: Store) -> None:
    sent = runs.Dispatch(TargetId("a.b"), "a.b.1", "shop@west", Lane.USER)

    assert refused(store, sent) == "Gone"


def test_a_fence_only_grows_and_starts_at_the_time(store: Store) -> None:
    world = World(store)
    target = world.target()

    first = world.run(target).lease.fence
    second = world.start(target).lease.fence

    assert second > first > (now(store) - 60) * 1e6


def test_a_fence_grows_past_a_later_time(store: Store) -> None:
    world = World(store)
    target = world.target()
    late = int((now(store) + 3600) * 1e6)
    store.redis.hset(keys.TARGET(target), "fence", str(late))

    assert world.start(target).lease.fence == late + 1


def test_a_heartbeat_keeps_the_lease(store: Store) -> None:
    world = World(store)
    target = world.target()
    world.trigger(target)
    [sent] = world.dispatch()
    claim = world.claim(sent)
    clock.pass_deadline(store, target)

    assert runs.renew(store, claim.lease)

    assert runs.requeue_silent(store) == []
    assert refused(store, sent) == "Held"


def test_a_lease_that_was_taken_back_is_not_renewed(store: Store) -> None:
    world = World(store)
    target = world.target()
    claim = world.start(target)
    clock.pass_deadline(store, target)
    runs.requeue_silent(store)

    assert not runs.renew(store, claim.lease)


def test_a_redelivered_message_takes_over_from_a_silent_worker(store: Store) -> None:
    world = World(store)
    target = world.target()
    world.trigger(target)
    [sent] = world.dispatch()
    lost = world.claim(sent)
    clock.pass_deadline(store, target)

    again = world.claim(sent, worker="w2")

    assert again.lease.fence > lost.lease.fence
    assert again.attempt == 2
    assert not runs.fold(store, report(lost))
    assert runs.fold(store, report(again))
    recount.check(store)


def test_a_cluster_at_its_cap_lets_no_more_run(store: Store) -> None:
    world = World(store)
    world.cluster("west", max_runs=2)
    made = [world.target(f"app-{number}") for number in range(5)]
    runs.trigger(store, made, request())
    sent = world.dispatch()
    claims = [world.claim(each) for each in sent[:2]]

    assert len(sent) == 3
    assert refused(store, sent[2]) == "ClusterBusy"
    assert world.dispatch() == []
    recount.check(store)

    runs.fold(store, report(claims[0]))
    [next_one] = world.dispatch()
    world.claim(next_one)
    recount.check(store)


def test_a_lease_that_ran_out_frees_its_place(store: Store) -> None:
    world = World(store)
    world.cluster("west", max_runs=1)
    first, second = world.target("a"), world.target("b")
    runs.trigger(store, [first, second], request())
    [sent] = world.dispatch()
    world.claim(sent)
    clock.pass_deadline(store, sent.target)
    runs.requeue_silent(store)

    assert len(world.dispatch()) == 1


def test_a_cluster_that_never_answered_gets_one_run(store: Store) -> None:
    world = World(store)
    world.cluster("west", proven=False)
    made = [world.target(f"app-{number}") for number in range(3)]
    runs.trigger(store, made, request())

    [sent] = world.dispatch()
    runs.fold(store, report(world.claim(sent), cluster_reachable=True))

    assert len(world.dispatch()) == 2


def test_a_paused_cluster_refuses_a_message_that_is_under_way(store: Store) -> None:
    world = World(store)
    target = world.target()
    world.trigger(target)
    [sent] = world.dispatch()
    documents.put_cluster(store, make.cluster("west", paused=True))

    assert refused(store, sent) == "Paused"
    assert (world.state(target).phase, world.dispatch()) == (Phase.PARKED, [])
    recount.check(store)

    documents.put_cluster(store, make.cluster("west"))
    assert world.claim(world.sent(target)).request.generation == 1
    recount.check(store)


def test_a_parked_cluster_refuses_a_message_that_is_under_way(store: Store) -> None:
    world = World(store)
    target = world.target()
    world.trigger(target)
    [sent] = world.dispatch()
    for _ in range(3):
        uid = target.partition(".")[2]
        clusters.fold_cluster(store, ClusterReport(cluster=Uid(uid), reachable=False))

    assert refused(store, sent) == "ClusterParked"
    assert world.state(target).phase is Phase.PARKED
    recount.check(store)


def test_recording_claims_the_objects_before_the_first_write(store: Store) -> None:
    world = World(store)
    target = world.target()
    world.run(target, inventory=inventory("a", "b"))
    claim = world.start(target)

    runs.record(store, claim.lease, inventory("b", "c"))

    assert targets.inventory(store, target) == inventory("a", "b", "c")
    recount.check(store)
    runs.fold(store, report(claim, inventory=inventory("b", "c")))
    assert targets.inventory(store, target) == inventory("b", "c")
    recount.check(store)


def test_an_object_has_one_owner_and_the_error_names_both(store: Store) -> None:
    world = World(store)
    world.run(world.target("cart"), inventory=inventory("a"))
    claim = world.start(world.target("shop"))

    with pytest.raises(OwnedByAnother) as caught:
        runs.record(store, claim.lease, inventory("z", "a"))

    assert str(caught.value) == (
        "ConfigMap/shop/a: is wanted by shop@west and owned by cart@west: "
        "leave it to one of the two"
    )
    assert targets.inventory(store, claim.lease.target) == ()
    recount.check(store)


def test_the_same_object_on_another_cluster_is_another_object(store: Store) -> None:
    world = World(store)
    world.run(world.target("shop", "west"), inventory=inventory("a"))
    claim = world.start(world.target("shop", "east"))

    runs.record(store, claim.lease, inventory("a"))

    recount.check(store)


def test_an_object_that_its_owner_gave_up_can_be_taken(store: Store) -> None:
    world = World(store)
    world.run(world.target("cart"), inventory=inventory("a"))
    world.run(world.target("cart"), inventory=())
    claim = world.start(world.target("shop"))

    runs.record(store, claim.lease, inventory("a"))

    recount.check(store)


def test_nothing_is_recorded_with_a_stale_fence(store: Store) -> None:
    world = World(store)
    target = world.target()
    claim = world.start(target)
    clock.pass_deadline(store, target)
    runs.requeue_silent(store)

    with pytest.raises(LeaseLost):
        runs.record(store, claim.lease, inventory("a"))

    assert targets.inventory(store, target) == ()


def test_thousands_of_objects_are_recorded_and_folded(store: Store) -> None:
    world = World(store)
    target = world.target()
    many = inventory(*(f"o-{number:05}" for number in range(4000)))
    claim = world.start(target)

    runs.record(store, claim.lease, many)
    runs.fold(store, report(claim, inventory=many[:10]))

    assert targets.inventory(store, target) == many[:10]
    recount.check(store)


def test_a_claim_takes_the_newest_document(store: Store) -> None:
    world = World(store)
    target = world.target()
    world.trigger(target)
    [sent] = world.dispatch()
    documents.put_application(store, application("shop", revision="v2"))

    claim = world.claim(sent)

    assert (claim.application.generation, claim.application.spec.source.revision) == (2, "v2")
    recount.check(store)


def test_the_length_of_a_lease_is_as_asked(store: Store) -> None:
    world = World(store)
    target = world.target()
    world.trigger(target)
    [sent] = world.dispatch()

    claim = runs.claim(store, target, sent.ticket, "w1", lease=timedelta(seconds=7))

    assert isinstance(claim, Claim)
    left = store.redis.zscore(keys.WATCH(), target) - now(store)
    assert claim.lease.seconds == 7
    assert 6 < left <= 7


def several(world: World, count: int) -> list[TargetId]:
    """Targets of one cluster."""
    return [world.target(f"app-{number}") for number in range(count)]


def test_runs_of_a_cluster_share_what_it_may_be_asked_at_once(store: Store) -> None:
    world = World(store)
    claims = [world.start(target) for target in several(world, 4)]

    assert [claim.burst for claim in claims] == [2 / 8] * 4


def test_what_a_run_asked_the_next_may_not_ask_at_once(store: Store) -> None:
    world = World(store)
    first, second, third = several(world, 3)
    runs.fold(store, report(world.start(first), asked=0.8))
    runs.fold(store, report(world.start(second), asked=60.0))

    left = world.start(third).burst

    assert left == pytest.approx(0, abs=0.03)


def test_what_was_asked_may_be_asked_again_after_a_while(store: Store) -> None:
    world = World(store)
    first, second = several(world, 2)
    runs.fold(store, report(world.start(first), asked=60.0))

    uid = split_target_id(first)[1]
    store.redis.hincrbyfloat(keys.RECORD(uid), "spent", -3)  # three seconds pass

    assert world.start(second).burst == 2 / 8


def test_a_cluster_that_answered_just_now_need_not_be_asked_again(store: Store) -> None:
    world = World(store)
    world.cluster(proven=False)
    first, second = several(world, 2)
    doubted = world.start(first)
    runs.fold(store, report(doubted))

    heard = world.start(second).heard

    assert doubted.heard is None
    assert heard is not None
    assert 0 <= heard < 5
