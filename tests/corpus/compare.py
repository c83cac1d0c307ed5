"""One bundle both ways: from a commit through our renderers, and by hand."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

from syncline.credentials import CredentialSource
from syncline.errors import SynclineError
from syncline.model.records import RepositoryRecord
from syncline.model.renderer_options import JsonnetOptions
from syncline.model.repository import RepositorySpec
from syncline.model.source import HelmOptions, RendererName, Source
from syncline.settings import GitSettings, RenderSettings
from syncline_workers.git.repositories import open_repositories
from syncline_workers.renderers import render
from syncline_workers.renderers.plan import RenderPlan
from syncline_workers.renderers.tree import Tree
from tests.corpus import byhand
from tests.corpus.bundles import VENDORED, Bundle
from tests.harness.workrepo import WorkRepo


class Outcome(StrEnum):
    """What came of it; only the last is a fault."""

    EQUAL = "equal"
    REFUSED = "refused"  # by both
    DIFFERENT = "different"


@dataclass(frozen=True, slots=True, kw_only=True)
class Compared:
    """One bundle's result."""

    bundle: Bundle
    outcome: Outcome
    objects: int = 0
    detail: str = ""


@contextmanager
def committed(work: WorkRepo, cache: Path) -> Iterator[Tree]:
    """All that is in a work tree, as a worker reads it: from a commit, through a mirror."""
    work.git("add", "--all", "--force")
    work.git("commit", "--quiet", "--message", "corpus")
    work.push()
    spec = RepositorySpec(url=str(work.origin))
    record = RepositoryRecord(uid="r1", name="corpus", spec=spec)
    settings = GitSettings(cache=cache, allow_local=(work.origin.parent,))
    git = open_repositories(settings, CredentialSource(directory=None, environment={}))
    try:
        with git.tree(record, work.git("rev-parse", "HEAD")) as tree:
            yield tree
    finally:
        git.close()


def compare(tree: Tree, root: Path, bundle: Bundle, settings: RenderSettings) -> Compared:
    """Render a bundle both ways; ``root`` holds the files of the commit."""
    ours, refusal = _ours(tree, bundle, settings)
    try:
        theirs = byhand.render(root, bundle, settings)
    except byhand.Refused as exc:
        if refusal:
            return Compared(bundle=bundle, outcome=Outcome.REFUSED, detail=refusal)
        detail = f"only the program refuses: {exc}"
        return Compared(bundle=bundle, outcome=Outcome.DIFFERENT, detail=detail)
    detail = f"only Syncline refuses: {refusal}" if refusal else _difference(bundle, ours, theirs)
    if not detail and bundle.renderer is RendererName.KUSTOMIZE:
        detail = _by_kubectl(root, bundle, ours)
    outcome = Outcome.DIFFERENT if detail else Outcome.EQUAL
    return Compared(bundle=bundle, outcome=outcome, objects=len(theirs), detail=detail)


def _ours(tree: Tree, bundle: Bundle, settings: RenderSettings) -> tuple[list[Any], str]:
    """Our objects, or why there are none. The renderer is detected, as for an application."""
    values = (bundle.values,) if bundle.values else ()
    libraries = f"{bundle.path}/{VENDORED}"
    source = Source(
        repository="corpus",
        path=bundle.path,
        helm=HelmOptions(value_files=values),
        jsonnet=JsonnetOptions(libs=(VENDORED,) if tree.ids([libraries])[libraries] else ()),
    )
    plan = RenderPlan(source=source, name=byhand.RELEASE, namespace=byhand.NAMESPACE)
    try:
        result = render.render(tree, plan, settings)
    except SynclineError as exc:
        return [], f"{exc.reason}: {exc}"
    if result.renderer is not bundle.renderer:
        return [], f"taken for {result.renderer}"
    return list(result.manifests), ""


def _difference(bundle: Bundle, ours: list[Any], theirs: list[Any]) -> str:
    """Object for object; in plain files the order is ours to choose."""
    if bundle.renderer is RendererName.PLAIN:
        ours, theirs = sorted(ours, key=_name), sorted(theirs, key=_name)
    if [_name(one) for one in ours] != [_name(one) for one in theirs]:
        mine, other = {_name(one) for one in ours}, {_name(one) for one in theirs}
        return f"only ours: {sorted(mine - other)}; only by hand: {sorted(other - mine)}; or order"
    return "; ".join(
        f"{' '.join(_name(one))} differs: {_first(one, other)}"
        for one, other in zip(ours, theirs, strict=True)
        if one != other or _types(one) != _types(other)
    )


def _by_kubectl(root: Path, bundle: Bundle, ours: list[Any]) -> str:
    """How `kubectl kustomize` differs; "" = in nothing."""
    try:
        found = _difference(bundle, ours, byhand.by_kubectl(root, bundle))
    except byhand.Refused as exc:
        found = f"is refused: {exc}"
    return f"kubectl kustomize: {found}" if found else ""


def _name(one: Any) -> tuple[str, str, str, str]:
    meta = one["metadata"]
    return one["apiVersion"], one["kind"], meta.get("namespace") or "", meta["name"]


def _types(value: Any) -> Any:
    """1, 1.0 and true are equal to Python, and not to a cluster."""
    if isinstance(value, dict):
        return {key: _types(item) for key, item in value.items()}
    return [_types(item) for item in value] if isinstance(value, list) else type(value)


def _first(ours: Any, theirs: Any, place: str = "") -> str:
    """Where two values differ first."""
    if isinstance(ours, dict) and isinstance(theirs, dict):
        for key in sorted(ours.keys() | theirs.keys(), key=str):
            one, other = ours.get(key, ...), theirs.get(key, ...)
            if one != other or _types(one) != _types(other):
                return _first(one, other, f"{place}.{key}")
    if isinstance(ours, list) and isinstance(theirs, list) and len(ours) == len(theirs):
        for number, (one, other) in enumerate(zip(ours, theirs, strict=True)):
            if one != other or _types(one) != _types(other):
                return _first(one, other, f"{place}[{number}]")
    return f"{place} is {ours!r:.100}, by hand {theirs!r:.100}"
