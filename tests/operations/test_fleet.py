"""The fleet repository: what a commit declares is made so, all or nothing."""

from typing import Any

import pytest

from syncline.contract.reports import FollowReport
from syncline.errors import Conflict, InvalidDocument
from syncline.model import parse
from syncline.model.change import Action
from syncline.operations import documents, fleet
from syncline.operations.documents import FLEET_REPOSITORY, Applied
from syncline.store import audit, due, rules
from syncline.store import documents as stored
from syncline.store import fleet as followed
from syncline.store.connection import Store
from syncline.store.records import Kind
from tests.operations.asked import (
    EVERYWHERE,
    apply,
    cluster,
    mapping,
    names,
    run_all,
    settle,
    uid,
)

REPOSITORY = ("repos.yaml", mapping("Repository", "shop", {"url": "https://git.example/shop"}))
ONE = ("clusters/one.yaml", mapping("Cluster", "one", {"kubeconfig": "env:SYNCLINE_CRED_ONE"}))
TWO = ("clusters/two.yaml", mapping("Cluster", "two", {"kubeconfig": "env:SYNCLINE_CRED_TWO"}))


def web(**spec: Any) -> tuple[str, dict[str, Any]]:
    full = {
        "source": {"repository": "shop", "path": "web"},
        "destination": {"selector": EVERYWHERE},
        **spec,
    }
    return "apps/web.yaml", mapping("Application", "web", full)


ALL = (REPOSITORY, ONE, TWO, web())


FREEZE = (
    "windows/freeze.yaml",
    mapping(
        "SyncWindow",
        "freeze",
        {"kind": "deny", "starts": "2020-01-01T00:00", "ends": "2099-01-01T00:00", "fleet": True},
    ),
)


@pytest.fixture
def following(store: Store) -> Store:
    fleet.declare(store, "https://git.example/fleet", "main", "fleet")
    return store


def commit(
    store: Store, *files: tuple[str, dict[str, Any]], revision: str = "c1", error: str = ""
) -> None:
    """A worker has read a commit; a scheduler takes notice."""
    report = FollowReport(
        repository=uid(store, Kind.REPOSITORY, FLEET_REPOSITORY),
        revision=revision,
        documents=files,
        error=error,
    )
    followed.fold_follow(store, report)
    settle(store)


def status(store: Store) -> tuple[str, str]:
    found = followed.followed(store)
    assert found is not None
    return found.commit, found.error


def test_following_begins_at_once_and_is_declared_once(store: Store) -> None:
    first = fleet.declare(store, "https://git.example/fleet", "main", "fleet")
    again = fleet.declare(store, "https://git.example/fleet", "main", "fleet")

    assert (first, again) == (True, False)
    repository = uid(store, Kind.REPOSITORY, FLEET_REPOSITORY)
    assert f"follow:{repository}" in {each.member for each in due.take(store)}


def test_a_commit_is_adopted_with_where_each_document_is_declared(following: Store) -> None:
    commit(following, *ALL)

    assert names(following) == ["web@one", "web@two"]
    assert status(following) == ("c1", "")
    record = stored.get(following, Kind.APPLICATION, "web")
    assert record is not None
    assert record.declared_in == "fleet: apps/web.yaml"


def test_what_a_commit_did_is_told_and_kept(following: Store) -> None:
    followed.fold_follow(
        following,
        FollowReport(
            repository=uid(following, Kind.REPOSITORY, FLEET_REPOSITORY),
            revision="0123456789abcdef",
            documents=(ONE, REPOSITORY),
        ),
    )

    assert fleet.adopt(following) == [
        Applied(kind=Kind.REPOSITORY, name="shop", action=Action.CREATED),
        Applied(kind=Kind.CLUSTER, name="one", action=Action.CREATED),
    ]
    (record,) = audit.read(following)
    assert (record.verb, record.subject, record.detail) == (
        "adopt",
        "fleet/0123456789ab",
        "2 created",
    )


def test_one_broken_document_refuses_the_whole_commit(following: Store) -> None:
    commit(following, *ALL)

    broken = ("clusters/three.yaml", mapping("Cluster", "three", {"kubeconfg": "stored"}))
    commit(following, REPOSITORY, ONE, broken, revision="c2")

    revision, error = status(following)
    assert revision == "c2"
    assert "clusters/three.yaml" in error
    assert "kubeconfig" in error
    assert names(following) == ["web@one", "web@two"]
    assert stored.get(following, Kind.CLUSTER, "three") is None


