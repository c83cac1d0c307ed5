"""What `syncline doctor --plan` predicts, against a store that was filled by our own steps.

The same at 50,000 targets is a program: `python -m tests.bench.state`.
"""

from syncline.model import plan
from syncline.model.plan import Fleet as Planned
from syncline.settings import StoreSettings
from syncline.store import ended, keys, migrations
from tests.bench.filling import Fleet
from tests.harness.redis import Redis
from tests.harness.redis_fixtures import open_store


def test_the_plan_is_within_a_fifth_of_what_a_fleet_takes(own_redis: Redis) -> None:
    store = open_store(own_redis)
    migrations.prepare(store)
    fleet = Fleet(store, applications=10, clusters=30, objects=4)
    fleet.declare()
    fleet.round(0)
    fleet.remember(9)
    planned = Planned(
        targets=fleet.size, clusters=30, applications=10, audit=fleet.size, events=3 * fleet.size
    )

    taken = int(store.redis.info("memory")["used_memory"])

    assert 0.8 < plan.state(planned) / taken < 1.2
    store.close()


def test_the_plan_is_within_a_fifth_of_what_an_operation_takes(own_redis: Redis) -> None:
    store = open_store(own_redis)
    migrations.prepare(store)
    fleet = Fleet(store, applications=20, clusters=30, objects=1)
    fleet.declare()
    fleet.round(0)

    uid = fleet.operate(fleet.size)

    found = store.redis.scan_iter(f"{keys.PREFIX}*{uid}*", count=1000)
    taken = sum(store.redis.memory_usage(key, samples=0) for key in found)
    planned = plan.operations(
        Planned(targets=fleet.size, clusters=30, applications=20, operations=0)
    )
    assert 0.8 < planned / 2 / taken < 1.2  # it ended; another one may run
    store.close()


def test_what_makes_room_is_weighed_as_it_is_planned(own_redis: Redis) -> None:
    """Room for two is left by the setting: of three operations the oldest goes."""
    store = open_store(own_redis, operations=2 * 600 + 100)
    migrations.prepare(store)
    fleet = Fleet(store, applications=20, clusters=30, objects=1)
    fleet.declare()
    fleet.round(0)
    made = [fleet.operate(fleet.size) for _ in range(3)]

    forgotten = ended.prune(store)

    assert forgotten == 1
    assert store.redis.zrange(keys.OPERATIONS(), 0, -1) == made[1:]
    store.close()


def test_the_plan_knows_the_settings_own_bounds() -> None:
    planned, settings = Planned(targets=1, clusters=1, applications=1), StoreSettings()

    assert planned.operations == settings.operations
    assert (planned.audit, planned.events) == (settings.audit, settings.events)


def test_fifty_thousand_targets_fit_into_600_mb() -> None:
    planned = Planned(targets=50_000, clusters=1000, applications=50, objects=4, history=10)

    assert plan.state(planned) + plan.operations(planned) < 600e6


def test_what_a_fleet_needs_is_told_in_words_and_numbers() -> None:
    needs = {
        n.what: (n.amount, n.unit)
        for n in plan.needs(Planned(targets=60_000, clusters=1000, applications=60))
    }

    assert needs["runs"] == (100.0, "messages/s")
    assert needs["runs at once"] == (25, "slots")
    assert needs["workers"] == (7, "workers")
    assert needs["Redis: maxmemory"][0] > needs["Redis: state"][0] + 256
    assert needs["Redis: operations"] == (88.4, "MB")
