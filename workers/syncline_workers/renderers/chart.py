"""What a Helm chart reaches: its directory, value files, and charts that it depends on by path."""

from __future__ import annotations

import posixpath
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, Final

from syncline.errors import LimitExceeded, PathNotFound, RenderFailed, UnsafePath
from syncline.model import yaml
from syncline_workers.renderers.detect import CHART
from syncline_workers.renderers.tree import Tree, inputs_below, join, name_in

_LOCAL: Final = "file://"
_REQUIREMENTS: Final = "requirements.yaml"  # where charts of apiVersion v1 have them
_DEEPEST: Final = 20


@dataclass(frozen=True, slots=True)
class Dependency:
    """A chart to be put into another's ``charts/``: it is named by path, and not vendored."""

    name: str
    directory: str
    dependencies: tuple[Dependency, ...] = ()


@dataclass(slots=True, kw_only=True)
class Chart:
    """One chart and all that it reaches."""

    directory: str
    value_files: tuple[str, ...]
    dependencies: tuple[Dependency, ...]
    inputs: dict[str, str] = field(default_factory=dict)  # path → id
    laid_out: set[str] = field(default_factory=set)


def read(tree: Tree, directory: str, value_files: Iterable[str]) -> Chart:
    """Find out what a chart reaches.

    Raises:
        PathNotFound: no ``Chart.yaml``, or a value file or a local dependency is missing.
        UnsafePath: one of them is outside the repository.
        RenderFailed: dependencies that go in circles.
        ManifestInvalid: ``Chart.yaml`` is broken YAML.
    """
    files = tuple(_value_file(tree, directory, path) for path in value_files)
    chart = Chart(directory=directory, value_files=files, dependencies=())
    chart.dependencies = tuple(_dependencies(tree, chart, directory, (directory,)))
    for path in files:
        _note(tree, chart, path)
    return chart


def _value_file(tree: Tree, directory: str, path: str) -> str:
    if "://" in path:
        raise UnsafePath(directory, f"the value file {path} is remote: copy it into the repository")
    found = join(directory, path, subject=directory)
    try:
        is_file = found in tree.files(found)
    except PathNotFound as exc:
        raise PathNotFound(directory, f"the value file {path}: {exc.detail}") from exc
    if not is_file:
        raise PathNotFound(directory, f"the value file {path} is a directory")
    return found


def _note(tree: Tree, chart: Chart, path: str) -> None:
    chart.laid_out.add(path)
    chart.inputs |= inputs_below(tree, path)


def _dependencies(
    tree: Tree, chart: Chart, directory: str, above: tuple[str, ...]
) -> Iterator[Dependency]:
    """Yield what is to be put into ``charts/``; also notes the directory itself."""
    if len(above) > _DEEPEST:
        raise LimitExceeded(above[0], f"has charts nested more than {_DEEPEST} deep")
    files = tree.files(directory)
    if name_in(directory, CHART) not in files:
        raise PathNotFound(directory, f"is no chart: it has no {CHART}")
    _note(tree, chart, directory)
    for name, repository in _declared(tree, directory, files):
        if not repository.startswith(_LOCAL) or _is_vendored(name, directory, files):
            continue
        inner = join(directory, repository.removeprefix(_LOCAL), subject=directory)
        if any(f"{outer}/".startswith(f"{inner}/") or inner == "." for outer in above):
            raise RenderFailed(directory, f"the dependency {name} is a chart that it lies in")
        found = tuple(_dependencies(tree, chart, inner, (*above, inner)))
        yield Dependency(name, inner, found)


def _declared(tree: Tree, directory: str, files: Iterable[str]) -> Iterator[tuple[str, str]]:
    for name in (CHART, _REQUIREMENTS):
        path = name_in(directory, name)
        if path not in files:
            continue
        for document in yaml.load_all(tree.read(path), source=path, last_key_wins=True)[:1]:
            listed = document.get("dependencies") if isinstance(document, dict) else None
            yield from _pairs(listed)


def _pairs(listed: Any) -> Iterator[tuple[str, str]]:
    # What has another type helm refuses, and says so better.
    for entry in listed if isinstance(listed, list) else []:
        name, repository = (
            (entry.get("name"), entry.get("repository")) if isinstance(entry, dict) else ("", "")
        )
        if isinstance(name, str) and isinstance(repository, str) and "/" not in name:
            yield name, repository


def _is_vendored(name: str, directory: str, files: Iterable[str]) -> bool:
    charts = name_in(directory, "charts")
    return any(
        path.startswith(f"{charts}/{name}/")
        or (posixpath.dirname(path) == charts and _is_archive_of(name, posixpath.basename(path)))
        for path in files
    )


def _is_archive_of(name: str, file: str) -> bool:
    return file.endswith(".tgz") and file.startswith(f"{name}-")
