"""Credential templates as documents: applied, declared in the fleet repository, deleted."""

from typing import Any

import pytest

from syncline.contract.reports import FollowReport
from syncline.errors import Conflict, InvalidDocument
from syncline.model import parse
from syncline.operations import documents, fleet
from syncline.scheduler import work
from syncline.store import audit, due, templates
from syncline.store import documents as stored
from syncline.store import fleet as followed
from syncline.store.connection import Store
from syncline.store.due import Due
from syncline.store.records import Kind
from tests.operations.asked import apply, mapping, uid
from tests.store.test_templates import ref, template


def document(written: dict[str, Any]) -> documents.Written:
    return documents.registrable([parse.parse_mapping(written, source="test")])[0]


REPOSITORY = mapping("Repository", "shop", {"url": "https://git.example/org/shop"})
TEMPLATE = mapping(
    "CredentialTemplate",
    "example",
    {
        "urlPrefix": "https://git.example/org",
        "credential": {"type": "token", "ref": "file:org"},
    },
)


def declared(store: Store, commit: str, *mappings: dict[str, Any]) -> None:
    found = followed.followed(store)
    assert found is not None
    report = FollowReport(
        repository=found.repository,
        revision=commit,
        documents=tuple((f"{number}.yaml", each) for number, each in enumerate(mappings)),
    )
    followed.fold_follow(store, report)
    fleet.adopt(store)


def shop(store: Store) -> str:
    return ref(store, uid(store, Kind.REPOSITORY, "shop"))


def test_an_applied_template_counts_when_apply_returns(store: Store) -> None:
    apply(store, document(REPOSITORY))

    (done,) = apply(store, document(TEMPLATE))

    assert (done.kind, done.name, done.action) == ("CredentialTemplate", "example", "created")
    assert shop(store) == "file:org"
    assert audit.read(store)[0].subject == "CredentialTemplate/example"


def test_a_deleted_one_does_not_count_any_more(store: Store) -> None:
    apply(store, document(TEMPLATE), document(REPOSITORY))
    assert shop(store) == "file:org"

    documents.delete(store, Kind.CREDENTIAL_TEMPLATE, "example", actor="ana")

    assert shop(store) == ""


def test_a_fleet_repository_declares_them_and_alone_changes_them(store: Store) -> None:
    fleet.declare(store, "https://git.example/org/fleet", "main", "fleet")
    declared(store, "c1", REPOSITORY, TEMPLATE)
    assert shop(store) == "file:org"

    with pytest.raises(Conflict, match=r"is declared in fleet: 1\.yaml: change it there"):
        apply(store, document(TEMPLATE))
    declared(store, "c2", REPOSITORY)

    assert shop(store) == ""


def test_the_fleet_repository_itself_takes_one(store: Store) -> None:
    apply(store, document(TEMPLATE))

    fleet.declare(store, "https://git.example/org/fleet", "main", "fleet")

    assert ref(store, uid(store, Kind.REPOSITORY, documents.FLEET_REPOSITORY)) == "file:org"


def test_a_scheduler_does_what_a_dead_writer_left(store: Store) -> None:
    apply(store, document(REPOSITORY))
    templates.put(store, template("example", "https://git.example", "file:host"))
    assert shop(store) == ""

    due.add(store, "templates:all")
    (taken,) = [each for each in due.take(store) if each.kind == "templates"]
    assert isinstance(taken, Due)
    work.do(store, taken)

    assert shop(store) == "file:host"
    assert due.at(store, "templates:all") is None


def test_a_template_that_cannot_be_is_refused_by_field(store: Store) -> None:
    wrong = mapping("CredentialTemplate", "example", {"urlPrefix": "https://git.example"})

    with pytest.raises(InvalidDocument, match="set credential, tls, or both"):
        apply(store, document(wrong))

    assert stored.get(store, Kind.CREDENTIAL_TEMPLATE, "example") is None
