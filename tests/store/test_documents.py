"""Registered documents: written in one step, found by uid and by name, listed by index."""

from base64 import b64decode
from itertools import chain

import pytest

from syncline.errors import Conflict, CredentialRefused
from syncline.model.change import Action
from syncline.model.names import Uid
from syncline.model.records import ApplicationRecord, ClusterRecord, RepositoryRecord
from syncline.model.selector import parse_selector
from syncline.store import connection, documents, due, events, keys
from syncline.store.connection import Store, now
from syncline.store.documents import Filters, Kind
from tests.store import recount
from tests.store.world import World, application, cluster, repository


def test_a_new_document_is_created_and_found_by_name_and_uid(store: Store) -> None:
    record, action, previous = documents.put_repository(store, repository("fleet"))

    assert (action, previous) == (Action.CREATED, None)
    assert isinstance(record, RepositoryRecord)
    assert (record.name, record.generation, record.declared_in) == ("fleet", 1, "")
    assert record.created_at == pytest.approx(now(store), abs=5)
    assert record.spec == repository("fleet").spec
    assert documents.get(store, Kind.REPOSITORY, "fleet") == record
    assert documents.by_uid(store, Kind.REPOSITORY, record.uid) == record
    assert documents.kind_of(store, record.uid) is Kind.REPOSITORY


def test_the_same_document_again_is_unchanged(store: Store) -> None:
    first = documents.put_application(store, application("shop")).record

    record, action, previous = documents.put_application(store, application("shop"))

    assert (record, action, previous) == (first, Action.UNCHANGED, first)


def test_a_change_of_the_spec_raises_the_generation(store: Store) -> None:
    first = documents.put_application(store, application("shop")).record

    record, action, previous = documents.put_application(store, application("shop", revision="v2"))

    assert (action, previous) == (Action.CONFIGURED, first)
    assert (record.uid, record.generation, record.created_at) == (first.uid, 2, first.created_at)
    assert isinstance(record, ApplicationRecord)
    assert record.spec.source.revision == "v2"


def test_a_change_of_labels_raises_the_generation(store: Store) -> None:
    documents.put_cluster(store, cluster("west"))

    record, action, _ = documents.put_cluster(store, cluster("west", labels={"tier": "prod"}))

    assert (action, record.generation, record.labels) == (
        Action.CONFIGURED,
        2,
        {"tier": "prod"},
    )


def test_a_change_of_annotations_runs_nothing_again(store: Store) -> None:
    document = application("shop")
    documents.put_application(store, document)
    noted = document.model_copy(
        update={"metadata": document.metadata.model_copy(update={"annotations": {"a": "b"}})}
    )

    record, action, _ = documents.put_application(store, noted)

    assert (action, record.generation, record.annotations) == (
        Action.CONFIGURED,
        1,
        {"a": "b"},
    )


def test_names_are_unique_within_a_project(store: Store) -> None:
    one = documents.put_application(store, application("shop", project="red")).record
    other = documents.put_application(store, application("shop", project="blue")).record

    assert one.uid != other.uid
    assert documents.get(store, Kind.APPLICATION, "shop", "red") == one
    assert documents.get(store, Kind.APPLICATION, "shop") is None


def test_what_the_fleet_repository_declares_is_changed_there_only(store: Store) -> None:
    documents.put_application(store, application("shop"), declared_in="fleet: apps/shop.yaml")

    with pytest.raises(Conflict) as caught:
        documents.put_application(store, application("shop", revision="v2"))

    assert str(caught.value) == (
        "Application/shop: is declared in the fleet: apps/shop.yaml: change it there"
    )


def test_the_fleet_repository_may_take_over_and_move_a_document(store: Store) -> None:
    documents.put_application(store, application("shop"))

    taken = documents.put_application(store, application("shop"), declared_in="fleet: a.yaml")
    moved = documents.put_application(store, application("shop"), declared_in="fleet: b.yaml")

    assert (taken.action, moved.action) == (Action.CONFIGURED, Action.CONFIGURED)
    assert (moved.record.declared_in, moved.record.generation) == ("fleet: b.yaml", 1)


