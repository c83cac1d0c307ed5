"""Plugins: what the administrator of the workers declares, and what a plugin is told.

A declaration is a file on the workers, never a document: who may write to a repository, or to the
API, names a plugin, and cannot make one.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any, Literal

from pydantic import Field, field_validator

from syncline.model.values import Duration, Name, Stored, Written


class Plugin(Written):
    """A program that makes manifests, and what it may."""

    name: Name = Field(description="What applications name it by.")
    version: str = Field(
        min_length=1,
        max_length=100,
        description="Part of what results are kept under: change it with the program.",
    )
    description: str = Field(default="", max_length=1000, description="For people.")
    command: tuple[str, ...] = Field(
        min_length=1,
        description="The program's absolute path, and its arguments. Arguments that are absolute "
        "paths of files, such as a script, it may read.",
    )
    parameters: dict[str, Any] = Field(
        default={"type": "object", "additionalProperties": False},
        description="A JSON Schema (2020-12) of what an application may write as "
        "plugin.parameters. None: no parameters.",
    )
    cluster: bool = Field(
        default=False,
        description="Tell it the cluster's name, labels and version. Each cluster then has a "
        "render of its own.",
    )
    network: bool = Field(
        default=False, description="Let it open connections. What it fetches is no input."
    )
    reads: tuple[str, ...] = Field(
        default=(), description="Absolute paths of the host that it may read too."
    )
    timeout: Duration | None = Field(
        default=None, gt=timedelta(0), description="None: SYNCLINE_RENDER_TIMEOUT."
    )
    memory: int | None = Field(default=None, gt=0, description="None: SYNCLINE_RENDER_MEMORY.")
    output: int | None = Field(default=None, gt=0, description="None: SYNCLINE_RENDER_OUTPUT.")
    processes: int | None = Field(
        default=None, ge=1, description="None: SYNCLINE_RENDER_PROCESSES."
    )

    @field_validator("command")
    @classmethod
    def _is_absolute(cls, command: tuple[str, ...]) -> tuple[str, ...]:
        if not command[0].startswith("/"):
            raise ValueError(f"{command[0]!r} is not absolute: write the program's whole path")
        return command

    @field_validator("reads")
    @classmethod
    def _are_absolute(cls, paths: tuple[str, ...]) -> tuple[str, ...]:
        for path in paths:
            if not path.startswith("/") or path == "/":
                raise ValueError(f"{path!r}: write absolute paths, and not the root")
        return paths


class PluginCluster(Stored):
    """The cluster that manifests are for."""

    name: str = Field(description="Its name.")
    labels: dict[str, str] = Field(description="Its labels.")
    kubernetes: str = Field(description="Its version, such as v1.36.3.")


class PluginInput(Stored):
    """What a plugin reads from standard input, as one JSON object. New releases may add fields."""

    format: Literal[1] = Field(
        default=1, description="Grows where a field changes or goes, not where one is added."
    )
    application: str = Field(description="The application's name.")
    namespace: str = Field(description="The destination's; default where it names none.")
    path: str = Field(description="The source's path in its repository.")
    parameters: dict[str, Any] = Field(description="plugin.parameters, which fit the schema.")
    values: dict[str, str] = Field(
        description="The application's own parameters, filled in for the cluster."
    )
    cluster: PluginCluster | None = Field(
        default=None, description="Null unless the declaration says cluster: true."
    )
