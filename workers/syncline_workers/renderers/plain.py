"""Plain YAML and JSON: every ``*.yaml``, ``*.yml`` and ``*.json`` below a directory.

Directories are read recursively, in the order of their paths. Left out are names that start with a
dot, ``Chart.yaml`` and kustomization files, and whole directories below the source that hold one:
they are sources of their own; and what the source's globs leave out (``globs``). The input is the
directory's tree id: that of one file, if the path is a file's.
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterator, Mapping
from typing import Final

from syncline.errors import LimitExceeded
from syncline.model import yaml
from syncline.model.renderer_options import PlainOptions
from syncline.model.source import RendererName
from syncline.settings import RenderSettings
from syncline_workers.renderers import globs, normalise, substitute
from syncline_workers.renderers.detect import CHART, KUSTOMIZATIONS
from syncline_workers.renderers.plan import Rendered, RenderPlan
from syncline_workers.renderers.tree import Tree, inputs_below, normal

_SUFFIXES: Final = (".yaml", ".yml", ".json")
_MARKERS: Final = frozenset((CHART, *KUSTOMIZATIONS))


def render(tree: Tree, plan: RenderPlan, settings: RenderSettings) -> Rendered:
    """Read the manifests of a directory.

    Raises:
        PathNotFound, UnsafePath: the path, a link below it, or a glob that matches nothing.
        ManifestInvalid: broken YAML, or no Kubernetes object.
        LimitExceeded: bytes, documents or objects.
    """
    root = normal(plan.source.path, subject=plan.source.path)
    documents = _documents(tree, root, plan, settings)
    return Rendered(
        manifests=normalise.manifests(documents, subject=root, most=settings.documents),
        inputs=inputs_below(tree, root),
        renderer=RendererName.PLAIN,
    )


def wanted(files: Mapping[str, str], root: str, options: PlainOptions) -> list[str]:
    """Choose the manifests among a directory's files, in the order in which they are read.

    Raises:
        PathNotFound: a glob of ``include`` matches none of them; names some.
    """
    if root in files:
        return globs.chosen([root], posixpath.dirname(root) or ".", options, subject=root)
    others = {posixpath.dirname(path) for path in files if posixpath.basename(path) in _MARKERS}
    others.discard("" if root == "." else root)
    found = sorted(path for path in files if _is_wanted(path, root, others))
    if not options.recurse:
        at = "" if root == "." else root
        found = [path for path in found if posixpath.dirname(path) == at]
    return globs.chosen(found, root, options, subject=root)


def _is_wanted(path: str, root: str, others: set[str]) -> bool:
    if not path.endswith(_SUFFIXES) or posixpath.basename(path) in _MARKERS:
        return False
    inner = path if root == "." else path.removeprefix(f"{root}/")
    if any(part.startswith(".") for part in inner.split("/")):
        return False
    return not any(path.startswith(f"{other}/") for other in others)


def _documents(
    tree: Tree, root: str, plan: RenderPlan, settings: RenderSettings
) -> Iterator[normalise.Located]:
    filled = substitute.fill(plan.parameters, plan.variables, subject=root)
    limits = yaml.Limits(size=settings.output, documents=settings.documents)
    total = 0
    for path in wanted(tree.files(root), root, plan.source.plain):
        content = tree.read(path)
        total += len(content)
        if total > settings.output:
            raise LimitExceeded(root, f"has more than {settings.output} bytes of manifests")
        values = yaml.load_all(content, source=path, limits=limits, fill=filled)
        yield from normalise.locate(path, values)
