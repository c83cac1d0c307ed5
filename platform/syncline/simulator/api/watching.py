"""WATCH: changes as they happen, from a resource version on, with bookmarks."""

from __future__ import annotations

import random
from collections.abc import Callable

import orjson

from syncline.simulator.api import reading, refusal, views
from syncline.simulator.api.call import Call
from syncline.simulator.store.cluster import Change, Cluster
from syncline.simulator.store.stored import Stored
from syncline.simulator.wire.responses import Stop, Stream, Write

LIFETIME = 1800.0
PULSE = 60.0
"""Seconds between bookmarks, by which a watcher knows a version to go on from."""

INITIAL_END = "k8s.io/initial-events-end"


def watch(call: Call) -> Stream:
    """Return the stream of changes to what the selectors choose.

    Raises:
        Refusal: the selectors are none, or the version is too old to go on from (410).
    """
    params = call.request.params
    reading.need_version(params.get("resourceVersion", ""))
    matches = matcher(call)
    events = past(call, matches)
    lifetime = float(params.get("timeoutSeconds") or LIFETIME * random.uniform(1, 2))  # noqa: S311

    def start(write: Write, _: Stop) -> Stop:
        for event in events:
            write(event)

        def listen(_: Cluster, change: Change) -> None:
            if change.shelf == call.shelf and (event := seen(call, change, matches)):
                write(event)

        call.cluster.listeners.append(listen)
        return lambda: stop(call.cluster, listen)

    beat = (lambda: bookmark(call)) if params.get("allowWatchBookmarks") == "true" else None
    return Stream(start=start, lifetime=lifetime, beat=beat, pulse=PULSE)


def stop(cluster: Cluster, listener: Callable[[Cluster, Change], None]) -> None:
    """Listen no more; being asked twice does no harm."""
    if listener in cluster.listeners:
        cluster.listeners.remove(listener)


def matcher(call: Call) -> Callable[[Stored], bool]:
    """Return the test of an object's namespace and selectors."""
    chosen = reading.chooser(call)
    return lambda kept: call.namespace in ("", kept.namespace) and chosen(kept)


def past(call: Call, matches: Callable[[Stored], bool]) -> list[bytes]:
    """Return the events to begin with: the present state, or what came after a version."""
    params = call.request.params
    version = params.get("resourceVersion", "")
    initial = params.get("sendInitialEvents") == "true"
    if initial or version in ("", "0"):
        events = [event(call, "ADDED", kept) for kept in reading.select(call)]
        return [*events, bookmark(call, ends_initial=True)] if initial else events
    return [
        happened
        for change in since(call.cluster, int(version))
        if change.shelf == call.shelf and (happened := seen(call, change, matches))
    ]


def since(cluster: Cluster, version: int) -> list[Change]:
    """Return the changes after a version.

    Raises:
        Refusal: they are not all remembered.
    """
    events = cluster.events
    oldest = events[0].object.version if events else cluster.version + 1
    if version + 1 < oldest:
        message = f"too old resource version: {version} ({oldest})"
        raise refusal.Refusal(410, "Expired", message)
    return [change for change in events if change.object.version > version]


def seen(call: Call, change: Change, matches: Callable[[Stored], bool]) -> bytes | None:
    """Return a change as this watch sees it: objects come and go as they match."""
    after = change.type != "DELETED" and matches(change.object)
    before = change.before is not None and matches(change.before)
    if after:
        return event(call, "MODIFIED" if before else "ADDED", change.object)
    return event(call, "DELETED", change.object) if before else None


def event(call: Call, kind: str, kept: Stored) -> bytes:
    """Return one line of the stream."""
    if views.wants_metadata(call.request.headers.get("accept", "")):
        body = kept.metadata_only()
    else:
        body = views.whole(kept, call.resource)
    return b'{"type":"' + kind.encode() + b'","object":' + body + b"}\n"


def bookmark(call: Call, *, ends_initial: bool = False) -> bytes:
    """Return the line that says how far the watch has come; one of them ends the initial events."""
    metadata: dict[str, object] = {"resourceVersion": str(call.cluster.version)}
    if ends_initial:
        metadata["annotations"] = {INITIAL_END: "true"}
    head = {"kind": call.resource.kind, "apiVersion": call.resource.api_version}
    value = {"type": "BOOKMARK", "object": {**head, "metadata": metadata}}
    return orjson.dumps(value) + b"\n"
