"""What the renderers beside helm and kustomize are told: plain files."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator, Field

from syncline.model.values import Written


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
