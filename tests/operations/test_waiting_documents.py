"""What targets depend on as documents come, change and go."""

from collections.abc import Iterator

import pytest

from syncline.model.status import HealthStatus
from syncline.operations import documents, expand, waiting
from syncline.store import due, keys, runs
from syncline.store.connection import Store
from syncline.store.records import Kind
from tests.operations.asked import (
    EVERYWHERE,
    application,
    apply,
    claims,
    cluster,
    repository,
    settle,
    state,
    uid,
)
from tests.operations.family import (
    INFRA,
    ask,
    finish,
    fleet,
    head,
    look,
    round_of,
    rounds,
    synced,
    waiting_for,
    waits,
)
from tests.store import clock, recount


@pytest.fixture(autouse=True)
def counted(store: Store) -> Iterator[None]:
    yield
    recount.check(store)


def test_one_that_is_not_registered_is_waited_for(store: Store) -> None:
    apply(store, repository(), cluster("east"))
    apply(store, application("web", "east", depends_on=INFRA))
    settle(store)
    head(store, "c1")
    assert waits(store, "web@east") == "Application/infra is not registered"

    apply(store, application("infra", "east"))
    settle(store)

    assert waits(store, "web@east") == "infra@east has work to do"
    assert rounds(store) == [["infra@east"], ["web@east"]]


def test_one_without_targets_is_waited_for(store: Store) -> None:
    fleet(store, [{"application": "base"}])
    apply(store, application("base", {"matchLabels": {"at": "nowhere"}}))
    settle(store)
    assert waits(store, "web@east") == "Application/base has no target"

    apply(store, application("base", "west"))
    settle(store)
    round_of(store)
    clock.make_due(store, "depends:base")
    settle(store)

    assert round_of(store) == ["web@east", "web@west"]


def test_a_parent_elsewhere_is_waited_for_as_a_whole(store: Store) -> None:
    apply(store, repository(), cluster("prod"))
    apply(store, cluster("s-1", {"env": "s"}), cluster("s-2", {"env": "s"}))
    apply(store, application("staging", {"matchLabels": {"env": "s"}}))
    apply(store, application("live", "prod", depends_on=[{"application": "staging"}]))
    settle(store)
    head(store, "c1")

    first, second = claims(store)
    finish(store, first)
    clock.make_due(store, "depends:staging")
    settle(store)
    assert waits(store, "live@prod") == f"{second.name} has work to do"
    finish(store, second)
    assert due.at(store, "depends:staging") is not None
    clock.make_due(store, "depends:staging")
    settle(store)

    assert round_of(store) == ["live@prod"]


def test_a_named_cluster_is_waited_for_alone(store: Store) -> None:
    fleet(store, [{"application": "infra", "cluster": "west"}])
    (west,) = (each for each in claims(store) if str(each.name) == "infra@west")

    finish(store, west)
    settle(store)

    assert sorted(str(each.name) for each in claims(store)) == ["web@east", "web@west"]


def test_a_named_cluster_without_the_parent_is_waited_for(store: Store) -> None:
    fleet(store, [{"application": "infra", "cluster": "north"}])
    assert waits(store, "web@east") == "Application/infra has no target on north"

    apply(store, cluster("north"))
    settle(store)
    clock.make_due(store, "depends:infra")
    settle(store)

    assert waits(store, "web@east") == "infra@north has work to do"
    assert rounds(store) == [
        ["infra@east", "infra@north", "infra@west"],
        ["web@east", "web@north", "web@west"],
    ]


def test_a_chain_is_gone_through_in_order(store: Store) -> None:
    apply(store, repository(), cluster("east"))
    apply(
        store,
        application("c", "east", depends_on=[{"application": "b"}, {"application": "a"}]),
        application("b", "east", depends_on=[{"application": "default/a"}]),
        application("a", "east"),
    )
    settle(store)
    head(store, "c1")

    assert waits(store, "c@east") == "b@east waits for what it depends on itself"
    assert rounds(store) == [["a@east"], ["b@east"], ["c@east"]]


def test_a_new_cluster_has_its_parents_first(store: Store) -> None:
    """The child is met first; that its parent is elsewhere too must not let it go."""
    apply(store, repository(), cluster("east"))
    apply(store, application("z", EVERYWHERE), application("a", EVERYWHERE))
    settle(store)
    head(store, "c1")
    rounds(store)
    apply(store, application("a", EVERYWHERE, depends_on=[{"application": "z"}]))
    settle(store)
    assert claims(store) == []

    apply(store, cluster("west"))
    assert not expand.cluster(store, uid(store, Kind.CLUSTER, "west"), limit=1)
    assert waiting.advance(store, "?")
    assert waits(store, "a@west") == "Cluster/west has just changed"
    settle(store)

    assert rounds(store) == [["z@west"], ["a@west"]]


