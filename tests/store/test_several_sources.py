"""Several sources: each is followed by itself; what touches none of its inputs costs nothing."""

import json
from collections.abc import Sequence
from typing import Any

import pytest

from syncline.contract.reports import LookupReport
from syncline.errors import Conflict
from syncline.model.application import Application
from syncline.model.beside import Beside
from syncline.model.names import TargetId, Uid
from syncline.model.pin import Pin
from syncline.model.records import ApplicationRecord
from syncline.model.request import TriggerKind
from syncline.model.run import Claim, Inputs
from syncline.model.status import Outcome, SyncStatus
from syncline.operations import documents as verbs
from syncline.store import documents, due, keys, runs, sources, targets
from syncline.store.connection import Store
from syncline.store.records import Kind
from tests.store import recount
from tests.store.test_rollback import begin
from tests.store.world import World, application, failed, names, report, request

CHART = {"repository": "fleet", "path": "chart", "revision": "main"}
LENT = {"helm": {"valueFiles": ["$values/prod.yaml"]}}
VALUES = {"repository": "values", "name": "values", "revision": "live"}


def several(*written: dict[str, Any], **policy: Any) -> Application:
    """An application of a chart in `fleet` with a value file in `values`, unless told otherwise."""
    made = application("shop", **policy).model_dump(by_alias=True, mode="json")
    del made["spec"]["source"]
    made["spec"]["sources"] = list(written) or [CHART | LENT, VALUES]
    return Application.model_validate(made)


def put(world: World, document: Application) -> ApplicationRecord:
    record = documents.put_application(world.store, document).record
    assert isinstance(record, ApplicationRecord)
    return record


def read(chart: str, values: str) -> dict[str, Any]:
    """What a render of both read, as its report tells."""
    return {
        "inputs": Inputs(paths={"chart": chart}),
        "inputs_beside": (Inputs(paths={"prod.yaml": values}),),
    }


def at(commit: str) -> tuple[Beside, ...]:
    return (Beside(repository="values", revision="live", commit=commit),)


def beside(world: World, target: TargetId) -> list[tuple[str, str]]:
    return [(each.commit, each.observed) for each in world.state(target).beside]


def digests(store: Store, target: TargetId) -> tuple[str, str]:
    """Of the inputs that it is filed under, by source."""
    state = store.redis.hgetall(keys.TARGET(target))
    [[_, _, other, *_]] = json.loads(state["others"])
    return state["digest"], other


def look(
    world: World, name: str, commit: str, *, touched: Sequence[str] = (), same: Sequence[str] = ()
) -> int:
    """Fold a look-up of one of the two repositories; tells how many targets it triggered."""
    uid = documents.uid_of(world.store, Kind.REPOSITORY, name)
    assert uid
    followed = {"fleet": "main", "values": "live"}[name]
    told = LookupReport(
        repository=uid,
        heads={followed: commit},
        affected={followed: tuple(touched)},
        unaffected={followed: tuple(same)},
    )
    return sources.fold_lookup(world.store, told)


@pytest.fixture
def world(store: Store) -> World:
    made = World(store)
    made.repository("fleet")
    made.repository("values")
    return made


@pytest.fixture
def synced(world: World) -> TargetId:
    """A target that was brought to c1 of the chart, and to v1 of the values."""
    put(world, several())
    target = world.target()
    look(world, "fleet", "c1")
    look(world, "values", "v1")
    world.run(target, revision="c1", observed="c1", beside=at("v1"), **read("t1", "b1"))
    return target


def test_what_each_source_follows_is_looked_up(world: World) -> None:
    put(world, several())

    fleet = documents.uid_of(world.store, Kind.REPOSITORY, "fleet")
    values = documents.uid_of(world.store, Kind.REPOSITORY, "values")
    assert fleet
    assert values
    assert sources.heads(world.store, fleet) == {"main": ""}
    assert sources.heads(world.store, values) == {"live": ""}
    assert due.at(world.store, f"lookup:{values}") is not None


def test_a_claim_has_every_repository_and_every_head(world: World, synced: TargetId) -> None:
    claim = world.start(synced)

    assert (claim.head, claim.beside) == ("c1", at("v1"))
    assert claim.repository is not None
    assert claim.repository.name == "fleet"
    assert {name: each.name for name, each in claim.repositories.items()} == {"values": "values"}


def test_a_target_is_behind_the_inputs_of_each_source(world: World, synced: TargetId) -> None:
    chart, values = digests(world.store, synced)
    uid = documents.uid_of(world.store, Kind.REPOSITORY, "values")

    assert chart != values
    assert sources.inputs(world.store, uid or Uid(""), "live") == {
        values: Inputs(paths={"prod.yaml": "b1"})
    }
    recount.check(world.store)


