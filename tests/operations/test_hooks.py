"""A push to a Git host."""

import pytest

from syncline.errors import InvalidDocument
from syncline.operations import fleet, hooks
from syncline.store import due
from syncline.store.connection import Store
from syncline.store.records import Kind
from tests.operations.asked import apply, repository, uid


def due_members(store: Store) -> set[str]:
    return {each.member for each in due.take(store)}


@pytest.mark.parametrize(
    "url",
    [
        "https://git.example/org/shop",
        "https://GIT.example/org/shop.git/",
        "git@git.example:org/shop.git",
        "ssh://git@git.example/org/shop",
    ],
)
def test_a_repository_is_found_by_whatever_protocol_it_is_written(store: Store, url: str) -> None:
    apply(store, repository(url="https://git.example/org/shop.git"))
    due_members(store)

    assert hooks.push(store, url, actor="git") == 1
    assert due_members(store) == {f"lookup:{uid(store, Kind.REPOSITORY, 'shop')}"}


def test_each_repository_at_that_place_is_looked_up(store: Store) -> None:
    apply(store, repository("a"), repository("b"), repository("c", "https://git.example/other"))

    assert hooks.push(store, "https://git.example/shop", actor="git") == 2


def test_a_push_to_the_fleet_repository_is_followed_at_once(store: Store) -> None:
    fleet.declare(store, "https://git.example/fleet.git")
    due_members(store)

    assert hooks.push(store, "https://git.example/fleet", actor="git") == 1
    followed = uid(store, Kind.REPOSITORY, "syncline-fleet")
    assert due_members(store) == {f"lookup:{followed}", f"follow:{followed}"}


def test_a_url_that_nobody_registered_is_no_error(store: Store) -> None:
    assert hooks.push(store, "https://git.example/unknown", actor="git") == 0


def test_a_text_that_is_no_url_is_refused(store: Store) -> None:
    with pytest.raises(InvalidDocument):
        hooks.push(store, "not a url", actor="git")
