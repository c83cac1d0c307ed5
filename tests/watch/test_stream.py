"""How a watch of one kind is kept up, whatever its server does; that is a book of answers here."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from typing import Any, cast

import pytest

from syncline.errors import ClusterUnreachable, CredentialRefused, SynclineError
from syncline_workers.cluster.events import Event, Happened
from syncline_workers.cluster.served import Kind
from syncline_workers.watch import stream as streams
from syncline_workers.watch.counts import Counts
from syncline_workers.watch.stream import Stream, Way
from tests.watch.live import recorded, shown

KIND = ("", "ConfigMap")

Page = list[Event | SynclineError]


class Book:
    """An API server and its streams: each stream takes the next page, and none where all are."""

    def __init__(self, *pages: Page, served: bool = True) -> None:
        self.since: list[str] = []  # from which version each stream was asked for
        self.read = asyncio.Event()
        self._pages = list(pages)
        self._served = served

    def kind_of(self, *_: str) -> Kind | None:
        return Kind("v1", "configmaps", is_namespaced=True) if self._served else None

    async def follow(self, *_: Kind, labels: str, since: str) -> AsyncGenerator[Event]:
        del labels
        self.since.append(since)
        if not self._pages:
            self.read.set()
            await asyncio.Event().wait()
        for each in self._pages.pop(0):
            if isinstance(each, SynclineError):
                raise each
            yield each


class Told:
    """Who is told; everything in order."""

    def __init__(self) -> None:
        self.all: list[tuple[str, str]] = []

    def changed(self, _: streams.Kind, live: dict[str, Any]) -> None:
        self.all.append(("changed", live["metadata"]["name"]))

    def listed(self, _: streams.Kind, version: str) -> None:
        self.all.append(("listed", version))

    def failed(self, _: streams.Kind, error: SynclineError) -> None:
        self.all.append(("failed", error.reason))

    def opened(self, _: streams.Kind) -> None:
        self.all.append(("opened", ""))


def followed(book: Book, *, for_seconds: float = 0.0) -> tuple[list[tuple[str, str]], Stream]:
    """Run the stream until the book was read, or for so long."""
    told = Told()

    async def run() -> Stream:
        turns = (asyncio.Semaphore(1),)
        way = Way(cast("Any", book), cast("Any", book))
        made = Stream(KIND, way, told, turns=turns, counts=Counts())
        task = asyncio.create_task(made.run())
        if for_seconds:
            await asyncio.sleep(for_seconds)
        else:
            async with asyncio.timeout(10):
                await book.read.wait()
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        assert not turns[0].locked(), "a turn was kept"
        return made

    made = asyncio.run(run())
    return told.all, made


@pytest.fixture(autouse=True)
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(streams, "FIRST_WAIT", 0.001)
    monkeypatch.setattr(streams, "LONGEST_WAIT", 0.01)


def event(happened: Happened, name: str = "a", version: int = 10, **more: Any) -> Event:
    return Event(happened, shown(name, version=version, **more))


def listed(version: int) -> Event:
    return Event(Happened.LISTED, {"metadata": {"resourceVersion": str(version)}})


OPENED = Event(Happened.OPENED, {})


def test_what_is_listed_is_known_and_what_changes_then_is_told() -> None:
    page: Page = [
        OPENED,
        event(Happened.ADDED),
        listed(10),
        event(Happened.MODIFIED, version=11),  # a change of status
        event(Happened.MODIFIED, version=12, fields=None),
        event(Happened.ADDED, "b", version=13),
        event(Happened.DELETED, "a", version=14),
    ]

    told, made = followed(Book(page))

    assert told == [
        ("listed", "10"),
        ("opened", ""),
        ("changed", "a"),
        ("changed", "b"),
        ("changed", "a"),
    ]
    assert not made.marks.is_as(recorded("a"))
    assert made.marks.is_as(recorded("b"))


def test_a_stream_that_ends_goes_on_at_the_last_version() -> None:
    bookmark = Event(Happened.BOOKMARK, {"metadata": {"resourceVersion": "50"}})
    book = Book([OPENED, listed(10)], [OPENED, bookmark], [OPENED])

    told, _ = followed(book)

    assert book.since == ["", "10", "50", "50"]
    assert told.count(("listed", "10")) == 1


def test_a_version_that_is_forgotten_is_listed_anew() -> None:
    expired = Event(Happened.EXPIRED, {})
    book = Book(
        [OPENED, event(Happened.ADDED), listed(10)],
        [expired],
        [OPENED, event(Happened.ADDED, "b"), listed(90)],
    )

    told, made = followed(book)

    assert book.since == ["", "10", "", "90"]
    assert ("listed", "90") in told
    assert len(made.marks) == 1  # what is not listed any more is not known any more
    assert made.marks.is_as(recorded("b"))


def test_a_list_that_breaks_is_begun_anew_and_what_was_known_is_kept() -> None:
    broken = ClusterUnreachable("cluster eu", "reset")
    first: Page = [OPENED, event(Happened.ADDED), listed(10)]
    book = Book(first, [Event(Happened.EXPIRED, {})], [OPENED, event(Happened.ADDED, "b"), broken])

    told, made = followed(book)

    assert book.since == ["", "10", "", ""]
    assert ("failed", "ClusterUnreachable") in told
    assert made.marks.is_as(recorded("a"))


def test_a_kind_that_is_not_served_has_no_objects() -> None:
    told, made = followed(Book(served=False), for_seconds=0.1)

    assert told == [("listed", "")]
    assert not made.marks.is_as(recorded())


def test_who_was_refused_does_not_ask_again_soon() -> None:
    refused = CredentialRefused("cluster eu", "cannot watch")
    book = Book([refused], [OPENED, listed(1)])

    told, _ = followed(book, for_seconds=0.2)

    assert told == [("failed", "CredentialRefused")]
    assert len(book.since) == 1


def test_a_server_that_hangs_while_it_lists_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(streams, "OPENING", 0.05)

    told, _ = followed(Book(), for_seconds=0.2)

    assert ("failed", "ClusterUnreachable") in told