def test_a_repository_may_be_registered_later_than_its_applications(store: Store) -> None:
    early = documents.put_application(store, application("shop")).record
    assert isinstance(early, ApplicationRecord)

    uid = documents.put_repository(store, repository("fleet")).record.uid

    late = documents.application(store, early.uid)
    assert late is not None
    assert (early.repository, late.repository) == (None, uid)
    assert [app.uid for app in documents.applications_of_repository(store, uid)] == [early.uid]


def test_a_new_repository_is_looked_up_and_a_new_cluster_probed_at_once(store: Store) -> None:
    source = documents.put_repository(store, repository("fleet")).record
    where = documents.put_cluster(store, cluster("west")).record

    assert due.at(store, f"lookup:{source.uid}") == pytest.approx(now(store), abs=5)
    assert due.at(store, f"probe:{where.uid}") == pytest.approx(now(store), abs=5)


def test_a_kubeconfig_is_kept_sealed_and_only_a_new_one_counts(store: Store) -> None:
    plain = b"apiVersion: v1\nkind: Config\n"
    first = documents.put_cluster(store, cluster("west"), kubeconfig=plain)
    again = documents.put_cluster(store, cluster("west"), kubeconfig=plain)
    kept = documents.put_cluster(store, cluster("west"))
    other = documents.put_cluster(store, cluster("west"), kubeconfig=plain + b"#")

    assert [put.action for put in (first, again, kept, other)] == [
        Action.CREATED,
        Action.UNCHANGED,
        Action.UNCHANGED,
        Action.CONFIGURED,
    ]
    assert other.record.generation == 2
    assert store.key is not None
    sealed = documents.sealed_kubeconfig(store, other.record.uid)
    opened = store.key.open(b64decode(sealed), purpose=f"kubeconfig:{other.record.uid}")
    assert opened == plain + b"#"
    dump = "".join(str(store.redis.hgetall(key)) for key in store.redis.scan_iter("*:record:*"))
    assert "apiVersion: v1" not in dump


def test_a_kubeconfig_needs_a_key_to_be_kept(store: Store) -> None:
    keyless = connection.connect(store.settings, key=None)

    with pytest.raises(CredentialRefused, match="no platform key is set"):
        documents.put_cluster(keyless, cluster("west"), kubeconfig=b"x")
    keyless.close()


def test_lists_are_in_order_of_names_and_go_on_by_cursor(store: Store) -> None:
    for name in ("delta", "alpha", "charlie", "bravo", "echo"):
        documents.put_cluster(store, cluster(name))

    first = documents.page(store, Kind.CLUSTER, limit=2)
    second = documents.page(store, Kind.CLUSTER, limit=2, cursor=first.cursor)
    third = documents.page(store, Kind.CLUSTER, limit=2, cursor=second.cursor)

    pages = [[record.name for record in page.items] for page in (first, second, third)]
    assert pages == [["alpha", "bravo"], ["charlie", "delta"], ["echo"]]
    assert third.cursor is None
    assert [found.name for found in documents.all_clusters(store)] == [*chain(*pages)]


def test_lists_can_be_filtered(store: Store) -> None:
    documents.put_application(store, application("a", project="red", labels={"tier": "web"}))
    documents.put_application(store, application("b", project="red", repository="other"))
    documents.put_application(store, application("c"))

    def found(**filters: object) -> list[str]:
        asked = Filters(**filters)  # type: ignore[arg-type]
        return [r.name for r in documents.page(store, Kind.APPLICATION, filters=asked).items]

    assert found(project="red") == ["a", "b"]
    assert found(repository="fleet") == ["c", "a"]
    assert found(project="red", repository="fleet") == ["a"]
    assert found(selector=parse_selector("tier=web")) == ["a"]
    assert found(project="none") == []


def test_a_filtered_page_is_full_and_its_cursor_goes_on(store: Store) -> None:
    for number in range(10):
        labels = {"odd": "yes"} if number % 2 else {}
        documents.put_cluster(store, cluster(f"c{number}", labels=labels))
    filters = Filters(selector=parse_selector("odd"))

    first = documents.page(store, Kind.CLUSTER, limit=3, filters=filters)
    rest = documents.page(store, Kind.CLUSTER, limit=3, cursor=first.cursor, filters=filters)

    assert [record.name for record in first.items] == ["c1", "c3", "c5"]
    assert [record.name for record in rest.items] == ["c7", "c9"]
    assert rest.cursor is None


