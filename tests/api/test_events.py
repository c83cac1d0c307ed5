"""Server-sent events: what changes, as it changes, going on where a watcher broke off."""

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import httpx
import pytest

from syncline.api.routes import events as route
from syncline.store import events
from syncline.store.connection import Store
from tests.api.conftest import Live
from tests.api.fleets import Fleet
from tests.harness.poll import until

Event = dict[str, Any]


@contextmanager
def following(client: httpx.Client, last: str = "", **wanted: str) -> Iterator[Iterator[Event]]:
    """Follow; yields events one by one, ``{}`` for a heartbeat."""
    headers = {"Last-Event-ID": last} if last else {}
    with client.stream("GET", "/api/v1/events", params=wanted, headers=headers) as answer:
        assert answer.headers["content-type"].startswith("text/event-stream")
        lines = answer.iter_lines()
        assert next(lines) == ": following"
        assert next(lines) == ""
        yield _parse(lines)


def _parse(lines: Iterator[str]) -> Iterator[Event]:
    fields: dict[str, str] = {}
    for line in lines:
        if line.startswith(":"):
            continue
        if line:
            name, _, value = line.partition(": ")
            fields[name] = value
            continue
        yield {**fields, "data": json.loads(fields["data"])} if fields else {}
        fields = {}


def take(stream: Iterator[Event], wanted: Callable[[Event], bool]) -> Event:
    """Read until an event is the one that is wanted."""
    return next(event for event in stream if event and wanted(event))


def is_synced(event: Event) -> bool:
    return event["event"] == "target" and event["data"].get("sync") == "Synced"


def test_a_change_is_told_to_every_watcher(live: Live, reader: httpx.Client, fleet: Fleet) -> None:
    fleet.grid(applications=1, clusters=1)

    with following(reader) as one, following(reader) as other:
        fleet.succeed("app00@c00")
        seen = [take(one, is_synced), take(other, is_synced)]

    assert seen[0] == seen[1]
    assert seen[0]["data"]["name"] == "app00@c00"
    assert seen[0]["data"]["health"] == "Healthy"


def test_a_watcher_goes_on_where_it_broke_off(
    store: Store, reader: httpx.Client, fleet: Fleet
) -> None:
    fleet.grid(applications=2, clusters=1)
    position = reader.get("/api/v1/events/position").json()["id"]
    fleet.succeed("app00@c00")
    fleet.succeed("app01@c00")
    written = [event.id for event in events.read(store, position)]

    with following(reader, last=position) as stream:
        first = [next(stream)["id"] for _ in range(3)]
    with following(reader, last=first[-1]) as stream:
        rest = [next(stream)["id"] for _ in range(len(written) - 3)]

    assert first + rest == written


def test_a_watcher_of_another_server_misses_nothing(
    serve: Callable[..., Live], store: Store, reader: httpx.Client, fleet: Fleet
) -> None:
    fleet.grid(applications=1, clusters=1)
    position = reader.get("/api/v1/events/position").json()["id"]
    fleet.succeed("app00@c00")
    headers = dict(reader.headers)

    with (
        httpx.Client(base_url=serve().url, headers=headers, timeout=10) as other,
        following(other, last=position) as stream,
    ):
        seen = [next(stream)["id"] for _ in events.read(store, position)]

    assert seen == [event.id for event in events.read(store, position)]


def test_events_are_filtered_by_what_they_are_about(reader: httpx.Client, fleet: Fleet) -> None:
    fleet.grid(applications=2, clusters=2)

    with (
        following(reader, application="app01") as ours,
        following(reader, cluster="c01") as there,
    ):
        for name in ("app00@c00", "app00@c01", "app01@c00"):
            fleet.succeed(name)
        seen = (take(ours, is_synced), take(there, is_synced))

    assert [event["data"]["name"] for event in seen] == ["app01@c00", "app00@c01"]


def test_silence_is_broken_by_heartbeats(
    reader: httpx.Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(route, "HEARTBEAT", 0.05)

    with following(reader) as stream:
        beats = [next(stream), next(stream)]

    assert beats == [{}, {}]


def test_what_is_no_event_id_is_refused(reader: httpx.Client) -> None:
    answer = reader.get("/api/v1/events", headers={"Last-Event-ID": "yesterday"})

    assert answer.status_code == 422


def test_streams_end_when_the_server_stops(live: Live, reader: httpx.Client) -> None:
    ended = threading.Event()

    def follow() -> None:
        with following(reader) as stream:
            list(stream)
        ended.set()

    follower = threading.Thread(target=follow, daemon=True)
    follower.start()
    until(lambda: live.server.server_state.connections, within=10, what="somebody follows")

    live.server.should_exit = True

    assert ended.wait(4), "the stream goes on"  # sooner than requests are cut off


def test_who_was_away_for_too_long_is_told_to_read_the_lists_again(
    store: Store, reader: httpx.Client, fleet: Fleet
) -> None:
    fleet.grid(applications=1, clusters=1)
    kept = events.oldest_id(store)

    with following(reader, last="1-0") as late, following(reader, last=kept) as current:
        seen = (next(late), next(current)["event"] != "reset")

    assert seen == ({"event": "reset", "data": {}}, True)
