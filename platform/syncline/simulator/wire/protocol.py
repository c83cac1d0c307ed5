"""One connection: bytes in, requests to `answer`, bytes out, in order.

A plain `asyncio.Protocol` without tasks or streams: a request that is there is answered within
the same turn of the loop. Pipelined requests wait while a delayed answer or a stream is under way.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable

from typing_extensions import override

from syncline.simulator.wire import requests, responses
from syncline.simulator.wire.requests import Request, Unreadable
from syncline.simulator.wire.responses import Answer, Response, Silence, Stream

log = logging.getLogger(__name__)

CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"


class Connection(asyncio.Protocol):
    """The server's side of one client's connection."""

    def __init__(
        self, answer: Callable[[Request, Connection], Answer], among: set[Connection]
    ) -> None:
        self.lost: list[Callable[[], None]] = [lambda: among.discard(self)]
        self._among = among
        self._answer = answer
        self._data = bytearray()
        self._head: Request | None = None
        self._length = 0
        self._busy = False
        self._frozen = False
        self._stop: Callable[[], None] | None = None
        self._transport: asyncio.Transport | None = None

    @override
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the way back."""
        if isinstance(transport, asyncio.Transport):
            self._transport = transport
            self._among.add(self)

    @override
    def connection_lost(self, exc: Exception | None) -> None:
        """Stop a stream that nobody reads, and tell those who keep the connection in mind."""
        self._transport = None
        if self._stop:
            self._stop()
        for tell in self.lost:
            tell()

    def freeze(self) -> None:
        """Take and send nothing any more, and stay open."""
        self._frozen = True

    def abort(self) -> None:
        """Reset."""
        if self._transport:
            self._transport.abort()

    @override
    def data_received(self, data: bytes) -> None:
        """Take bytes and answer the requests that are whole."""
        if self._frozen:
            return
        self._data += data
        try:
            while not self._busy and (request := self._next()):
                self._serve(request)
        except Unreadable as exc:
            refusal = responses.text(exc.code, str(exc))
            self._write(responses.encode(refusal, keep_alive=False))
            self._close()

    def _next(self) -> Request | None:
        """Return the next whole request, None while it is not all there."""
        if self._head is None and not self._read_head():
            return None
        head = self._head
        if head is None or (self._length >= 0 and len(self._data) < self._length):
            return None
        if self._length < 0:
            found = requests.chunks(bytes(self._data))
            if found is None:
                return None
            body, taken = found
        else:
            body, taken = bytes(self._data[: self._length]), self._length
        del self._data[:taken]
        self._head = None
        return (
            head
            if not body
            else Request(
                method=head.method,
                path=head.path,
                query=head.query,
                headers=head.headers,
                body=body,
            )
        )

    def _read_head(self) -> bool:
        end = self._data.find(requests.END_OF_HEAD)
        if end < 0:
            if len(self._data) > requests.LONGEST_HEAD:
                raise Unreadable(431, "431 Request Header Fields Too Large")
            return False
        self._head = requests.head(bytes(self._data[:end]))
        del self._data[: end + len(requests.END_OF_HEAD)]
        self._length = requests.body_length(self._head.headers)
        if self._head.headers.get("expect", "").lower() == "100-continue":
            self._write(CONTINUE)
        return True

    def _serve(self, request: Request) -> None:
        answer = self._answered(request)
        if isinstance(answer, Response):
            if answer.delay:
                self._busy = True
                loop = asyncio.get_running_loop()
                loop.call_later(answer.delay, self._send, request, answer)
            else:
                self._send(request, answer)
        elif isinstance(answer, Silence):
            self._busy = True
            if not answer.hang:
                self.abort()
        else:
            self._start(answer)

    def _answered(self, request: Request) -> Answer:
        try:
            return self._answer(request, self)
        except Exception:  # the boundary: one request that we failed at ends no connection
            log.exception("failed at %s %s", request.method, request.path)
            return responses.text(500, "the simulator failed at this request; see its log")

    def _send(self, request: Request, answer: Response) -> None:
        keep = request.keeps_alive
        with_body = request.method != "HEAD"
        self._write(responses.encode(answer, keep_alive=keep, with_body=with_body))
        if not keep:
            self._close()
        elif self._busy:
            self._busy = False
            self.data_received(b"")

    def _start(self, stream: Stream) -> None:
        self._busy = True
        self._write(responses.stream_head(stream))
        loop = asyncio.get_running_loop()
        timer = loop.call_later(stream.lifetime, self._finish)
        stop = stream.start(lambda piece: self._write(responses.chunk(piece)), self._finish)
        timers = [timer]

        def beat() -> None:
            if stream.beat:
                self._write(responses.chunk(stream.beat()))
                timers[1:] = [loop.call_later(stream.pulse, beat)]

        def end() -> None:
            for timer in timers:
                timer.cancel()
            stop()

        if stream.beat:
            timers.append(loop.call_later(stream.pulse, beat))
        self._stop = end

    def _finish(self) -> None:
        if self._stop:
            self._stop()
            self._stop = None
            self._write(responses.chunk(b""))
            self._busy = False
            self.data_received(b"")

    def _write(self, data: bytes) -> None:
        if self._transport and not self._frozen and not self._transport.is_closing():
            self._transport.write(data)

    def _close(self) -> None:
        if self._transport:
            self._transport.close()
