"""What the renderers beside helm and kustomize are told: plain files, Jsonnet, plugins."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import AfterValidator, Field, StringConstraints

from syncline.model.values import Name, Written


def _glob(text: str) -> str:
    parts = text.split("/")
    if "" in parts or ".." in parts:
        raise ValueError(
            f"{text!r} is no glob: write it relative to the source's path, as *.yaml or crds/**"
        )
    return text


Glob = Annotated[str, Field(min_length=1, max_length=256), AfterValidator(_glob)]
"""``*``, ``?`` and ``[…]`` stay in one name, ``**`` crosses directories. Without a ``/`` it is
compared with the file's name, else with its path below the source's."""


class PlainOptions(Written):
    """Which files of a directory of plain manifests are read."""

    recurse: bool = Field(default=True, description="Read the directories below the path too.")
    include: tuple[Glob, ...] = Field(
        default=(),
        max_length=100,
        description="Globs: only files that match one are read; each must match a file. None: all.",
    )
    exclude: tuple[Glob, ...] = Field(
        default=(),
        max_length=100,
        description="Globs: files that match one are not read; they win over include.",
    )


class Code(Written):
    """A value that is an expression of Jsonnet."""

    code: str = Field(
        max_length=100_000, description="Such as 3 or [1, 2]; it may import from libs."
    )


Variable = Annotated[str, Field(max_length=1_000_000)] | Code
"""A string, or an expression."""

VariableName = Annotated[str, StringConstraints(pattern=r"^[A-Za-z_][A-Za-z0-9_.\-/]{0,252}$")]


class JsonnetOptions(Written):
    """What only a Jsonnet program needs."""

    entry: str = Field(
        default="main.jsonnet",
        min_length=1,
        max_length=1024,
        description="The program, relative to the path; not used where the path is a file.",
    )
    tlas: dict[VariableName, Variable] = Field(
        default={},
        description="Top-level arguments, of a program that is a function: strings, or {code: …}.",
    )
    ext_vars: dict[VariableName, Variable] = Field(
        default={},
        description="External variables, for std.extVar: strings, or {code: …}. The application's "
        "parameters are external variables too.",
    )
    libs: tuple[str, ...] = Field(
        default=(),
        max_length=100,
        description="Directories where imports are looked for, after that of the file that "
        "imports: relative to the path, anywhere in the repository. Later ones win.",
    )


class PluginOptions(Written):
    """Which plugin makes the manifests, and what it is told."""

    name: Name = Field(description="A plugin that the administrator of the workers declares.")
    parameters: dict[str, Any] = Field(
        default={}, description="What the plugin's own schema asks for: see its declaration."
    )
