"""What `syncline doctor --plan` predicts, against a store that was filled by our own steps.

The same at 50,000 targets is a program: `python -m tests.bench.state`.
"""

from syncline.model import plan
from syncline.model.plan import Fleet as Planned
from syncline.store import migrations
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


def test_fifty_thousand_targets_fit_into_600_mb() -> None:
    planned = Planned(targets=50_000, clusters=1000, applications=50, objects=4, history=10)

    assert plan.state(planned) < 600e6


def test_what_a_fleet_needs_is_told_in_words_and_numbers() -> None:
    needs = {
        n.what: (n.amount, n.unit)
        for n in plan.needs(Planned(targets=60_000, clusters=1000, applications=60))
    }

    assert needs["runs"] == (100.0, "messages/s")
    assert needs["runs at once"] == (25, "slots")
    assert needs["workers"] == (7, "workers")
    assert needs["Redis: maxmemory"][0] > needs["Redis: state"][0] + 256
