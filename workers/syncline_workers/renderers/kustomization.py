"""Which files a kustomization reaches: bases, components, resources, patches, generators' files.

Followed by reading the kustomization files, wherever in the repository they lie. Nothing else is
laid out for kustomize, so a file that is missed here is a failed build, never a stale one.
Generators, transformers and validators may name files in their own configuration: a directory that
has them counts as a whole. Remote bases are refused, as are spellings of a kustomization that
kustomize would read differently than we do, because they could lead it out of the repository.
"""

from __future__ import annotations

import json
import posixpath
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from syncline.errors import (
    InvalidDocument,
    LimitExceeded,
    PathNotFound,
    RenderFailed,
    RevisionNotFound,
    UnsafePath,
)
from syncline.model import yaml
from syncline_workers.renderers import baseurl, inflated, named
from syncline_workers.renderers.detect import CHART, KUSTOMIZATIONS
from syncline_workers.renderers.grafted import Grafted
from syncline_workers.renderers.tree import Tree, inputs_below, join, name_in, normal

_CHARTS: Final = (inflated.FIELD, "helmChartInflationGenerator")
_FOLDED: Final = {
    name.casefold(): name
    for name in (
        *named.BASES,
        *named.FILES,
        *named.PATCHES,
        *named.GENERATORS,
        *named.PLUGINS,
        *_CHARTS,
        inflated.GLOBALS,
    )
}
_MERGE: Final = re.compile(rb"<<[\"']?\s*:")
_MOST: Final = 1000  # kustomizations in one build


@dataclass(slots=True)
class Reach:
    """What one build reaches."""

    inputs: dict[str, str] = field(default_factory=dict)  # path → id; "" = looked for, absent
    laid_out: set[str] = field(default_factory=set)  # files and directories, to be materialised
    roots: set[str] = field(default_factory=set)  # directories with a kustomization
    fetched: dict[str, str] = field(default_factory=dict)  # directory → a chart of elsewhere
    moved: dict[str, dict[str, str]] = field(default_factory=dict)  # file → URL → where it lies now


def reach(tree: Tree, root: str, others: Iterable[str] = (), *, charts: bool = False) -> Reach:
    """Follow a kustomization from its directory, and the others that are built with it.

    ``charts``: helm is there for ``helmCharts``.

    Raises:
        PathNotFound: there is no kustomization, or it names what is not there.
        UnsafePath: it names what is outside the repository.
        RenderFailed: a remote base, or a chart.
        ManifestInvalid: a kustomization file is broken YAML.
        LimitExceeded: more than 1000 kustomizations.
    """
    found = Reach()
    waiting = [root, *others]
    while waiting:
        directory = waiting.pop()
        if directory in found.roots:
            continue
        found.roots.add(directory)
        if len(found.roots) > _MOST:
            raise LimitExceeded(root, f"reaches more than {_MOST} kustomizations")
        waiting += _Step(tree, found, directory, charts).follow()
    return found


def move(sources: Path, file: str, places: Mapping[str, str]) -> None:
    """Let a kustomization that is laid out name its remote bases by where they lie now.

    What it says is written as JSON, which kustomize reads alike.
    """
    place = sources / file
    (content,) = yaml.load_all(place.read_bytes(), source=file)
    for name in named.BASES:
        if isinstance(content.get(name), list):
            content[name] = [
                places.get(path, path) if isinstance(path, str) else path for path in content[name]
            ]
    place.unlink()
    place.write_text(json.dumps(content))


