"""Documents in and out over the API."""

import pytest

from syncline.errors import Conflict, InvalidDocument, NotFound
from syncline.model.change import Action
from syncline.model.journal import AuditRecord
from syncline.operations import documents
from syncline.operations.documents import FLEET_REPOSITORY, Applied
from syncline.store import audit, due
from syncline.store import documents as stored
from syncline.store.connection import Store
from syncline.store.records import Kind
from tests.operations.asked import (
    EVERYWHERE,
    application,
    apply,
    cluster,
    names,
    repository,
    run_all,
    settle,
    uid,
)


def test_documents_are_registered_in_the_order_that_they_need_each_other(store: Store) -> None:
    written = [application("web", "one"), cluster("one"), repository()]

    assert apply(store, *written) == [
        Applied(kind=Kind.REPOSITORY, name="shop", action=Action.CREATED),
        Applied(kind=Kind.CLUSTER, name="one", action=Action.CREATED),
        Applied(kind=Kind.APPLICATION, name="web", action=Action.CREATED),
    ]


def test_the_same_again_is_unchanged_and_a_change_is_configured(store: Store) -> None:
    apply(store, repository(), cluster("one"))

    again = apply(store, repository(), cluster("one", {"env": "prod"}))

    assert [each.action for each in again] == [Action.UNCHANGED, Action.CONFIGURED]


def test_who_when_and_why_are_kept_for_each_change(store: Store) -> None:
    apply(store, repository())
    apply(store, repository())

    (record,) = audit.read(store)
    assert record == AuditRecord(
        id=record.id,
        at=record.at,
        actor="ana",
        verb="apply",
        subject="Repository/shop",
        reason="a test",
        detail="created",
    )


def test_a_new_repository_is_looked_up_and_a_new_cluster_probed_at_once(store: Store) -> None:
    apply(store, repository(), cluster("one"))

    members = {each.member for each in due.take(store)}

    assert members >= {
        f"lookup:{uid(store, Kind.REPOSITORY, 'shop')}",
        f"probe:{uid(store, Kind.CLUSTER, 'one')}",
    }


def test_what_the_fleet_repository_declares_cannot_be_changed_over_the_api(store: Store) -> None:
    documents.register(store, cluster("one"), declared_in="fleet: clusters/one.yaml")

    with pytest.raises(Conflict, match=r"Cluster/one: is declared in fleet: clusters/one\.yaml"):
        apply(store, repository(), cluster("one", {"env": "prod"}))
    with pytest.raises(Conflict, match=r"clusters/one\.yaml"):
        documents.delete(store, Kind.CLUSTER, "one", actor="ana")

    assert stored.get(store, Kind.REPOSITORY, "shop") is None


def test_the_fleet_repositorys_own_name_is_reserved(store: Store) -> None:
    with pytest.raises(InvalidDocument, match="choose another"):
        apply(store, repository(FLEET_REPOSITORY))


def test_a_kubeconfig_needs_its_cluster_and_a_spec_that_says_stored(store: Store) -> None:
    elsewhere = cluster("one", kubeconfig="env:SYNCLINE_CRED_ONE")

    with pytest.raises(InvalidDocument, match="two: no such Cluster"):
        documents.apply(store, [cluster("one")], actor="ana", kubeconfigs={"two": b"x"})
    with pytest.raises(InvalidDocument, match="write stored, or send none"):
        documents.apply(store, [elsewhere], actor="ana", kubeconfigs={"one": b"x"})


def test_a_kubeconfig_is_kept_sealed(store: Store) -> None:
    documents.apply(store, [cluster("one")], actor="ana", kubeconfigs={"one": b"secret"})

    sealed = stored.sealed_kubeconfig(store, uid(store, Kind.CLUSTER, "one"))
    assert sealed
    assert "secret" not in sealed


def test_what_is_not_registered_cannot_be_deleted(store: Store) -> None:
    with pytest.raises(NotFound, match="`syncline get applications`"):
        documents.delete(store, Kind.APPLICATION, "web", actor="ana")


def test_a_repository_in_use_is_kept(store: Store) -> None:
    apply(store, repository(), *(application(f"web-{n}", "one") for n in range(5)))

    with pytest.raises(Conflict, match="is used by web-0, web-1, web-2 and 2 more"):
        documents.delete(store, Kind.REPOSITORY, "shop", actor="ana")


def test_an_applications_objects_are_deleted_before_it_is_gone(store: Store) -> None:
    apply(store, repository(), cluster("one"), application("web", EVERYWHERE))
    settle(store)
    run_all(store)

    done = documents.delete(store, Kind.APPLICATION, "web", actor="ana", reason="old")
    settle(store)

    assert done == Applied(kind=Kind.APPLICATION, name="web", action=Action.DELETED)
    record = stored.get(store, Kind.APPLICATION, "web")
    assert record is not None
    assert record.deleting
    assert run_all(store) == ["web@one"]
    assert stored.get(store, Kind.APPLICATION, "web") is None


def test_a_name_under_a_tombstone_waits(store: Store) -> None:
    apply(store, repository(), cluster("one"), application("web", EVERYWHERE))
    settle(store)
    documents.delete(store, Kind.APPLICATION, "web", actor="ana")

    with pytest.raises(Conflict, match="is still being deleted"):
        apply(store, application("web", EVERYWHERE))


def test_a_cluster_leaves_at_once_and_its_objects_stay(store: Store) -> None:
    apply(store, repository(), cluster("one"), cluster("two"), application("web", EVERYWHERE))
    settle(store)

    documents.delete(store, Kind.CLUSTER, "one", actor="ana")
    settle(store)

    assert stored.get(store, Kind.CLUSTER, "one") is None
    assert names(store) == ["web@two"]


def test_an_orphaned_application_is_gone_without_a_run(store: Store) -> None:
    apply(store, repository(), cluster("one"), application("web", EVERYWHERE))
    settle(store)

    documents.delete(store, Kind.APPLICATION, "web", actor="ana", orphan=True)
    settle(store)

    assert names(store) == []
    assert stored.get(store, Kind.APPLICATION, "web") is None
    assert audit.read(store)[0].verb == "orphan"
