"""Helm charts, by the official binary: ``helm template``, offline, with private homes.

Values come in Helm's order: the chart's own, value files, inline values, parameters. CRDs are
included and tests left out, unless told otherwise; what other hooks mean their annotations tell
(``change.hooks``).
Dependencies that are not in ``charts/`` (``helm dependency build``) are put there for the render:
those named by a path of the same repository (``file://../common``), and by ``Chart.lock`` those of
Helm repositories and registries that are registered. Templates that draw random values
or look into the cluster give what ``helm template`` gives: the render is kept under its key, so
that it does not change by itself.
"""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Final

from syncline.model import yaml
from syncline.model.source import RendererName
from syncline.settings import RenderSettings
from syncline_workers.renderers import benches, lent, normalise, parameters, substitute
from syncline_workers.renderers import chart as charts
from syncline_workers.renderers.plan import Rendered, RenderPlan
from syncline_workers.renderers.tree import Tree, normal

_TOGETHER: Final = 300  # names of at most 380 bytes in an argument of at most 128 KiB
_IN_CSV: Final = frozenset(',"\r\n')
_SOURCE: Final = re.compile(r"^---\n# Source: (.+)\n", re.MULTILINE)


def render(tree: Tree, plan: RenderPlan, settings: RenderSettings) -> Rendered:
    """Template a chart.

    Raises:
        PathNotFound, UnsafePath: the chart, a value file or a local dependency.
        RenderFailed: helm refused, or there is none here.
        InvalidDocument: a parameter's name is no path of a value.
        ManifestInvalid, LimitExceeded: as ``render.render``.
    """
    root = normal(plan.source.path, subject=plan.source.path)
    chart = charts.read(tree, root, plan.source.helm)
    output = _template(tree, chart, plan, settings).decode(errors="replace")
    documents = _documents(output, root, settings)
    return Rendered(
        manifests=normalise.manifests(documents, subject=root, most=settings.documents),
        inputs=chart.inputs,
        renderer=RendererName.HELM,
    )


def _template(tree: Tree, chart: charts.Chart, plan: RenderPlan, settings: RenderSettings) -> bytes:
    with (
        tree.materialise(sorted(chart.laid_out)) as sources,
        benches.bench(RendererName.HELM, sources, settings, subject=chart.directory) as bench,
    ):
        home = bench.home
        directory = _completed(tree, sources, chart, home)
        on_disk = partial(lent.place, tree, sources=sources, home=home)
        options = plan.source.helm
        arguments = [
            "template",
            *_choices(plan),
            *_api_versions(plan.api_versions),
            *(
                f"--values={_listed(path)}"
                for path in _value_files(tree, chart, plan, on_disk, home)
            ),
            *_inline_values(plan, home),
            *parameters.arguments(
                plan.parameters,
                home,
                strings={*options.string_parameters, *plan.string_parameters},
                subject=chart.directory,
            ),
            *parameters.files(
                {name: on_disk(path) for name, path in chart.file_parameters.items()},
                home,
                subject=chart.directory,
            ),
            "--",  # a release name is no option
            options.release_name or plan.name,
            str(directory),
        ]
        shown = {
            str(directory): f"{chart.directory}/",
            str(sources.resolve()): "",
            str(sources): "",
            str(home / lent.FOLDER): "$",
            str(home): "the renderer's home",
        }
        return bench.run(arguments, shown)


def _value_files(
    tree: Tree,
    chart: charts.Chart,
    plan: RenderPlan,
    on_disk: Callable[[str], Path],
    home: Path,
) -> Iterator[Path]:
    """The value files; those with places for variables are filled in first."""
    filled = substitute.fill({}, plan.variables, subject=chart.directory)
    for number, path in enumerate(chart.value_files):
        content = tree.read(path) if filled is not None else b""
        if b"${" not in content:
            yield on_disk(path)
            continue
        (value, *_) = yaml.load_all(content, source=path, fill=filled, last_key_wins=True) or [None]
        place = home / f"values-{number}.json"
        place.write_text(json.dumps(value))
        yield place


def _choices(plan: RenderPlan) -> Iterator[str]:
    options = plan.source.helm
    yield f"--namespace={options.namespace or plan.namespace}"
    if plan.kube_version:
        yield f"--kube-version={plan.kube_version}"
    if not options.skip_crds:
        yield "--include-crds"
    if options.skip_tests:
        yield "--skip-tests"
    if options.skip_schema_validation:
        yield "--skip-schema-validation"


def _listed(path: Path) -> str:
    """Write a path as one item of a list: helm reads those as lines of CSV."""
    text = str(path)
    if _IN_CSV.isdisjoint(text):
        return text
    doubled = text.replace('"', '""')
    return f'"{doubled}"'


def _api_versions(names: Sequence[str]) -> Iterator[str]:
    """Helm adds these to what it takes for served by itself. Linux limits each argument's size."""
    for start in range(0, len(names), _TOGETHER):
        yield f"--api-versions={','.join(names[start : start + _TOGETHER])}"


def _inline_values(plan: RenderPlan, home: Path) -> list[str]:
    if not plan.source.helm.values:
        return []
    (home / "values.json").write_text(json.dumps(plan.source.helm.values))
    return ["--values=values.json"]


def _completed(tree: Tree, sources: Path, chart: charts.Chart, home: Path) -> Path:
    """The chart's directory; a copy where dependencies are to be put into it."""
    directory = sources / chart.directory
    if not chart.dependencies:
        return directory
    copy = home / "chart"
    shutil.copytree(directory, copy)
    _put(tree, sources, chart, copy)
    return copy


def _put(tree: Tree, sources: Path, of: charts.Chart | charts.Dependency, into: Path) -> None:
    for number, dependency in enumerate(of.dependencies):
        place = into / "charts" / f"{dependency.name}-{number}"  # one may be there twice
        if dependency.elsewhere:
            with (
                tree.chart(dependency.elsewhere, about=of.directory) as chart,
                chart.materialise(["."]) as directory,
            ):
                shutil.copytree(directory, place)
            continue
        shutil.copytree(sources / dependency.directory, place)
        _put(tree, sources, dependency, place)


def _documents(output: str, root: str, settings: RenderSettings) -> Iterator[normalise.Located]:
    """Each document, named after the template that it is from."""
    limits = yaml.Limits(size=settings.output, documents=settings.documents)
    _, *parts = _SOURCE.split(output)
    for template, text in zip(parts[::2], parts[1::2], strict=True):
        _, _, inner = template.partition("/")  # the first is the chart's name
        origin = root if not inner else f"{root}/{inner}".removeprefix("./")
        values = yaml.load_all(text, source=origin, limits=limits, last_key_wins=True)
        yield from normalise.locate(origin, values)
