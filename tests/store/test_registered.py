"""Where charts that others depend on may come from: the repositories that are registered."""

import pytest

from syncline.store import documents
from syncline.store.connection import Store
from syncline_workers.app import desk
from tests.store.world import repository


def test_the_registered_repositories_are_read_page_by_page(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(desk, "_PAGE", 2)
    for name in ("web", "api", "db"):
        documents.put_repository(store, repository(name))
    registered = desk.StoreRegistered(store)

    assert [each.name for each in registered.repositories()] == ["api", "db", "web"]


def test_a_new_one_is_seen_after_some_seconds(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    registered = desk.StoreRegistered(store)
    assert list(registered.repositories()) == []
    documents.put_repository(store, repository("web"))

    assert list(registered.repositories()) == []
    monkeypatch.setattr(desk, "_KEPT", -1.0)
    assert [each.name for each in registered.repositories()] == ["web"]