def test_documents_that_change_together_reach_the_parent_first(store: Store) -> None:
    synced(store)

    apply(
        store,
        application("web", EVERYWHERE, depends_on=INFRA, parameters={"a": "2"}),
        application("infra", EVERYWHERE, parameters={"a": "2"}),
    )
    settle(store)

    assert rounds(store) == [["infra@east", "infra@west"], ["web@east", "web@west"]]


def test_a_parent_whose_new_document_nobody_followed_up_yet_is_waited_for(store: Store) -> None:
    synced(store)
    apply(store, application("infra", EVERYWHERE, parameters={"a": "2"}))

    ask(store, "web@east")
    assert waiting.advance(store, "?")

    assert waits(store, "web@east") == "Application/infra has just changed"
    settle(store)
    assert rounds(store) == [["infra@east", "infra@west"], ["web@east"]]


@pytest.mark.parametrize(
    ("ready_when", "runs_at_once"),
    [
        ('sync == "Synced"', True),
        ("current", True),
        ('health == "Degraded" && labels.tier == "base"', True),
        ('labels["other"] == "base"', False),
        ("current && health in ['Healthy', 'Suspended']", False),
        ("head != '' && head in [revision, observed]", True),
        ('reason == "Succeeded"', True),
        ("int(revision) > 3", False),
    ],
)
def test_an_expression_says_when_it_is_ready(
    store: Store, ready_when: str, runs_at_once: bool
) -> None:
    fleet(store, [{"application": "infra", "readyWhen": ready_when}])
    for claim in claims(store):
        if claim.application.name == "infra":
            finish(store, claim, health=HealthStatus.DEGRADED)
    settle(store)

    if not runs_at_once:
        assert waits(store, "web@east").startswith("infra@east ")
        assert "readyWhen" in state(store, "web@east").message
    assert (round_of(store) == ["web@east", "web@west"]) is runs_at_once


def test_a_dependency_that_is_taken_back_lets_go(store: Store) -> None:
    fleet(store)
    claims(store)
    assert waits(store, "web@east")

    apply(store, application("web", EVERYWHERE))
    settle(store)

    assert [str(each.name) for each in claims(store)] == ["web@east", "web@west"]
    assert waiting_for(store) == {}
    assert store.redis.hget(keys.TARGET(state(store, "infra@east").id), "parent") is None


def test_another_dependency_is_looked_at_instead(store: Store) -> None:
    fleet(store)
    claims(store)

    apply(store, application("web", EVERYWHERE, depends_on=[{"application": "other"}]))
    settle(store)

    assert waits(store, "web@east") == "Application/other is not registered"


def test_a_dependency_alone_runs_nothing_and_shows_nothing(store: Store) -> None:
    apply(store, repository(), cluster("east"))
    apply(store, application("web", "east"), application("infra", "east"))
    settle(store)
    head(store, "c1")
    rounds(store)

    apply(store, application("web", "east", depends_on=INFRA))
    settle(store)

    assert (rounds(store), state(store, "web@east").reason) == ([], "Succeeded")
    head(store, "c2")
    assert rounds(store) == [["infra@east"], ["web@east"]]


def test_what_is_in_line_as_it_comes_to_depend_leaves_the_queue(store: Store) -> None:
    synced(store, [])
    look(store, "infra@east", HealthStatus.DEGRADED)
    ask(store, "web@east")

    apply(store, application("web", EVERYWHERE, depends_on=INFRA))
    settle(store)

    assert claims(store) == []
    assert waits(store, "web@east")


def test_a_parent_that_leaves_its_cluster_is_waited_for_elsewhere(store: Store) -> None:
    fleet(store)
    claims(store)
    assert waiting_for(store) == {"infra@east": {"web@east"}, "infra@west": {"web@west"}}

    apply(store, application("infra", "west"))
    settle(store)
    runs.drop(store, state(store, "infra@east").id)
    settle(store)

    assert waits(store, "web@east") == "infra@west has work to do"
    assert waiting_for(store) == {"infra": {"web@east"}, "infra@west": {"web@west"}}


def test_a_parent_that_is_deleted_is_waited_for_until_it_is_back(store: Store) -> None:
    synced(store)
    documents.delete(store, Kind.APPLICATION, "infra", actor="ana")
    settle(store)
    ask(store, "web@east")
    settle(store)
    assert waits(store, "web@east") == "Application/infra is being deleted"

    rounds(store)
    clock.make_due(store, "depends:infra")
    settle(store)
    assert waits(store, "web@east") == "Application/infra is not registered"
    apply(store, application("infra", EVERYWHERE))
    settle(store)

    assert rounds(store) == [["infra@east", "infra@west"], ["web@east"]]
