"""What a kustomization names, place by place: files, and what may be a directory."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

BASES: Final = ("resources", "bases", "components")
"""What may be a directory, also of another repository."""

PLUGINS: Final = ("generators", "transformers", "validators")
"""What holds configuration of plugins; a directory is built for it."""

FILES: Final = ("crds", "configurations", "patchesStrategicMerge")
PATCHES: Final = ("patches", "patchesJson6902", "replacements")
GENERATORS: Final = ("configMapGenerator", "secretGenerator")


def directories(content: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield place and path of what may be a directory; plugins' configuration may be one too."""
    for name in (*BASES, *PLUGINS):
        for number, path in enumerate(_texts(content.get(name))):
            yield f"{name}[{number}]", path


def files(content: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield place and path of each file."""
    for name in FILES:
        for number, path in enumerate(_texts(content.get(name))):
            yield f"{name}[{number}]", path
    for name in PATCHES:
        for number, patch in enumerate(_mappings(content.get(name))):
            if isinstance(patch.get("path"), str):
                yield f"{name}[{number}].path", patch["path"]
    for name in GENERATORS:
        for number, made in enumerate(_mappings(content.get(name))):
            yield from _generator_files(f"{name}[{number}]", made)
    openapi = content.get("openapi")
    if isinstance(openapi, dict) and isinstance(openapi.get("path"), str):
        yield "openapi.path", openapi["path"]


def _generator_files(place: str, made: dict[str, Any]) -> Iterator[tuple[str, str]]:
    for number, text in enumerate(_texts(made.get("files"))):
        yield f"{place}.files[{number}]", text.rpartition("=")[2]
    for number, path in enumerate(_texts(made.get("envs"))):
        yield f"{place}.envs[{number}]", path
    if isinstance(made.get("env"), str):
        yield f"{place}.env", made["env"]


def _texts(value: Any) -> list[str]:
    # What has another type kustomize refuses, and says so better.
    return [text for text in value if isinstance(text, str)] if isinstance(value, list) else []


def _mappings(value: Any) -> list[dict[str, Any]]:
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def is_inline(text: str) -> bool:
    """Whether a text is configuration or a patch itself, rather than the path of one."""
    return "\n" in text or text.lstrip().startswith(("{", "["))
