"""Jsonnet, by the official binary (go-jsonnet): one program, which evaluates to its manifests.

The program is the path itself, where that is a file, else ``main.jsonnet`` in it, or another entry.
What it evaluates to is one manifest or an array of them, as Argo CD takes it; Lists are flattened.
Values travel in files, so that none stands in an argument list. Imports are learned (``imports``).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from syncline.errors import InvalidDocument, ManifestInvalid
from syncline.model import yaml
from syncline.model.renderer_options import Code, Variable
from syncline.model.source import RendererName
from syncline.settings import RenderSettings
from syncline_workers import scratch
from syncline_workers.renderers import imports, normalise, sandbox, tools
from syncline_workers.renderers.detect import CHART, KUSTOMIZATIONS
from syncline_workers.renderers.isolation import Needs
from syncline_workers.renderers.plan import Rendered, RenderPlan
from syncline_workers.renderers.tree import Tree, join, name_in, normal

_SHOWN: Final = 5  # keys in an error


def render(tree: Tree, plan: RenderPlan, settings: RenderSettings) -> Rendered:
    """Evaluate a program.

    Raises:
        PathNotFound, UnsafePath: the program, or an import.
        InvalidDocument: a parameter is an external variable too.
        RenderFailed: jsonnet refused, or there is none here.
        ManifestInvalid, LimitExceeded: as ``render.render``.
    """
    root = normal(plan.source.path, subject=plan.source.path)
    entry = root if _is_file(tree, root) else join(root, plan.source.jsonnet.entry, subject=root)
    directory = entry.rpartition("/")[0] or "." if entry == root else root
    libs = [join(directory, path, subject=root) for path in plan.source.jsonnet.libs]
    variables = _variables(plan)
    codes = [one.code for group in variables.values() for one in group.values() if _is_code(one)]
    reach = imports.reach(tree, entry, libs, codes=codes)
    with tree.materialise(sorted(reach.laid_out)) as sources, scratch.directory("render") as home:
        output = sandbox.run(
            [
                tools.find(RendererName.JSONNET, settings, subject=root),
                *(word for path in libs for word in ("--jpath", path)),
                *_arguments(variables, home, subject=root),
                "--",
                entry,  # relative: std.thisFile is in what it evaluates to
            ],
            home=home,
            settings=settings,
            subject=entry,
            shown={str(sources.resolve()): "", str(sources): "", str(home): "the renderer's home"},
            needs=Needs(reads=(sources,), directory=sources),
        )
    others = [name_in(root, name) for name in (CHART, *KUSTOMIZATIONS)]
    return Rendered(
        manifests=normalise.manifests(
            _documents(output, entry, settings), subject=root, most=settings.documents
        ),
        inputs=reach.inputs | tree.ids(others),  # with one of them it would be another renderer's
        renderer=RendererName.JSONNET,
    )


def _is_file(tree: Tree, path: str) -> bool:
    return path in tree.files(path)


def _is_code(variable: Variable) -> bool:
    return isinstance(variable, Code)


def _variables(plan: RenderPlan) -> dict[str, Mapping[str, Any]]:
    """By the option that gives them to jsonnet."""
    options = plan.source.jsonnet
    both = sorted(options.ext_vars.keys() & plan.parameters.keys())
    if both:
        raise InvalidDocument(
            plan.source.path,
            f"{both[0]} is a parameter and in jsonnet.extVars: parameters are external variables, "
            "so leave it out of one of them",
        )
    return {"tla": options.tlas, "ext": {**options.ext_vars, **plan.parameters}}


def _arguments(
    variables: Mapping[str, Mapping[str, Any]], home: Path, *, subject: str
) -> Iterator[str]:
    for option, group in variables.items():
        for number, (name, value) in enumerate(group.items()):
            if "=" in name:
                raise InvalidDocument(subject, f"the parameter {name!r} holds a =")
            file = home / f"{option}-{number}"
            file.write_text(value.code if isinstance(value, Code) else value)
            kind = "code" if isinstance(value, Code) else "str"
            yield from (f"--{option}-{kind}-file", f"{name}={file}")


def _documents(output: bytes, entry: str, settings: RenderSettings) -> Iterator[normalise.Located]:
    limits = yaml.Limits(size=settings.output, documents=settings.documents)
    (value,) = yaml.load_all(output, source=entry, limits=limits)
    if isinstance(value, dict) and value and not {"apiVersion", "kind"} & value.keys():
        keys = ", ".join(sorted(value)[:_SHOWN])
        raise ManifestInvalid(
            entry,
            f"evaluates to a mapping that is no manifest (its keys: {keys}): let it be one, or an "
            "array of them, as std.objectValues(…) makes of a mapping",
        )
    return normalise.items(entry, [value])
