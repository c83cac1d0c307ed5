"""What a Helm chart reaches: its directory, value files, and charts that it depends on."""

from __future__ import annotations

import posixpath
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Final

from syncline.errors import LimitExceeded, PathNotFound, RenderFailed
from syncline.model.source import HelmOptions
from syncline_workers.renderers import locked, remote, valuefiles
from syncline_workers.renderers.detect import CHART
from syncline_workers.renderers.tree import Tree, inputs_below, join, name_in

_LOCAL: Final = "file://"
_DEEPEST: Final = 20


@dataclass(frozen=True, slots=True)
class Dependency:
    """A chart to be put into another's ``charts/``, where it is not vendored."""

    name: str
    directory: str = ""  # in the repository
    dependencies: tuple[Dependency, ...] = ()
    elsewhere: str = ""  # or what `remote` names


@dataclass(slots=True, kw_only=True)
class Chart:
    """One chart and all that it reaches."""

    directory: str
    value_files: tuple[str, ...]
    dependencies: tuple[Dependency, ...]
    file_parameters: dict[str, str] = field(default_factory=dict)  # a value's path → a file's
    inputs: dict[str, str] = field(default_factory=dict)  # path → id
    laid_out: set[str] = field(default_factory=set)


def read(tree: Tree, directory: str, options: HelmOptions) -> Chart:
    """Find out what a chart reaches.

    Raises:
        PathNotFound: no ``Chart.yaml``, or a file that is named or a local dependency is missing.
        UnsafePath: one of them is outside the repository.
        RenderFailed: dependencies that go in circles, or a lock of others.
        ManifestInvalid: ``Chart.yaml`` is broken YAML.
    """
    named = valuefiles.find(
        tree, directory, options.value_files, may_miss=options.ignore_missing_value_files
    )
    chart = Chart(directory=directory, value_files=tuple(named.files), dependencies=())
    chart.dependencies = tuple(_dependencies(tree, chart, directory, (directory,)))
    chart.inputs |= named.inputs
    chart.laid_out |= set(named.files)
    for name, path in options.file_parameters.items():
        what = f"the file of the parameter {name},"
        chart.file_parameters[name] = valuefiles.one(tree, directory, path, what=what)
        _note(tree, chart, chart.file_parameters[name])
    return chart


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
    for name, repository, version in locked.declared(tree, directory, files):
        if _is_vendored(name, directory, files):
            continue
        if remote.is_elsewhere(repository):
            named = remote.write(remote.Remote(repository, name, version))
            chart.inputs |= tree.ids([named])
            yield Dependency(name, elsewhere=named)
        if not repository.startswith(_LOCAL):
            continue
        inner = join(directory, repository.removeprefix(_LOCAL), subject=directory)
        if any(f"{outer}/".startswith(f"{inner}/") or inner == "." for outer in above):
            raise RenderFailed(directory, f"the dependency {name} is a chart that it lies in")
        found = tuple(_dependencies(tree, chart, inner, (*above, inner)))
        yield Dependency(name, inner, found)


def _is_vendored(name: str, directory: str, files: Iterable[str]) -> bool:
    charts = name_in(directory, "charts")
    return any(
        path.startswith(f"{charts}/{name}/")
        or (posixpath.dirname(path) == charts and _is_archive_of(name, posixpath.basename(path)))
        for path in files
    )


def _is_archive_of(name: str, file: str) -> bool:
    return file.endswith(".tgz") and file.startswith(f"{name}-")