@dataclass(slots=True)
class _Step:
    """One kustomization."""

    tree: Tree
    found: Reach
    directory: str
    charts: bool
    file: str = ""

    def follow(self) -> list[str]:
        """Note what it names; return the directories that are kustomizations themselves."""
        content = self._read()
        self._inflate(content)
        if any(content.get(name) for name in named.PLUGINS):
            self.found.laid_out.add(self.directory)
            self.found.inputs |= inputs_below(self.tree, self.directory)
        for place, path in named.files(content):
            self._file(place, path)
        return [
            inner
            for place, path in named.directories(content)
            if (inner := self._directory(place, path)) is not None
        ]

    def _read(self) -> dict[str, Any]:
        names = [name_in(self.directory, name) for name in KUSTOMIZATIONS]
        ids = self.tree.ids(names)
        self.found.inputs |= ids  # the absent ones too: a second one would be an error
        present = [name for name in names if ids[name]]
        if not present:
            self.tree.files(self.directory)  # raises where the directory itself is missing
            raise PathNotFound(self.directory, f"has none of {', '.join(KUSTOMIZATIONS)}")
        if len(present) > 1:
            raise RenderFailed(self.directory, f"has both {' and '.join(present)}: keep one")
        self.file = present[0]
        self.found.laid_out.add(self.file)
        text = self.tree.read(self.file)
        if _MERGE.search(text):
            self._refuse("uses << merge keys, which YAML readers disagree on: write them out")
        (content, *more) = yaml.load_all(text, source=self.file) or [None]
        if more or not isinstance(content, dict | None):
            self._refuse("must hold one mapping")
        for key in content or {}:
            meant = _FOLDED.get(key.casefold(), key)
            if meant != key:  # kustomize would take it for the other, as Go's JSON reader does
                self._refuse(f"has the field {key}: write {meant}")
        return content or {}

    def _inflate(self, content: dict[str, Any]) -> None:
        """Note the charts that helm is to inflate, and refuse what it is not to."""
        for name in _CHARTS:
            if content.get(name) and not (self.charts and name == inflated.FIELD):
                self._refuse(
                    f"{name} is not inflated here: make the chart an application of its own, with "
                    "renderer helm, or write helmCharts and set spec.source.kustomize.enableHelm"
                )
        if not self.charts:
            return
        if used := [name for name in named.PLUGINS if content.get(name)]:
            self._refuse(f"has {used[0]}, which could call helm at will: not with enableHelm")
        try:
            for chart in inflated.charts(content):
                self._chart(chart)
            for place, path in inflated.value_files(content):
                self._file(place, path)
        except inflated.Unclear as exc:
            self._refuse(str(exc))

    def _chart(self, chart: inflated.Chart) -> None:
        target = self._join(chart.directory)
        file = name_in(target, CHART)
        if not self.tree.ids([file])[file]:
            if not chart.elsewhere:
                raise PathNotFound(
                    self.file,
                    f"{chart.place} is no chart of the repository: add it as {target} (helm pull "
                    "--untar), or name its repo and version",
                )
            self.found.fetched[target] = chart.elsewhere
            self.found.inputs |= self.tree.ids([chart.elsewhere]) | {file: ""}
            return
        self.found.laid_out.add(target)
        self.found.inputs |= inputs_below(self.tree, target)

    def _directory(self, place: str, path: str) -> str | None:
        """Note a resource; return it where it is a directory with a kustomization."""
        if named.is_inline(path):
            return None
        target = self._grafted(place, path) or self._inside(place, path)
        names = [name_in(target, name) for name in KUSTOMIZATIONS]
        if any(self.tree.ids(names).values()):
            return target
        if target not in self.tree.files(target):
            raise PathNotFound(
                self.file, f"{place} names {path}, which has none of {', '.join(KUSTOMIZATIONS)}"
            )
        self._note(place, path, target)
        return None

    def _file(self, place: str, path: str) -> None:
        if not named.is_inline(path):
            self._note(place, path, self._inside(place, path))

    def _inside(self, place: str, path: str) -> str:
        """The path in the repository of what is named there."""
        if self._is_remote(path):
            self._refuse(
                f"{place} names the remote {path}, and renderers have no network: copy it into the "
                "repository, or allow it as a base in the Repository's spec.remoteBases"
            )
        target = self._join(path)
        if not self.tree.ids([target])[target]:
            try:
                self.tree.files(target)
            except (PathNotFound, UnsafePath) as exc:
                raise type(exc)(self.file, f"{place} names {path}: {exc.detail}") from exc
        return target

    def _grafted(self, place: str, path: str) -> str | None:
        """The directory of a remote base, put beside the repository's own; None: it is none."""
        is_base = place.startswith(named.BASES)
        if not is_base or not isinstance(self.tree, Grafted) or not self._is_remote(path):
            return None
        try:
            base = baseurl.parse(path)
            root = self.tree.graft(base.address, base.ref)
            target = normal(f"{root}/{base.path}", subject=path)
        except InvalidDocument as exc:
            self._refuse(f"{place} names {path}: {exc.detail}")
        except (UnsafePath, RevisionNotFound) as exc:
            raise type(exc)(self.file, f"{place} names {path}: {exc}") from exc
        if self.tree.home(target) != root:
            raise UnsafePath(self.file, f"{place} names {path}, which leads outside its repository")
        relative = posixpath.relpath(target, self.directory)
        self.found.moved.setdefault(self.file, {})[path] = relative
        return target

    def _is_remote(self, path: str) -> bool:
        if not baseurl.is_like(path):
            return False
        if "://" in path or path.startswith("/"):
            return True
        target = self._join(path)
        return not self.tree.ids([target])[target]

    def _join(self, path: str) -> str:
        target = join(self.directory, path, subject=self.file)
        if isinstance(self.tree, Grafted) and self.tree.home(target) != self.tree.home(
            self.directory
        ):
            raise UnsafePath(self.file, f"{path!r} leads outside its repository")
        return target

    def _note(self, place: str, path: str, target: str) -> None:
        if self.directory != "." and not target.startswith(f"{self.directory}/"):
            self._refuse(
                f"{place} names {path}, and kustomize reads files only below the kustomization "
                "that names them: give that directory a kustomization, and name the directory"
            )
        self.found.laid_out.add(target)
        self.found.inputs |= inputs_below(self.tree, target)

    def _refuse(self, fact: str) -> None:
        raise RenderFailed(self.file, fact)
