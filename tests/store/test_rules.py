"""Health rules of the fleet repository: kept with their version, which claims carry."""

from __future__ import annotations

from syncline.contract.reports import SweepReport
from syncline.model.change import InventoryEntry
from syncline.model.healthrule import HealthRule
from syncline.model.names import split_target_id
from syncline.model.status import HealthStatus
from syncline.store import checks, clusters, documents, keys, rules, targets
from syncline.store.connection import Store
from syncline.store.documents import Kind
from tests.store.world import World, inventory


def rule(name: str, when: str = "true") -> HealthRule:
    cases = [{"when": when, "status": "Healthy"}]
    return HealthRule.model_validate(
        {
            "apiVersion": "syncline.dev/v1alpha1",
            "kind": "HealthRule",
            "metadata": {"name": name},
            "spec": {"group": "example.com", "kinds": ["Widget"], "cases": cases},
        }
    )


def test_rules_are_kept_in_place_of_all_others(store: Store) -> None:
    assert rules.keep(store, [rule("b"), rule("a")])
    assert not rules.keep(store, [rule("a"), rule("b")])

    kept = rules.read(store)

    assert kept.rules == (rule("a"), rule("b"))
    assert kept.version == rules.version(store) != ""
    assert rules.keep(store, [])
    gone = rules.read(store)
    assert gone.rules == ()
    assert gone.version not in ("", kept.version)


def test_a_claim_carries_the_version_of_the_rules(store: Store) -> None:
    world = World(store)
    rules.keep(store, [rule("a")])

    claim = world.start(world.target())

    assert claim.rules == rules.version(store)


def test_a_sweep_that_new_rules_asked_for_is_noted_and_the_objects_are_judged_again(
    store: Store,
) -> None:
    world = World(store)
    target = world.target()
    entries = tuple(
        entry.model_copy(update={"health": HealthStatus.HEALTHY}) for entry in inventory("a")
    )
    world.run(target, inventory=entries)
    cluster = split_target_id(target)[1]
    rules.keep(store, [rule("a")])
    version = rules.version(store)
    assert rules.judged_by(store, cluster) == (version, "")
    stirred = {target: tuple(entry.ref for entry in entries)}

    clusters.fold_sweep(
        store, SweepReport(cluster=cluster, reachable=True, stirred=stirred, rules=version)
    )

    held: tuple[InventoryEntry, ...] = targets.inventory(store, target)
    assert [entry.health for entry in held] == [None]
    assert checks.at(store, target) is not None
    assert rules.judged_by(store, cluster) == (version, version)


def test_a_sweep_without_new_rules_notes_nothing_and_a_cluster_that_goes_takes_its_note(
    store: Store,
) -> None:
    world = World(store)
    cluster = world.cluster("west").uid
    rules.judged(store, cluster, "v1")

    clusters.fold_sweep(store, SweepReport(cluster=cluster, reachable=True))
    kept = store.redis.hgetall(keys.HEALTH_JUDGED())
    documents.mark_deleting(store, Kind.CLUSTER, cluster)

    assert kept == {cluster: "v1"}
    assert store.redis.hgetall(keys.HEALTH_JUDGED()) == {}