def test_a_made_up_cursor_is_refused(store: Store) -> None:
    with pytest.raises(Conflict, match="start again"):
        documents.page(store, Kind.CLUSTER, cursor="\xff")


def test_an_object_without_targets_is_removed_at_once(store: Store) -> None:
    for kind, put in (
        (Kind.CLUSTER, documents.put_cluster(store, cluster("west"))),
        (Kind.APPLICATION, documents.put_application(store, application("shop"))),
        (Kind.REPOSITORY, documents.put_repository(store, repository("fleet"))),
    ):
        assert documents.mark_deleting(store, kind, put.record.uid)
        assert documents.by_uid(store, kind, put.record.uid) is None
        assert not documents.mark_deleting(store, kind, put.record.uid)

    left = {key.removeprefix(keys.PREFIX) for key in store.redis.scan_iter("*")}
    assert left == {"installation", "schema", "events", "wake"}


def test_what_has_targets_is_marked_and_kept(store: Store) -> None:
    world = World(store)
    target = world.target()
    uid = Uid(target.partition(".")[0])

    assert documents.mark_deleting(store, Kind.APPLICATION, uid, orphan=True)

    record = documents.application(store, uid)
    assert record is not None
    assert (record.deleting, record.orphan) == (True, True)
    with pytest.raises(Conflict, match="still has targets"):
        documents.remove(store, Kind.APPLICATION, uid)


def test_a_repository_stays_until_its_last_application_is_gone(store: Store) -> None:
    uid = documents.put_repository(store, repository("fleet")).record.uid
    app = documents.put_application(store, application("shop")).record
    documents.mark_deleting(store, Kind.REPOSITORY, uid)
    assert documents.repository(store, uid) is not None

    documents.remove(store, Kind.APPLICATION, app.uid)

    assert documents.repository(store, uid) is None


def test_a_repository_that_is_declared_again_stays(store: Store) -> None:
    uid = documents.put_repository(store, repository("fleet")).record.uid
    documents.put_application(store, application("shop"))
    documents.mark_deleting(store, Kind.REPOSITORY, uid)

    put = documents.put_repository(store, repository("fleet"))

    assert (put.action, put.record.uid, put.record.deleting) == (Action.CONFIGURED, uid, False)


def test_an_application_that_moves_to_another_repository_leaves_the_first(store: Store) -> None:
    one = documents.put_repository(store, repository("one")).record.uid
    two = documents.put_repository(store, repository("two")).record.uid
    documents.put_application(store, application("shop", repository="one"))

    moved = documents.put_application(store, application("shop", repository="two")).record

    assert isinstance(moved, ApplicationRecord)
    assert moved.repository == two
    assert list(documents.applications_of_repository(store, one)) == []
    assert list(documents.applications_of_repository(store, two)) == [moved]


def test_counts_of_everything_are_kept(store: Store) -> None:
    documents.put_cluster(store, cluster("west"))
    documents.put_application(store, application("shop"))
    documents.put_application(store, application("cart"))

    assert documents.counts(store) == {
        Kind.REPOSITORY: 0,
        Kind.CLUSTER: 1,
        Kind.APPLICATION: 2,
        Kind.SYNC_WINDOW: 0,
        Kind.CREDENTIAL_TEMPLATE: 0,
    }
    recount.check(store)


def test_many_are_read_in_the_order_asked(store: Store) -> None:
    one = documents.put_cluster(store, cluster("one")).record
    two = documents.put_cluster(store, cluster("two")).record
    assert isinstance(one, ClusterRecord)

    found = documents.many(store, Kind.CLUSTER, [two.uid, Uid("nobody"), one.uid])

    assert found == [two, None, one]
    assert documents.many(store, Kind.CLUSTER, []) == []


def test_events_tell_what_was_registered(store: Store) -> None:
    before = events.last_id(store)
    put = documents.put_application(store, application("shop", project="red"))
    documents.remove(store, Kind.APPLICATION, put.record.uid)

    told = events.read(store, before)

    assert [(event.kind, event.name, event.data["state"]) for event in told] == [
        ("application", "red/shop", "created"),
        ("application", "red/shop", "gone"),
    ]
