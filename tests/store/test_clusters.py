"""A cluster is a bulkhead: its breaker, its identity, and what sweeps and checks saw."""

import pytest

from syncline.contract.reports import ClusterReport, SweepReport
from syncline.errors import ClusterIdentityChanged, Conflict
from syncline.model.names import TargetId, Uid
from syncline.model.request import TriggerKind
from syncline.model.state import ClusterStatus
from syncline.model.status import HealthStatus, Lane, Phase, SyncStatus
from syncline.model.variables import Reading
from syncline.store import clusters, documents, due, events, keys, readings, runs, targets
from syncline.store.batches import CHUNK
from syncline.store.connection import Store, now
from tests.store import clock, recount
from tests.store.world import World, away, entry, inventory, names, report, request

READ = Reading(ref=entry("sizes").ref, keys=("size",), mark="m")


def cluster_of(target: TargetId) -> Uid:
    return Uid(target.partition(".")[2])


def unreachable(store: Store, uid: Uid, times: int = 3) -> None:
    for _ in range(times):
        seen = ClusterReport(cluster=uid, reachable=False, error="ClusterUnreachable: refused")
        clusters.fold_cluster(store, seen)


def answers(store: Store, uid: Uid, **seen: str) -> None:
    clusters.fold_cluster(store, ClusterReport(cluster=uid, reachable=True, **seen))


def test_three_failures_in_a_row_open_the_breaker(store: Store) -> None:
    world = World(store)
    made = [world.target(f"app-{number}") for number in range(4)]
    world.run(made[3], sync=SyncStatus.SYNCED)
    for target in made[:3]:
        runs.fold(store, away(world.start(target)))

    found = clusters.status(store, cluster_of(made[0]))
    assert found is not None
    assert (found.reachable, found.failures, found.reason) == (False, 3, "ClusterUnreachable")
    assert found.message == "connection refused"
    state = world.state(made[3])
    assert (state.sync, state.health, state.reason) == (
        SyncStatus.UNKNOWN,
        HealthStatus.UNKNOWN,
        "ClusterUnreachable",
    )
    assert state.message == "Cluster/west: connection refused"
    assert targets.summary(store).sync[SyncStatus.UNKNOWN] == 4
    recount.check(store)


def test_an_answer_in_between_starts_the_count_again(store: Store) -> None:
    world = World(store)
    target = world.target()
    unreachable(store, cluster_of(target), times=2)
    answers(store, cluster_of(target))

    unreachable(store, cluster_of(target), times=2)

    found = clusters.status(store, cluster_of(target))
    assert found is not None
    assert found.reachable
    assert found.failures == 2


def test_targets_of_a_cluster_that_is_away_are_parked_outside_the_broker(store: Store) -> None:
    world = World(store)
    gone, fine = world.target("shop", "west"), world.target("shop", "east")
    unreachable(store, cluster_of(gone))
    world.trigger(gone)
    world.trigger(fine)

    assert names(world.dispatch()) == ["shop@east"]
    assert world.state(gone).phase is Phase.PARKED
    assert targets.summary(store).phases[Phase.PARKED] == 1
    recount.check(store)


def test_targets_that_waited_already_are_parked_as_well(store: Store) -> None:
    world = World(store)
    made = [world.target(f"app-{number}") for number in range(3)]
    runs.trigger(store, made, request())

    unreachable(store, cluster_of(made[0]))

    assert targets.summary(store).phases[Phase.PARKED] == 3
    assert world.dispatch() == []
    recount.check(store)


def test_the_first_answer_closes_the_breaker_and_brings_everything_back(store: Store) -> None:
    world = World(store)
    fine, waiting = world.target("fine"), world.target("waiting")
    world.run(fine, health=HealthStatus.PROGRESSING, revision="c1")
    world.trigger(waiting)
    uid = cluster_of(fine)
    unreachable(store, uid)
    recount.check(store)

    answers(store, uid)

    state = world.state(fine)
    assert (state.sync, state.health) == (SyncStatus.SYNCED, HealthStatus.PROGRESSING)
    assert (state.reason, state.message) == ("Succeeded", "")
    assert names(world.dispatch()) == ["waiting@west"]
    assert due.at(store, f"probe:{uid}") is None
    assert due.at(store, f"sweep:{uid}") == pytest.approx(now(store), abs=1)
    recount.check(store)