@pytest.mark.parametrize("name", ["fleet", "values"])
def test_a_commit_that_touches_an_input_of_either_runs_it(
    world: World, synced: TargetId, name: str
) -> None:
    digest = digests(world.store, synced)[name == "values"]

    assert look(world, name, "n2", touched=[digest]) == 1

    claim = world.claim(world.sent(synced))
    head = {"fleet": ("n2", "v1"), "values": ("c1", "n2")}[name]
    assert (claim.head, claim.beside[0].commit) == head
    why = {"fleet": "main moved to n2", "values": "values: live moved to n2"}[name]
    assert claim.request.trigger.reason == why
    recount.check(world.store)


@pytest.mark.parametrize("name", ["fleet", "values"])
def test_a_commit_that_touches_nothing_of_it_costs_nothing(
    world: World, synced: TargetId, name: str
) -> None:
    digest = digests(world.store, synced)[name == "values"]

    assert look(world, name, "n2", same=[digest]) == 0

    observed = {"fleet": ("n2", [("v1", "v1")]), "values": ("c1", [("v1", "n2")])}[name]
    assert (world.state(synced).observed, beside(world, synced)) == observed
    assert world.dispatch_any() == []
    recount.check(world.store)


def test_what_another_target_reads_of_the_other_repository_does_not_touch_it(
    world: World, synced: TargetId
) -> None:
    assert (
        look(world, "values", "v2", touched=["of another"], same=[digests(world.store, synced)[1]])
        == 0
    )


def test_a_head_that_moves_while_it_runs_runs_it_again(world: World, synced: TargetId) -> None:
    claim = world.start(synced)
    look(world, "values", "v2")

    runs.fold(world.store, report(claim, beside=at("v1"), **read("t1", "b1")))

    assert world.claim(world.sent(synced)).beside == at("v2")


def test_a_head_that_it_ran_at_already_does_not(world: World, synced: TargetId) -> None:
    look(world, "values", "v2", touched=[digests(world.store, synced)[1]])
    claim = world.claim(world.sent(synced))
    assert look(world, "values", "v2", touched=[digests(world.store, synced)[1]]) == 0

    runs.fold(world.store, report(claim, beside=at("v2"), **read("t1", "b2")))

    assert world.dispatch_any() == []
    assert beside(world, synced) == [("v2", "v2")]
    recount.check(world.store)


def test_a_run_that_fails_leaves_what_was_applied(world: World, synced: TargetId) -> None:
    look(world, "values", "v2", touched=[digests(world.store, synced)[1]])
    claim = world.claim(world.sent(synced))
    told = failed(claim, beside=at("v2"), outcome=Outcome.STALLED, retry_after=None)

    runs.fold(world.store, told)

    assert beside(world, synced) == [("v1", "v1")]
    assert targets.history(world.store, synced)[0].beside == at("v2")


def test_inputs_that_a_failed_run_does_not_know_are_any_commits(
    world: World, synced: TargetId
) -> None:
    claim = world.start(synced)
    told = {"outcome": Outcome.STALLED, "retry_after": None, "inputs": Inputs()}
    runs.fold(world.store, failed(claim, beside=at("v1"), inputs_beside=(Inputs(),), **told))

    uid = documents.uid_of(world.store, Kind.REPOSITORY, "values") or Uid("")
    [(digest, learned)] = sources.inputs(world.store, uid, "live").items()
    assert learned.paths == {}
    assert look(world, "values", "v2", touched=[digest]) == 1


def test_a_person_is_waited_for_until_neither_is_newer(world: World) -> None:
    put(world, several(automated=False))
    target = world.target()
    look(world, "fleet", "c1")
    look(world, "values", "v1")
    world.run(target, revision="c1", observed="c1", beside=at("v1"), **read("t1", "b1"))
    chart, values = digests(world.store, target)

    look(world, "fleet", "c2", touched=[chart])
    assert world.state(target).reason == "NewRevision"
    look(world, "values", "v2", same=[values])
    assert world.state(target).reason == "NewRevision"
    look(world, "fleet", "c1", touched=[chart])
    assert (world.state(target).reason, world.state(target).sync) == (
        "Succeeded",
        SyncStatus.SYNCED,
    )


def test_sources_that_change_places_keep_the_target_filed(world: World, synced: TargetId) -> None:
    plain = VALUES | {"path": "objects"}
    application = put(world, several(plain, CHART | LENT))
    cluster = documents.cluster(world.store, Uid(synced.partition(".")[2]))
    assert cluster is not None
    assert targets.standing(world.store, [(application, cluster)]) == [False]

    targets.ensure(world.store, application, cluster)

    assert targets.standing(world.store, [(application, cluster)]) == [True]
    recount.check(world.store)


def test_what_is_followed_no_longer_is_forgotten(world: World, synced: TargetId) -> None:
    put(world, application("shop"))
    world.run(synced)

    values = documents.get(world.store, Kind.REPOSITORY, "values")
    assert values is not None
    assert sources.heads(world.store, values.uid) == {}
    assert world.state(synced).beside == ()
    assert verbs.delete(world.store, Kind.REPOSITORY, "values", actor="ana").name == "values"
    recount.check(world.store)


