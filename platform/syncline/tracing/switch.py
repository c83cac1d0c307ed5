"""Whether traces are wanted: by OpenTelemetry's own variables, as in any other program."""

from __future__ import annotations

from collections.abc import Mapping
from importlib.util import find_spec
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from syncline.tracing.exporter import Exporter

_ENDPOINTS = ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "OTEL_EXPORTER_OTLP_ENDPOINT")
_PROTOCOLS = ("OTEL_EXPORTER_OTLP_TRACES_PROTOCOL", "OTEL_EXPORTER_OTLP_PROTOCOL")
_NEEDED = "opentelemetry.exporter.otlp.proto.http"


def is_on(environment: Mapping[str, str]) -> bool:
    """Whether a collector is named, and what traces need is installed."""
    return _is_wanted(environment) and not trouble(environment)


def trouble(environment: Mapping[str, str]) -> str:
    """Return why traces are wanted and cannot be had; "" where all is well."""
    if not _is_wanted(environment):
        return ""
    protocol = next((environment[name] for name in _PROTOCOLS if environment.get(name)), "")
    if protocol not in ("", "http/protobuf"):
        return f"the protocol {protocol} is not spoken: give the collector's port for http/protobuf"
    if not _is_installed():
        return "OpenTelemetry's SDK is not installed: pip install 'syncline[tracing]'"
    return ""


def open_exporter(environment: Mapping[str, str], *, service: str) -> Exporter | None:
    """Open the way out of this process; None where traces are off.

    It has a thread of its own: open it after a fork, never before.

    Args:
        environment: the variables of this process.
        service: ``service.name`` unless a variable says otherwise: ``syncline-worker``.
    """
    if not is_on(environment):
        return None
    from syncline.tracing.exporter import Exporter  # noqa: PLC0415 - costs 0.2 s and 15 MB

    return Exporter(service)


def _is_wanted(environment: Mapping[str, str]) -> bool:
    return (
        any(environment.get(name) for name in _ENDPOINTS)
        and environment.get("OTEL_SDK_DISABLED", "").lower() != "true"
        and environment.get("OTEL_TRACES_EXPORTER", "otlp") == "otlp"
    )


def _is_installed() -> bool:
    try:
        return find_spec(_NEEDED) is not None
    except ModuleNotFoundError:  # one of its parents is absent
        return False
