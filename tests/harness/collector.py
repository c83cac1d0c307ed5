"""A collector of OpenTelemetry traces: OTLP over HTTP, as protobuf, kept in memory.

It can hang, as one does whose disk is full: connections are accepted and never answered.
"""

import gzip
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrived:
    """A span as it came."""

    service: str
    name: str
    trace: str
    id: str
    parent: str
    begun: int
    ended: int
    kind: int
    attributes: dict[str, Any]
    links: tuple[tuple[str, str], ...]
    failed: bool
    message: str


@dataclass(slots=True)
class Collector:
    """What arrived so far."""

    url: str = ""
    spans: list[Arrived] = field(default_factory=list)
    refusing: bool = False
    asked: int = 0  # requests, also those that were never answered
    answering: threading.Event = field(default_factory=threading.Event)

    def hang(self) -> None:
        """Answer nobody any more."""
        self.answering.clear()

    def answer(self) -> None:
        """Undo `hang`."""
        self.answering.set()

    def named(self, name: str, **attributes: Any) -> list[Arrived]:
        """The spans of a name that have these attributes (`_` for `.`)."""
        wanted = {key.replace("_", "."): value for key, value in attributes.items()}
        return [s for s in self.spans if s.name == name and wanted.items() <= s.attributes.items()]

    def under(self, parent: Arrived) -> list[Arrived]:
        """Its children, in their order."""
        found = [s for s in self.spans if (s.trace, s.parent) == (parent.trace, parent.id)]
        return sorted(found, key=lambda span: span.begun)

    def _take(self, body: bytes) -> None:
        message = ExportTraceServiceRequest.FromString(body)
        for of_resource in message.resource_spans:
            resource = _attributes(of_resource.resource.attributes)
            for scope in of_resource.scope_spans:
                self.spans += [_arrived(span, resource["service.name"]) for span in scope.spans]


@contextmanager
def collecting() -> Iterator[Collector]:
    """A collector on a free port of loopback."""
    collector = Collector()
    collector.answer()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            collector.asked += 1
            collector.answering.wait()
            if collector.refusing:
                self.send_error(404)
                return
            packed = self.headers.get("Content-Encoding") == "gzip"
            collector._take(gzip.decompress(body) if packed else body)
            self.send_response(200)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            """Nobody reads it."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    server.block_on_close = False
    collector.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield collector
    finally:
        collector.answer()
        server.shutdown()
        server.server_close()
        thread.join()


def _arrived(span: Any, service: str) -> Arrived:
    return Arrived(
        service=service,
        name=span.name,
        trace=span.trace_id.hex(),
        id=span.span_id.hex(),
        parent=span.parent_span_id.hex(),
        begun=span.start_time_unix_nano,
        ended=span.end_time_unix_nano,
        kind=span.kind,
        attributes=_attributes(span.attributes),
        links=tuple((link.trace_id.hex(), link.span_id.hex()) for link in span.links),
        failed=span.status.code == 2,
        message=span.status.message,
    )


def _attributes(pairs: Any) -> dict[str, Any]:
    return {pair.key: getattr(pair.value, pair.value.WhichOneof("value")) for pair in pairs}