def test_a_run_that_succeeds_closes_the_breaker_too(store: Store) -> None:
    world = World(store)
    target = world.target()
    claim = world.start(target)
    unreachable(store, cluster_of(target))

    runs.fold(store, report(claim))

    assert world.state(target).sync is SyncStatus.SYNCED
    found = clusters.status(store, cluster_of(target))
    assert found is not None
    assert found.reachable
    recount.check(store)


def test_a_report_that_did_not_ask_the_cluster_shows_when_it_is_back(store: Store) -> None:
    world = World(store)
    target = world.target()
    claim = world.start(target)
    unreachable(store, cluster_of(target))

    runs.fold(store, report(claim, cluster_reachable=None, health=HealthStatus.SUSPENDED))

    assert world.state(target).sync is SyncStatus.UNKNOWN
    answers(store, cluster_of(target))
    state = world.state(target)
    assert (state.sync, state.health) == (SyncStatus.SYNCED, HealthStatus.SUSPENDED)
    recount.check(store)


def test_a_large_cluster_is_marked_in_chunks_that_always_add_up(store: Store) -> None:
    world = World(store)
    world.cluster("west", max_runs=256)
    made = [world.target(f"app-{number:04}") for number in range(13 * CHUNK)]
    uid = cluster_of(made[0])
    for target in made[:5]:
        world.run(target)

    unreachable(store, uid)
    recount.check(store)
    assert due.at(store, f"mark:{uid}") is not None
    steps = 0
    while not clusters.mark(store, uid):
        steps += 1
        recount.check(store)

    assert steps == 3
    assert due.at(store, f"mark:{uid}") is None
    assert targets.summary(store).sync[SyncStatus.UNKNOWN] == 13 * CHUNK
    page = targets.page(store, cluster=uid, limit=2000)
    assert {state.reason for state in page.items} == {"ClusterUnreachable"}


def test_a_breaker_that_closes_while_it_is_being_marked_leaves_nothing_marked(store: Store) -> None:
    world = World(store)
    made = [world.target(f"app-{number:04}") for number in range(13 * CHUNK)]
    uid = cluster_of(made[0])
    unreachable(store, uid)

    answers(store, uid)
    while not clusters.mark(store, uid):
        recount.check(store)

    page = targets.page(store, cluster=uid, limit=2000)
    assert {state.reason for state in page.items} == {""}
    recount.check(store)


def test_a_target_that_is_made_while_its_cluster_is_away_shows_it(store: Store) -> None:
    world = World(store)
    world.cluster("west")
    found = documents.get(store, documents.Kind.CLUSTER, "west")
    assert found is not None
    unreachable(store, found.uid)

    target = world.target()

    assert world.state(target).reason == "ClusterUnreachable"
    recount.check(store)


def test_a_probe_that_fails_is_repeated(store: Store) -> None:
    world = World(store)
    found = world.cluster("west")

    unreachable(store, found.uid, times=1)

    assert due.at(store, f"probe:{found.uid}") == pytest.approx(now(store) + 10, abs=1.1)


def test_clusters_that_went_away_together_are_not_probed_together(store: Store) -> None:
    world = World(store)
    made = [world.cluster(f"c-{number}").uid for number in range(30)]
    for uid in made:
        unreachable(store, uid, times=1)
    began = now(store)

    waits = [(due.at(store, f"probe:{uid}") or 0) - began for uid in made]

    assert max(waits) - min(waits) > 0.6
    assert all(8.5 < wait < 11.1 for wait in waits)


