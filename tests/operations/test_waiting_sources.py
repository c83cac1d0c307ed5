"""A parent and a child with several sources: what is newest of each is what is waited for."""

import json
from collections.abc import Iterator

import pytest

from syncline.contract.reports import LookupReport
from syncline.model.application import Application
from syncline.model.beside import Beside
from syncline.model.run import Claim, Inputs, Refusal
from syncline.model.status import Lane
from syncline.store import keys, runs, sources
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
from tests.operations.family import INFRA, ask, finish, head, waits
from tests.store import recount


@pytest.fixture(autouse=True)
def counted(store: Store) -> Iterator[None]:
    yield
    recount.check(store)


def several(one: Application) -> Application:
    """The same with a second source in another repository."""
    written = one.model_dump(mode="json", by_alias=True)
    more = {"repository": "values", "path": "objects", "revision": "live"}
    written["spec"]["sources"] = [written["spec"].pop("source"), more]
    return Application.model_validate(written)


def values(store: Store, commit: str) -> None:
    """A look-up of the other repository found a commit, which changes everything."""
    report = LookupReport(repository=uid(store, Kind.REPOSITORY, "values"), heads={"live": commit})
    sources.fold_lookup(store, report)
    settle(store)


def run(store: Store) -> list[str]:
    """What is ready runs, at the commits that it was claimed with."""
    found = claims(store)
    for claim in found:
        told = (Inputs(paths={claim.application.name: at(claim)}),)
        finish(store, claim, beside=claim.beside, inputs_beside=told)
    settle(store)
    return sorted(str(each.name) for each in found)


def at(claim: Claim) -> str:
    [other] = claim.beside
    return other.commit


@pytest.fixture
def pair(store: Store) -> Store:
    """``web``, which depends on ``infra``, both synced."""
    apply(store, repository(), repository("values", "https://git.example/values"), cluster("east"))
    infra = several(application("infra", EVERYWHERE))
    apply(store, several(application("web", EVERYWHERE, depends_on=INFRA)), infra)
    settle(store)
    head(store, "c1")
    values(store, "v1")
    assert [run(store), run(store), run(store)] == [["infra@east"], ["web@east"], []]
    return store


def test_a_commit_of_the_other_repository_reaches_the_parent_first(pair: Store) -> None:
    values(pair, "v2")

    assert waits(pair, "web@east") == "infra@east has work to do"
    assert [run(pair), run(pair), run(pair)] == [["infra@east"], ["web@east"], []]
    assert state(pair, "web@east").beside == (
        Beside(repository="values", revision="live", commit="v2", observed="v2"),
    )


def test_a_parent_that_was_not_told_of_it_yet_is_waited_for(pair: Store) -> None:
    pair.call("heads", "values", "", "live", "v2")  # its targets are told next

    ask(pair, "web@east")
    settle(pair)

    assert waits(pair, "web@east") == "infra@east is at v1, and live of values is v2"


def test_a_commit_that_does_not_touch_the_parent_lets_the_child_go(pair: Store) -> None:
    pair.call("heads", "values", "", "live", "v2")
    ask(pair, "web@east")
    settle(pair)
    _, digest = digests(pair, "infra@east")

    report = LookupReport(
        repository=uid(pair, Kind.REPOSITORY, "values"),
        heads={"live": "v2"},
        unaffected={"live": (digest,)},
    )
    sources.fold_lookup(pair, report)
    settle(pair)

    assert run(pair) == ["web@east"]


def test_a_commit_after_the_parent_was_found_ready_is_looked_at_anew(pair: Store) -> None:
    ask(pair, "web@east")
    settle(pair)
    pair.call("heads", "values", "", "live", "v2")

    assert refusals(pair) == ["DependencyNotReady"]


def digests(store: Store, name: str) -> tuple[str, str]:
    row = store.redis.hgetall(keys.TARGET(state(store, name).id))
    return row["digest"], json.loads(row["others"])[0][2]


def refusals(store: Store) -> list[str]:
    found = []
    for lane in Lane:
        for sent in runs.dispatch(store, lane, 10):
            answer = runs.claim(store, sent.target, sent.ticket, "worker")
            assert isinstance(answer, Refusal), answer
            found.append(answer.reason)
    return found
