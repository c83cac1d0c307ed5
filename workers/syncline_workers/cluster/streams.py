"""Watches of one API server: answers that go on for minutes, in one asyncio loop.

A thread for each of ten thousand streams would not do, so these alone do not go by urllib3. A
stream says what its server says, and no more: who keeps it up begins the next one.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing
from http import HTTPStatus
from urllib.parse import quote

import httpx

from syncline.errors import ClusterBusy
from syncline.settings import ClusterSettings
from syncline_workers.cluster import events
from syncline_workers.cluster.access import Access
from syncline_workers.cluster.answer import Answer
from syncline_workers.cluster.carrier import Carrier
from syncline_workers.cluster.events import Event, Happened
from syncline_workers.cluster.login import Login
from syncline_workers.cluster.refusals import object_of, refusal, status_of
from syncline_workers.cluster.served import Kind

QUIET = 130.0
"""Seconds without a line after which a stream is begun anew, where it stood. Bookmarks come every
minute; what hangs, and what lies between and has forgotten us, sends none."""

LIFE = (600, 1200)
"""Seconds that an API server is asked to go on, by chance: all streams of a cluster end apart."""

LONGEST_LINE = 8_000_000
"""Bytes of one event: an object has at most 1.5 MB."""

PAGE = 500

_METADATA = "application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1"
_METADATA_LIST = "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1"
_INITIAL = "&sendInitialEvents=true&resourceVersionMatch=NotOlderThan"
_REFUSED = (HTTPStatus.BAD_REQUEST, HTTPStatus.UNPROCESSABLE_ENTITY)


class Streams:
    """One API server, for the asyncio loop that it is used in."""

    def __init__(self, access: Access, login: Login, *, settings: ClusterSettings) -> None:
        self._carrier = Carrier(access, login, settings=settings)
        self._listed: set[str] = set()  # kinds of which no initial events can be had

    async def follow(
        self, kind: Kind, *, labels: str, since: str = "", life: tuple[int, int] = LIFE
    ) -> AsyncGenerator[Event]:
        """What happens to the metadata of a kind's objects, in all namespaces, for some minutes.

        Args:
            kind: which.
            labels: the selector of the objects.
            since: a version to go on from; "": all objects are told of first, then LISTED.
            life: seconds, from and to.

        Raises:
            ClusterUnreachable, ClusterBusy: begin anew later, where it stood.
            CredentialRefused: it may not be watched.
        """
        path = f"{kind.path()}?labelSelector={quote(labels)}"
        if not since and path not in self._listed:
            async with aclosing(self._watch(f"{path}{_INITIAL}&resourceVersion=", life)) as found:
                async for event in found:
                    yield event
            if path not in self._listed:
                return
        if not since:
            async for event in self._list(path):
                yield event
                since = event.version
            if event.happened is not Happened.LISTED:
                return
        async with aclosing(self._watch(f"{path}&resourceVersion={quote(since)}", life)) as found:
            async for event in found:
                yield event

    async def close(self) -> None:
        """Close the connections; streams that are open end as if the server had gone."""
        await self._carrier.close()

    async def _watch(self, path: str, life: tuple[int, int]) -> AsyncGenerator[Event]:
        """The events of one watch; none where the server cannot begin with all objects."""
        seconds = random.randint(*life)  # noqa: S311 - no secret
        onward = f"{path}&watch=true&allowWatchBookmarks=true&timeoutSeconds={seconds}"
        async with self._carrier.asked(onward, _METADATA) as response:
            if response.status_code >= HTTPStatus.BAD_REQUEST:
                if _INITIAL in path and response.status_code in _REFUSED:
                    self._listed.add(path.partition(_INITIAL)[0])
                    return
                yield await self._refused(response)
                return
            yield Event(Happened.OPENED, {})
            async for line in self._lines(response):
                event = events.read(line)
                if event is None:
                    raise self._troubled(line)
                yield event
                if event.happened is Happened.EXPIRED:
                    return

    async def _list(self, path: str) -> AsyncIterator[Event]:
        """All objects, in pages."""
        token = version = ""
        while True:
            onward = f"{path}&limit={PAGE}" + (f"&continue={quote(token)}" if token else "")
            async with self._carrier.asked(onward, _METADATA_LIST) as response:
                if response.status_code >= HTTPStatus.BAD_REQUEST:
                    yield await self._refused(response)
                    return
                body = object_of(await _answer(response), cluster=self._carrier.subject)
            meta = body.get("metadata") or {}
            version = version or str(meta.get("resourceVersion") or "")
            for item in body.get("items") or ():
                yield Event(Happened.ADDED, item)
            token = meta.get("continue") or ""
            if not token:
                yield Event(Happened.LISTED, {"metadata": {"resourceVersion": version}})
                return

    async def _refused(self, response: httpx.Response) -> Event:
        if response.status_code == HTTPStatus.GONE:
            return Event(Happened.EXPIRED, {})
        if response.status_code == HTTPStatus.NOT_FOUND:
            return Event(Happened.GONE, {})
        raise refusal(await _answer(response), cluster=self._carrier.subject)

    def _troubled(self, line: bytes) -> ClusterBusy:
        """A watch that the server ends in its middle, with a Status or with nonsense."""
        _, _, inner = line.partition(b'"object":')
        said = status_of(Answer(HTTPStatus.OK, {}, inner.rstrip()[:-1])).message or "with no event"
        return ClusterBusy(self._carrier.subject, f"the API server ends a watch: {said}")

    async def _lines(self, response: httpx.Response) -> AsyncIterator[bytes]:
        """Until it ends, or says nothing for too long.

        Lines end at line feeds alone: httpx's own would also cut strings of JSON.
        """
        parts = response.aiter_raw()
        rest = b""
        while True:
            try:
                async with asyncio.timeout(QUIET):
                    part = await anext(parts, b"")
            except TimeoutError:
                return
            if not part:
                return
            *lines, rest = (rest + part).split(b"\n")
            for line in lines:
                yield line
            if len(rest) > LONGEST_LINE:
                raise ClusterBusy(
                    self._carrier.subject,
                    f"an event of a watch is larger than {LONGEST_LINE} bytes",
                )


async def _answer(response: httpx.Response) -> Answer:
    return Answer(response.status_code, response.headers, await response.aread())