def test_an_event_tells_when_a_cluster_goes_and_comes(store: Store) -> None:
    world = World(store)
    found = world.cluster("west")
    before = events.last_id(store)

    unreachable(store, found.uid)
    answers(store, found.uid)

    told = events.read(store, before)
    assert [(event.kind, event.name, event.data["reachable"]) for event in told] == [
        ("cluster", "west", "false"),
        ("cluster", "west", "true"),
    ]


def test_a_cluster_is_bound_to_its_identity(store: Store) -> None:
    world = World(store)
    found = world.cluster("west")

    answers(store, found.uid, kube_uid="k1", version="v1.34.0")

    bound = documents.cluster(store, found.uid)
    assert bound is not None
    assert (bound.kube_uid, bound.version) == ("k1", "v1.34.0")


def test_a_cluster_that_became_another_one_is_written_to_no_more(store: Store) -> None:
    world = World(store)
    target = world.target()
    uid = cluster_of(target)
    answers(store, uid, kube_uid="k1")
    world.trigger(target)

    answers(store, uid, kube_uid="k2")

    found = clusters.status(store, uid)
    assert found is not None
    assert found.reason == "ClusterIdentityChanged"
    assert "its kube-system uid is k2 and was k1" in found.message
    assert world.dispatch() == []
    recount.check(store)


def test_a_confirmed_identity_lets_it_go_on(store: Store) -> None:
    world = World(store)
    target = world.target()
    uid = cluster_of(target)
    answers(store, uid, kube_uid="k1")
    world.trigger(target)
    answers(store, uid, kube_uid="k2")

    assert clusters.confirm(store, uid)
    answers(store, uid, kube_uid="k2")

    assert names(world.dispatch()) == ["shop@west"]
    bound = documents.cluster(store, uid)
    assert bound is not None
    assert bound.kube_uid == "k2"
    recount.check(store)


def test_one_cluster_under_two_names_is_refused(store: Store) -> None:
    world = World(store)
    west, east = world.cluster("west"), world.cluster("east")
    answers(store, west.uid, kube_uid="k1")

    answers(store, east.uid, kube_uid="k1")

    found = clusters.status(store, east.uid)
    assert found is not None
    assert found.reason == "Conflict"
    assert "is the same cluster as west" in found.message
    with pytest.raises(Conflict, match="same cluster as west"):
        documents.bind_kube_uid(store, east.uid, "k1")
    with pytest.raises(ClusterIdentityChanged):
        documents.bind_kube_uid(store, west.uid, "k2")


def test_moved_objects_trigger_targets_that_heal_themselves(store: Store) -> None:
    world = World(store)
    heals, waits = world.target("heals"), world.target("waits", selfHeal=False)
    for target in (heals, waits):
        world.run(target)
    moved = {heals: ("v1/ConfigMap/shop/a",), waits: tuple(f"Secret/{n}" for n in range(12))}

    seen = SweepReport(cluster=cluster_of(heals), reachable=True, moved=moved, swept=2)
    triggered = clusters.fold_sweep(store, seen)

    assert triggered == 1
    assert names(world.dispatch(Lane.DRIFT)) == ["heals@west"]
    state = world.state(waits)
    assert (state.sync, state.reason) == (SyncStatus.OUT_OF_SYNC, "Drifted")
    assert state.message == (
        f"the live objects are not as applied: {', '.join(f'Secret/{n}' for n in range(10))} "
        "and 2 more: sync it"
    )
    recount.check(store)


def test_nothing_heals_itself_where_a_person_decides_what_runs(store: Store) -> None:
    world = World(store)
    target = world.target(automated=False)
    world.run(target)

    seen = SweepReport(cluster=cluster_of(target), reachable=True, moved={target: ("Secret/s",)})
    triggered = clusters.fold_sweep(store, seen)

    assert (triggered, world.dispatch_any()) == (0, [])
    assert (world.state(target).sync, world.state(target).reason) == ("OutOfSync", "Drifted")