def test_a_repository_that_any_source_is_in_is_in_use(world: World) -> None:
    put(world, several())

    with pytest.raises(Conflict, match="is used by shop"):
        verbs.delete(world.store, Kind.REPOSITORY, "values", actor="ana")
    listed = documents.page(
        world.store, Kind.APPLICATION, filters=documents.Filters(repository="values")
    )
    assert [each.name for each in listed.items] == ["shop"]


def test_a_repository_that_is_not_registered_is_none(world: World, synced: TargetId) -> None:
    values = documents.get(world.store, Kind.REPOSITORY, "values")
    assert values is not None
    world.store.redis.delete(keys.RECORD(values.uid))

    assert world.start(synced).repositories == {}


def test_a_target_that_is_removed_is_behind_nothing(world: World, synced: TargetId) -> None:
    runs.drop(world.store, synced)

    assert world.store.redis.keys("syncline:behind:*") == []
    assert world.store.redis.keys("syncline:inputs:*") == []


def test_an_application_that_is_removed_follows_and_uses_nothing(
    world: World, synced: TargetId
) -> None:
    application = documents.get(world.store, Kind.APPLICATION, "shop")
    assert application is not None
    documents.mark_deleting(world.store, Kind.APPLICATION, application.uid)

    runs.drop(world.store, synced)

    assert documents.get(world.store, Kind.APPLICATION, "shop") is None
    for pattern in ("followers", "records:repository", "behind"):
        assert world.store.redis.keys(f"syncline:{pattern}:*") == []


def pin(**values: Any) -> Pin:
    told = {"revision": "c1", "beside": at("v1"), "generation": 1, "repository": "fleet"}
    by = {"operation": "o1", "actor": "ana", "reason": "it is slow", "at": 1.0}
    return Pin.model_validate({**told, **by, **values})


@pytest.fixture
def moved(world: World, synced: TargetId) -> TargetId:
    """Brought to c2 and v2 since."""
    look(world, "fleet", "c2", touched=[digests(world.store, synced)[0]])
    look(world, "values", "v2", touched=[digests(world.store, synced)[1]])
    claim = world.claim(world.sent(synced))
    runs.fold(world.store, report(claim, beside=at("v2"), **read("t2", "b2")))
    return synced


def roll_back(world: World, target: TargetId, **spec: Any) -> Claim:
    begin(world.store, target, given=pin(), **spec)
    claim = world.claim(world.sent(target))
    runs.fold(world.store, report(claim, beside=claim.beside, **read("t1", "b1")))
    return claim


def test_a_rollback_takes_every_source_back(world: World, moved: TargetId) -> None:
    claim = roll_back(world, moved)

    assert (claim.head, claim.beside) == ("c1", at("v1"))
    assert claim.repositories.keys() == {"values"}
    assert (world.state(moved).revision, beside(world, moved)) == ("c1", [("v1", "v1")])
    recount.check(world.store)


@pytest.mark.parametrize("name", ["fleet", "values"])
def test_it_stays_there_whatever_moves(world: World, moved: TargetId, name: str) -> None:
    roll_back(world, moved)

    assert look(world, name, "n3", touched=[digests(world.store, moved)[name == "values"]]) == 0
    assert world.dispatch_any() == []


@pytest.mark.parametrize("name", ["fleet", "values"])
def test_a_newer_commit_of_either_ends_it_where_that_was_asked(
    world: World, moved: TargetId, name: str
) -> None:
    roll_back(world, moved, until_newer_commit=True)
    digest = digests(world.store, moved)[name == "values"]
    assert world.state(moved).pinned_head == "c2"

    assert look(world, name, {"fleet": "c2", "values": "v2"}[name], touched=[digest]) == 0
    assert world.state(moved).pinned
    assert look(world, name, "n3", touched=[digest]) == 1
    assert world.state(moved).pinned is None


def test_it_goes_back_to_sources_that_it_no_longer_has(world: World, moved: TargetId) -> None:
    put(world, application("shop"))

    claim = roll_back(world, moved)

    assert claim.beside == at("v1")
    assert [each.repository for each in claim.application.spec.sources] == ["fleet", "values"]
    assert claim.repositories.keys() == {"values"}


def test_a_revision_of_a_persons_is_the_first_sources(world: World, synced: TargetId) -> None:
    claim = world.start(synced, request(revision="feature"))

    assert (claim.request.revision, claim.beside) == ("feature", at("v1"))


def test_set_aside_it_runs_again_once_another_source_has_other_inputs(
    world: World, synced: TargetId
) -> None:
    world.trigger(synced)
    for _ in range(world.store.limits.attempts):
        sent = world.sent(synced)
        world.claim(sent)
        runs.fold_failure(world.store, sent.ticket, "WorkerLostError: gone")
        runs.trigger(world.store, [synced], request(TriggerKind.RETRY))
    assert world.state(synced).aside_at

    assert look(world, "values", "v2", touched=[digests(world.store, synced)[1]]) == 1
    assert names(world.dispatch_any()) == ["shop@west"]