def test_every_mistake_of_a_commit_is_told(following: Store) -> None:
    commit(
        following,
        ONE,
        ("again.yaml", ONE[1]),
        ("x.yaml", mapping("Cluster", "x", {})),
        ("own.yaml", mapping("Repository", FLEET_REPOSITORY, {"url": "https://git.example/x"})),
    )

    _, error = status(following)
    assert "again.yaml: Cluster one is declared in clusters/one.yaml too" in error
    assert "x.yaml" in error
    assert "own.yaml: Repository syncline-fleet is the name of the fleet repository" in error


def test_a_commit_that_could_not_be_read_changes_nothing(following: Store) -> None:
    commit(following, *ALL)

    commit(following, revision="c2", error="RepositoryUnreachable: no route")

    assert names(following) == ["web@one", "web@two"]
    assert status(following)[1] == "RepositoryUnreachable: no route"


def test_a_commit_that_declares_nothing_deletes_nothing(following: Store) -> None:
    commit(following, *ALL)

    commit(following, revision="c2")

    assert names(following) == ["web@one", "web@two"]
    assert status(following) == (
        "c2",
        "InvalidDocument: declares no document at all: nothing is deleted for that",
    )


def test_what_disappeared_is_deleted(following: Store) -> None:
    commit(following, *ALL)
    run_all(following)

    commit(following, REPOSITORY, ONE, TWO, revision="c2")

    record = stored.get(following, Kind.APPLICATION, "web")
    assert record is not None
    assert (record.deleting, record.orphan) == (True, False)
    assert sorted(run_all(following)) == ["web@one", "web@two"]
    assert stored.get(following, Kind.APPLICATION, "web") is None


def test_what_the_api_declares_is_left_alone(following: Store) -> None:
    apply(following, cluster("by-hand"))
    commit(following, *ALL)

    commit(following, REPOSITORY, ONE, revision="c2")

    assert stored.get(following, Kind.CLUSTER, "by-hand") is not None
    assert stored.get(following, Kind.CLUSTER, "two") is None
    assert stored.get(following, Kind.REPOSITORY, FLEET_REPOSITORY) is not None


def test_a_document_of_the_api_that_is_declared_now_belongs_to_the_repository(
    following: Store,
) -> None:
    apply(following, cluster("one"))
    commit(following, *ALL)

    with pytest.raises(Conflict, match=r"clusters/one\.yaml"):
        apply(following, cluster("one"))


def test_a_name_that_is_still_being_deleted_waits_and_the_rest_is_adopted(
    following: Store,
) -> None:
    commit(following, *ALL)
    run_all(following)
    commit(following, REPOSITORY, ONE, revision="c2")

    three = ("clusters/three.yaml", mapping("Cluster", "three", ONE[1]["spec"]))
    commit(following, REPOSITORY, ONE, three, web(), revision="c3")
    assert stored.get(following, Kind.CLUSTER, "three") is not None
    assert status(following)[0] == "c2"

    run_all(following)
    assert fleet.adopt(following)[-1].action is Action.CREATED
    settle(following)
    assert (names(following), status(following)) == (["web@one", "web@three"], ("c3", ""))


def test_a_document_that_moves_to_another_file_runs_nothing(following: Store) -> None:
    commit(following, *ALL)
    run_all(following)

    commit(following, REPOSITORY, ONE, TWO, ("moved.yaml", web()[1]), revision="c2")

    assert run_all(following) == []
    with pytest.raises(Conflict, match=r"moved\.yaml"):
        documents.delete(following, Kind.APPLICATION, "web", actor="ana")


def test_a_repository_that_comes_back_while_it_is_still_used_stays(following: Store) -> None:
    commit(following, *ALL)
    run_all(following)
    commit(following, ONE, TWO, web(), revision="c2")

    commit(following, *ALL, revision="c3")
    run_all(following)

    record = stored.get(following, Kind.REPOSITORY, "shop")
    assert record is not None
    assert not record.deleting
    assert (names(following), status(following)) == (["web@one", "web@two"], ("c3", ""))


