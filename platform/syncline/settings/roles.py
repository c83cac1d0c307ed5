"""Settings of the roles: the scheduler, the API, and what every role writes and shows."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Annotated

from pydantic import Field
from pydantic_settings import BaseSettings

from syncline.model.values import Duration, Name
from syncline.settings.environment import prefix

Weight = Annotated[float, Field(ge=0.001, le=1000)]
"""A share among others: at 0 a project would never be served, far from 1 nobody else."""


class SchedulerSettings(BaseSettings):
    """The pace of the scheduler role."""

    model_config = prefix("SCHEDULER_")

    tick: Duration = Field(
        default=timedelta(milliseconds=250),
        description="Longest wait between two looks while something is queued or running.",
    )
    idle: Duration = Field(
        default=timedelta(seconds=1),
        description="The same while nothing is; what gets ready or is due ends it at once.",
    )
    batch: int = Field(
        default=200, ge=1, le=200, description="Members that one atomic step takes at most: 7 ms."
    )
    backlog: int = Field(
        default=16, ge=1, description="Messages kept in one broker queue; the rest waits in order."
    )
    leader_lease: Duration = Field(
        default=timedelta(seconds=3), description="Another scheduler takes over after this time."
    )
    project_weights: Mapping[Name, Weight] = Field(
        default_factory=dict,
        description='Shares of projects (JSON): with {"shop": 3} the project shop gets 3 turns '
        "where each other gets one, while both wait in a lane. 0.001 to 1000; 1 where not named.",
    )


class ServerSettings(BaseSettings):
    """The API."""

    model_config = prefix("SERVER_")

    host: str = Field(default="127.0.0.1", description="The address to listen on: loopback only.")
    port: int = Field(default=8080, ge=0, le=65535, description="The port; 0: any free one.")
    open_metrics: bool = Field(
        default=False,
        description="Whether /metrics answers without a token: it tells numbers, and names of "
        "projects. Default: a token with the scope `metrics` or `read` is needed.",
    )


class LogSettings(BaseSettings):
    """Logs."""

    model_config = prefix("LOG_")

    level: str = Field(default="info", description="debug, info, warning or error.")
    json_lines: bool | None = Field(
        default=None, description="JSON lines; default: unless the output is a terminal."
    )


class TraceSettings(BaseSettings):
    """Traces, which OpenTelemetry's own variables turn on."""

    model_config = prefix("TRACE_")

    objects: int = Field(
        default=50,
        ge=0,
        description="Objects of a run that get a span of their own: those that failed, then the "
        "slowest. 50: a trace stays readable, and below 64 KB.",
    )


class PulseSettings(BaseSettings):
    """Health checks of schedulers and workers."""

    model_config = prefix("PULSE_")

    file: Path | None = Field(
        default=None,
        description="A file that the main loop touches, for `python -m syncline.pulse`. "
        "Default: none, nobody asks. Each process needs its own.",
    )
