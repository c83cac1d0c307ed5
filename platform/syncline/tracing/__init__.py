"""OpenTelemetry traces: where spans have their ids from, and how they leave a process.

Off unless the standard variables name a collector (``OTEL_EXPORTER_OTLP_ENDPOINT``); then, and
only then, ``exporter`` and with it OpenTelemetry's SDK is imported (extra ``tracing``). Ids follow
from what is stored anyway (``places``), so that a trace goes through several processes and nothing
travels for it. What the spans of a run tell is the workers' business (``app.spans``).
"""

from syncline.tracing.span import Span
from syncline.tracing.switch import is_on, open_exporter, trouble

__all__ = ["Span", "is_on", "open_exporter", "trouble"]