def test_a_repository_and_its_applications_may_disappear_together(following: Store) -> None:
    commit(following, *ALL)
    run_all(following)

    commit(following, ONE, TWO, revision="c2")
    run_all(following)

    assert stored.get(following, Kind.REPOSITORY, "shop") is None
    assert names(following) == []


def widgets(when: str = "status.ready", name: str = "widgets") -> tuple[str, dict[str, Any]]:
    cases = [{"when": when, "status": "Healthy"}]
    spec = {"group": "example.com", "kinds": ["Widget"], "cases": cases}
    return f"health/{name}.yaml", mapping("HealthRule", name, spec)


def test_health_rules_are_adopted_changed_and_removed_with_their_files(following: Store) -> None:
    commit(following, *ALL, widgets())
    first = rules.read(following)
    commit(following, *ALL, widgets("status.works"), revision="c2")
    second = rules.read(following)
    commit(following, *ALL, revision="c3")

    assert [rule.spec.cases[0].when for rule in first.rules + second.rules] == [
        "status.ready",
        "status.works",
    ]
    assert first.version != second.version
    assert rules.read(following).rules == ()
    assert status(following) == ("c3", "")
    newest = next(iter(audit.read(following)))
    assert newest.detail == "health rules changed"


def test_the_same_health_rules_keep_their_version(following: Store) -> None:
    commit(following, *ALL, widgets())
    before = rules.version(following)
    commit(following, *ALL, widgets(), revision="c2")

    assert before
    assert rules.version(following) == before
    assert rules.names(following) == ["widgets"]


def test_a_health_rule_that_is_wrong_refuses_the_commit_and_says_where(following: Store) -> None:
    commit(following, *ALL, widgets())
    good = rules.read(following)

    commit(
        following,
        *ALL,
        widgets("status.ready &&"),
        widgets("nope(status)", name="others"),
        revision="c2",
    )

    revision, error = status(following)
    assert revision == "c2"
    assert "HealthRule/widgets, case 1, when: line 1, column 16: Syntax error" in error
    assert "HealthRule/others, case 1, when: line 1, column 5: undeclared reference" in error
    assert rules.read(following) == good


def test_a_health_rule_is_declared_once(following: Store) -> None:
    commit(following, *ALL, widgets(), ("again.yaml", widgets()[1]), widgets(name="others"))

    _, error = status(following)
    assert "again.yaml: HealthRule widgets is declared twice" in error
    assert "HealthRule/others judges example.com/Widget, as HealthRule/widgets does" in error


def test_a_health_rule_is_not_registered_over_the_api(store: Store) -> None:
    document = parse.parse_mapping(widgets()[1], source="test")

    with pytest.raises(InvalidDocument, match="is declared in the fleet repository alone"):
        documents.apply(store, [document], actor="ada")


def test_a_window_that_a_commit_declares_holds_back_what_the_same_commit_brings(
    following: Store,
) -> None:
    commit(following, *ALL, FREEZE)
    settle(following)
    assert run_all(following) == []
    assert len(names(following)) == 2

    commit(following, *ALL, revision="c2")
    settle(following)

    assert sorted(run_all(following)) == ["web@one", "web@two"]


def test_a_cycle_is_refused_with_its_file_and_nothing_is_deleted(following: Store) -> None:
    commit(following, *ALL)

    looped = {**web()[1]["spec"], "dependsOn": [{"application": "web"}]}
    db = ("apps/db.yaml", mapping("Application", "db", looped))
    changed = web(dependsOn=[{"application": "db"}])
    commit(following, REPOSITORY, ONE, changed, db, revision="c2")

    adopted, error = status(following)
    assert adopted == "c2"
    assert "apps/web.yaml: Application web: spec.dependsOn: web -> db -> web is a cycle" in error
    assert stored.get(following, Kind.CLUSTER, "two") is not None
    assert stored.get(following, Kind.APPLICATION, "db") is None


def test_what_leaves_with_the_commit_closes_no_cycle(following: Store) -> None:
    waiting = {**web()[1]["spec"], "dependsOn": [{"application": "web"}]}
    commit(following, *ALL, ("apps/db.yaml", mapping("Application", "db", waiting)))

    commit(following, REPOSITORY, ONE, TWO, web(dependsOn=[{"application": "db"}]), revision="c2")

    assert status(following) == ("c2", "")