def test_a_sweep_that_got_no_answer_counts_as_a_failure(store: Store) -> None:
    world = World(store)
    found = world.cluster("west")

    for _ in range(3):
        clusters.fold_sweep(store, SweepReport(cluster=found.uid, reachable=False, error="E: no"))

    status = clusters.status(store, found.uid)
    assert status is not None
    assert not status.reachable


def test_inventories_are_read_of_idle_targets_only(store: Store) -> None:
    world = World(store)
    idle, busy, going = world.target("idle"), world.target("busy"), world.target("going")
    for target in (idle, busy, going):
        world.run(target, inventory=inventory(f"of-{target[:4]}"))
    runs.trigger(store, [going], request(TriggerKind.DELETE))
    world.start(busy)

    found = dict(clusters.inventories(store, cluster_of(idle), chunk=2))

    assert found == {idle: inventory(f"of-{idle[:4]}")}


def test_a_snapshot_shows_what_a_claim_would(store: Store) -> None:
    world = World(store)
    world.repository()
    target = world.target()
    claim = world.run(target, revision="c1", inventory=inventory("a"))

    seen = clusters.snapshot(store, target)

    assert seen is not None
    assert (seen.lease.fence, seen.revision, seen.inventory) == (0, "c1", inventory("a"))
    assert (seen.application, seen.cluster) == (claim.application, claim.cluster)
    assert world.state(target).phase is Phase.IDLE
    assert clusters.snapshot(store, TargetId("a.b")) is None


def test_a_cluster_tells_how_much_it_is_asked(store: Store) -> None:
    world = World(store)
    running, waiting = world.target("running"), world.target("waiting")
    world.start(running)
    world.trigger(waiting)

    found = clusters.status(store, cluster_of(running))

    assert found is not None
    assert found == ClusterStatus(checked_at=found.checked_at, running=1, ready=1)
    assert clusters.running(store, cluster_of(running)) == 1
    assert clusters.status(store, Uid("nobody")) is None
    clock.pass_deadline(store, running)
    assert clusters.running(store, cluster_of(running)) == 0


def test_a_cluster_that_refuses_its_credential_is_told_from_one_that_is_away(store: Store) -> None:
    world = World(store)
    target = world.target()
    error = "CredentialRefused: cluster west: its token expired"

    for _ in range(3):
        report_ = ClusterReport(cluster=cluster_of(target), reachable=False, error=error)
        clusters.fold_cluster(store, report_)

    state, status = world.state(target), clusters.status(store, cluster_of(target))
    assert (state.sync, state.reason) == (SyncStatus.UNKNOWN, "CredentialRefused")
    assert status is not None
    assert (status.reachable, status.reason, status.message) == (False, "CredentialRefused", error)
    recount.check(store)


def test_targets_whose_variables_changed_run_or_wait_for_a_person(store: Store) -> None:
    world = World(store)
    acts = world.target("acts")
    waits = world.target("waits", automated=False)
    for target in (acts, waits):
        world.run(target)
        readings.note(store, cluster_of(target), target, [READ])
    told = "ConfigMap/platform/sizes changed, from which variables are read"

    seen = SweepReport(
        cluster=cluster_of(acts), reachable=True, varied={acts: told, waits: told}, swept=2
    )
    clusters.fold_sweep(store, seen)

    (sent,) = world.dispatch_any()
    claim = world.claim(sent)
    assert (sent.target, claim.request.trigger.reason) == (acts, told)
    assert world.state(waits).reason == "VariablesChanged"
    assert world.state(waits).message == f"{told}: sync it"
    assert readings.of_cluster(store, cluster_of(acts)) == {}
    recount.check(store)


def test_readings_of_targets_that_are_gone_are_forgotten(store: Store) -> None:
    world = World(store)
    target = world.target("acts")
    readings.note(store, cluster_of(target), target, [READ])
    readings.note(store, cluster_of(target), TargetId(f"gone.{cluster_of(target)}"), [READ])

    assert readings.of_cluster(store, cluster_of(target)) == {target: (READ,)}
    assert store.redis.hlen(keys.READINGS(cluster_of(target))) == 1
