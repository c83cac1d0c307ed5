"""Credential templates: what a repository takes of them stands in its record, at once."""

from typing import Any

import pytest

from syncline.model.credentialtemplate import CredentialTemplate
from syncline.model.names import Uid
from syncline.model.repository import Repository
from syncline.store import choices, documents, due, keys, templates
from syncline.store.connection import Store
from syncline.store.records import Kind
from tests.store import world as make
from tests.store.world import World

URL = "https://git.example/org/app"


def template(name: str, prefix: str, ref: str) -> CredentialTemplate:
    return CredentialTemplate.model_validate(
        {
            "apiVersion": make.API,
            "kind": "CredentialTemplate",
            "metadata": {"name": name},
            "spec": {"urlPrefix": prefix, "credential": {"type": "token", "ref": ref}},
        }
    )


def repository(name: str = "shop", url: str = URL, **spec: Any) -> Repository:
    return Repository.model_validate(
        {
            "apiVersion": make.API,
            "kind": "Repository",
            "metadata": {"name": name},
            "spec": {"url": url, **spec},
        }
    )


def given(store: Store, *known: CredentialTemplate) -> None:
    for each in known:
        templates.put(store, each)
    choices.settle(store)


def forget(store: Store, name: str) -> None:
    uid = documents.uid_of(store, Kind.CREDENTIAL_TEMPLATE, name)
    assert uid is not None
    assert documents.mark_deleting(store, Kind.CREDENTIAL_TEMPLATE, uid)
    assert documents.get(store, Kind.CREDENTIAL_TEMPLATE, name) is None
    choices.settle(store)


def registered(store: Store, document: Repository) -> Uid:
    return documents.put_repository(store, document).record.uid


def ref(store: Store, uid: Uid) -> str:
    """Which credential the repository has now."""
    record = documents.repository(store, uid)
    assert record is not None
    return record.spec.credential.ref if record.spec.credential else ""


HOST = template("host", "https://git.example", "file:host")
ORGANISATION = template("organisation", "https://git.example/org", "file:org")


def test_a_new_repository_takes_the_template_that_is_there(store: Store) -> None:
    given(store, HOST, ORGANISATION)

    uid = registered(store, repository())

    assert ref(store, uid) == "file:org"


def test_a_repository_takes_a_template_that_comes_later_and_is_looked_up(store: Store) -> None:
    uid = registered(store, repository())
    due.drop(store, f"lookup:{uid}")

    given(store, HOST)

    assert ref(store, uid) == "file:host"
    assert due.at(store, f"lookup:{uid}") is not None


def test_a_change_counts_at_the_next_use_and_concerns_nobody_else(store: Store) -> None:
    given(store, HOST, ORGANISATION)
    uid = registered(store, repository())
    other = registered(store, repository("other", "https://git.example/other"))
    due.drop(store, f"lookup:{other}")

    given(store, template("organisation", "https://git.example/org", "file:rotated"))

    assert (ref(store, uid), ref(store, other)) == ("file:rotated", "file:host")
    assert due.at(store, f"lookup:{other}") is None


def test_a_deleted_template_leaves_the_next_longest_or_none(store: Store) -> None:
    given(store, HOST, ORGANISATION)
    uid = registered(store, repository())

    forget(store, "organisation")
    assert ref(store, uid) == "file:host"
    forget(store, "host")
    assert ref(store, uid) == ""


def test_a_repository_whose_url_changes_takes_another(store: Store) -> None:
    given(store, HOST, ORGANISATION)
    uid = registered(store, repository())

    registered(store, repository(url="https://git.example/elsewhere/app"))

    assert ref(store, uid) == "file:host"


def test_what_a_repository_has_of_its_own_wins(store: Store) -> None:
    given(store, HOST)
    own = {"type": "basic", "ref": "file:own", "urlPrefix": "https://git.example"}

    uid = registered(store, repository(credential=own))

    record = documents.repository(store, uid)
    assert record is not None
    assert (ref(store, uid), record.filled) == ("file:own", ())


def test_the_record_tells_what_was_written_from_what_was_filled_in(store: Store) -> None:
    given(store, HOST)
    document = repository()

    record = documents.repository(store, registered(store, document))

    assert record is not None
    assert (record.template, record.filled, record.written) == (
        "host",
        ("credential",),
        document.spec,
    )
    assert documents.put_repository(store, document).action == "unchanged"
    assert record.generation == 1


def test_a_claim_hands_it_out(store: Store) -> None:
    given(store, template("all", "https://git.example", "file:all"))
    world = World(store)
    registered(store, repository("fleet"))

    claim = world.start(world.target())

    assert claim.repository is not None
    assert claim.repository.spec.credential is not None
    assert claim.repository.spec.credential.ref == "file:all"


def test_a_choice_among_templates_of_before_is_made_again(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    given(store, HOST)
    right, calls = choices.choice, []

    def late(store: Store, spec: Any) -> dict[str, str]:
        """Another process writes a template between the choice and the write."""
        found = right(store, spec)
        if not calls:
            given(store, ORGANISATION)
        calls.append(found["templates"])
        return found

    monkeypatch.setattr(choices, "choice", late)
    uid = registered(store, repository())

    assert ref(store, uid) == "file:org"
    assert len(set(calls)) == 2


def test_settling_begins_anew_where_a_template_changes_meanwhile(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    uid = registered(store, repository())
    templates.put(store, HOST)
    right, asked = choices._settled, []

    def late(store: Store, version: str, known: Any) -> int | None:
        if not asked:
            templates.put(store, ORGANISATION)
        asked.append(version)
        return right(store, version, known)

    monkeypatch.setattr(choices, "_settled", late)
    choices.settle(store)

    assert (ref(store, uid), len(asked)) == ("file:org", 2)


def test_who_changed_a_template_and_died_is_helped_by_a_due_member(store: Store) -> None:
    templates.put(store, HOST)

    at = due.at(store, "templates:all")

    assert at is not None
    assert at > 0


def test_many_repositories_are_given_theirs(store: Store) -> None:
    uids = [
        registered(store, repository(f"r{number:03}", f"https://git.example/org/r{number}"))
        for number in range(130)
    ]

    templates.put(store, HOST)
    assert choices.settle(store) == 130
    assert choices.settle(store) == 0

    assert {ref(store, uid) for uid in uids} == {"file:host"}


def test_without_templates_nothing_is_kept(store: Store) -> None:
    uid = registered(store, repository())

    assert store.redis.hget(keys.RECORD(uid), "template") == ""
    assert not store.redis.exists(keys.TEMPLATES())
