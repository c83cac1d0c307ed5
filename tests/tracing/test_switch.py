"""Traces are off unless OpenTelemetry's own variables turn them on."""

import os
import subprocess
import sys

import pytest

from syncline import tracing
from syncline.tracing import switch
from tests.harness.redis import Redis
from tests.project.files import ROOT

ON = {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://collector:4318"}


@pytest.mark.parametrize(
    "environment",
    [ON, {"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": "http://collector:4318/v1/traces"}],
)
def test_a_collector_turns_them_on(environment: dict[str, str]) -> None:
    assert tracing.is_on(environment)


@pytest.mark.parametrize(
    "environment",
    [
        {},
        {"OTEL_SERVICE_NAME": "somebody"},
        {**ON, "OTEL_SDK_DISABLED": "true"},
        {**ON, "OTEL_TRACES_EXPORTER": "none"},
    ],
)
def test_without_one_they_are_off_and_nothing_is_wrong(environment: dict[str, str]) -> None:
    assert not tracing.is_on(environment)
    assert tracing.trouble(environment) == ""
    assert tracing.open_exporter(environment, service="syncline-test") is None


def test_a_protocol_that_is_not_spoken_is_told() -> None:
    asked = {**ON, "OTEL_EXPORTER_OTLP_PROTOCOL": "grpc"}

    assert not tracing.is_on(asked)
    assert tracing.trouble(asked) == (
        "the protocol grpc is not spoken: give the collector's port for http/protobuf"
    )


def test_a_package_that_is_not_installed_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(switch, "_NEEDED", "opentelemetry.nowhere.at.all")

    assert not tracing.is_on(ON)
    assert "pip install 'syncline[tracing]'" in tracing.trouble(ON)


def test_a_worker_that_is_not_traced_imports_nothing_for_it(redis_session: Redis) -> None:
    """Asked after a task that went to the store and back.

    redis-py imports the metrics of an SDK that is installed, whatever we do.
    """
    told = subprocess.run(
        [sys.executable, "-c", _TASK],
        env=_environment(redis_session),
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )

    assert (told.returncode, told.stdout.splitlines()[-1].split()) == (0, ["PENDING"]), told.stderr


_TASK = """
import sys
from celery.app.trace import build_tracer
from syncline_workers.app import app
task = app.tasks["syncline.reconcile.v1"]
payload = {"target": "a.c", "ticket": "a.c.1", "name": "a@c"}
request = {"id": "a.c.1", "task": task.name, "args": [payload]}
build_tracer(task.name, task, app=app)("a.c.1", (payload,), {}, request)
ours = ("opentelemetry.sdk.trace", "opentelemetry.exporter", "opentelemetry.proto")
print()  # ends the log's last line
print(app.AsyncResult("a.c.1").state, *(m for m in sys.modules if m.startswith(ours)))
"""


def _environment(redis: Redis) -> dict[str, str]:
    kept = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    return {
        **kept,
        "PYTHONPATH": f"{ROOT / 'platform'}:{ROOT / 'workers'}",
        "SYNCLINE_STORE_URL": redis.url,
        "SYNCLINE_KEY": "A" * 43 + "=",
    }
