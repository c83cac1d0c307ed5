"""Spans on their way out: in batches, from a thread, by OTLP over HTTP.

The one module that imports OpenTelemetry's SDK, which reads the rest of its variables itself
(headers, certificates, sampler, sizes of batches and of the queue). No work ever waits for a
collector: what does not fit into the queue, or cannot be delivered, is dropped and counted.
"""

from __future__ import annotations

import logging
import os
import socket
import threading
import time
from collections.abc import Callable, Sequence
from importlib.metadata import version

from opentelemetry.context import Context
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.environment_variables import OTEL_BSP_MAX_QUEUE_SIZE
from opentelemetry.sdk.resources import OTELResourceDetector, Resource
from opentelemetry.sdk.trace import ReadableSpan, SpanProcessor, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter, SpanExportResult
from opentelemetry.sdk.trace.id_generator import RandomIdGenerator
from opentelemetry.sdk.trace.sampling import Decision
from opentelemetry.trace import (
    Link,
    NonRecordingSpan,
    SpanContext,
    SpanKind,
    Status,
    StatusCode,
    TraceFlags,
    get_current_span,
    set_span_in_context,
)

from syncline import logs
from syncline.tracing.places import Place
from syncline.tracing.span import Span

CLOSES = 2.0  # seconds that the last spans get to leave at the end of a process
_TELL_EVERY = 60.0  # seconds between two log lines about dropped spans
_QUEUE = 2048  # spans; OpenTelemetry's default

log = logs.get(__name__)


class Exporter:
    """The way out of this process. Safe to use from several threads."""

    def __init__(self, service: str) -> None:
        # Its own lines (one for each try) say no more than ours (one a minute).
        logging.getLogger("opentelemetry").setLevel(logging.CRITICAL)
        self._ids = _Ids()
        self._queue = _Queue(int(os.environ.get(OTEL_BSP_MAX_QUEUE_SIZE) or _QUEUE))
        self.provider = TracerProvider(
            resource=_resource(service), id_generator=self._ids, shutdown_on_exit=False
        )
        self.provider.add_span_processor(self._queue)
        self._tracer = self.provider.get_tracer("syncline", version("syncline"))

    @property
    def dropped(self) -> int:
        """Spans that will never arrive, so far."""
        return self._queue.dropped

    def emit(self, span: Span, place: Place, *, under: Place | None = None) -> None:
        """Hand a span and its children over; returns at once.

        Args:
            span: what has ended.
            place: its ids.
            under: its parent, where another attempt or process sends that.
        """
        context = Context()
        if under is not None:
            if not self._is_sampled(place, span):
                return
            context = set_span_in_context(NonRecordingSpan(_context(under)), context)
        self._ids.next = place
        self._emit(span, context)

    def here(self) -> Place | None:
        """Return where the span at hand stands: that of the request which FastAPI traces."""
        context = get_current_span().get_span_context()
        return Place(context.trace_id, context.span_id) if context.is_valid else None

    def bound(self) -> dict[str, str]:
        """Return the fields that join a log line to the span at hand; none where there is none."""
        here = self.here()
        return here.bound if here else {}

    def close(self, within: float = CLOSES) -> None:
        """Send what waits, for a limited time; what is left then is dropped."""
        ends = threading.Thread(target=self.provider.shutdown, daemon=True)
        ends.start()
        ends.join(within)
        self._queue.end()

    def _is_sampled(self, place: Place, span: Span) -> bool:
        """Decide as for the trace's root, by the trace's id: there is no parent to ask."""
        found = self.provider.sampler.should_sample(None, place.trace, span.name)
        return found.decision is Decision.RECORD_AND_SAMPLE

    def _emit(self, span: Span, context: Context) -> None:
        started = self._tracer.start_span(
            span.name,
            context=context,
            kind=SpanKind[span.kind.upper()],
            attributes=span.attributes,
            links=[Link(_context(place)) for place in span.links],
            start_time=span.begun,
        )
        if not started.is_recording():
            return
        within = set_span_in_context(started, context)
        for child in span.children:
            self._emit(child, within)
        if span.error:
            started.set_status(Status(StatusCode.ERROR, span.error))
        started.end(max(span.begun, span.ended))


def _context(place: Place) -> SpanContext:
    return SpanContext(place.trace, place.span, is_remote=True, trace_flags=TraceFlags(1))


def _resource(service: str) -> Resource:
    """Who we are; OTEL_SERVICE_NAME and OTEL_RESOURCE_ATTRIBUTES know better."""
    own = Resource.create(
        {
            "service.name": service,
            "service.version": version("syncline"),
            "service.instance.id": f"{socket.gethostname()}/{os.getpid()}",
        }
    )
    return own.merge(OTELResourceDetector().detect())


class _Ids(RandomIdGenerator, threading.local):
    """The ids that the next span of this thread is to have, else random ones."""

    next: Place | None = None

    def generate_trace_id(self) -> int:
        return self.next.trace if self.next else super().generate_trace_id()

    def generate_span_id(self) -> int:
        given, self.next = self.next, None
        return given.span if given else super().generate_span_id()


class _Queue(SpanProcessor):
    """What is on its way out. OpenTelemetry's own queue drops in silence; this one counts."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._lock = threading.Lock()
        self._waiting = 0
        self._told = 0
        self._ended = False
        self._tell_at = 0.0
        self.dropped = 0
        self._batches = BatchSpanProcessor(_Counted(OTLPSpanExporter(), self._left))

    def on_end(self, span: ReadableSpan) -> None:
        context = span.get_span_context()
        if context is None or not context.trace_flags.sampled:
            return
        with self._lock:
            fits = self._waiting < self._most
            self._waiting += fits
            self.dropped += not fits
        if fits:
            self._batches.on_end(span)
        else:
            self._tell()

    def shutdown(self) -> None:
        self._batches.shutdown()  # type: ignore[no-untyped-call]

    def force_flush(self, timeout_millis: int = 30_000) -> bool:
        return self._batches.force_flush(timeout_millis)

    def end(self) -> None:
        """What did not leave until now never will."""
        with self._lock:
            self.dropped += self._waiting
            self._ended, self._waiting, self._tell_at = True, 0, 0.0
        self._tell()

    def _left(self, spans: int, arrived: bool) -> None:  # noqa: FBT001 - a callback
        with self._lock:
            if self._ended:
                return
            self._waiting -= spans
            self.dropped += 0 if arrived else spans
        self._tell()

    def _tell(self) -> None:
        with self._lock:
            new, now = self.dropped - self._told, time.monotonic()
            if not new or now < self._tell_at:
                return
            self._told, self._tell_at = self.dropped, now + _TELL_EVERY
        log.warning("spans_dropped", spans=new, hint="does the collector answer?")


class _Counted(SpanExporter):
    def __init__(self, inner: SpanExporter, left: Callable[[int, bool], None]) -> None:
        self._inner = inner
        self._left = left

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        found = SpanExportResult.FAILURE
        try:
            found = self._inner.export(spans)
        finally:  # OpenTelemetry's thread logs whatever else comes, and goes on
            self._left(len(spans), found is SpanExportResult.SUCCESS)
        return found

    def shutdown(self) -> None:
        self._inner.shutdown()
