"""The official renderers, and a render of a directory in one call."""

import sys
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from syncline.model.kustomize_options import KustomizeOptions
from syncline.model.renderer_options import JsonnetOptions, PlainOptions, PluginOptions
from syncline.model.source import HelmOptions, RendererName, Source
from syncline.settings import RenderSettings
from syncline_workers.renderers import render
from syncline_workers.renderers.plan import Rendered, RenderPlan
from tests.harness.dirtree import DirTree, written
from tests.renderers.bundles import Limited, Program, Render, Repository
from tools import programs


@pytest.fixture(scope="session")
def settings() -> RenderSettings:
    """The pinned binaries; `make tools` gets them."""
    return RenderSettings(**{name: str(programs.find(name).path) for name in programs.SETTINGS})


@pytest.fixture
def limited(settings: RenderSettings) -> Limited:
    """The same with other limits or binaries."""

    def change(**fields: Any) -> RenderSettings:
        if "seconds" in fields:
            fields["timeout"] = timedelta(seconds=fields.pop("seconds"))
        return settings.model_copy(update=fields)

    return change


@pytest.fixture
def rendered(settings: RenderSettings) -> Render:
    """Renders a path of a tree; options are those of `Source`, `HelmOptions` and `RenderPlan`."""

    def call(
        tree: DirTree,
        path: str = ".",
        *,
        renderer: str | None = None,
        helm: Mapping[str, Any] | None = None,
        plain: Mapping[str, Any] | None = None,
        jsonnet: Mapping[str, Any] | None = None,
        plugin: Mapping[str, Any] | None = None,
        kustomize: Mapping[str, Any] | None = None,
        under: RenderSettings | None = None,
        **plan: Any,
    ) -> Rendered:
        source = Source(
            repository="fleet",
            path=path,
            renderer=RendererName(renderer) if renderer else None,
            helm=HelmOptions.model_validate(dict(helm or {})),
            plain=PlainOptions.model_validate(dict(plain or {})),
            jsonnet=JsonnetOptions.model_validate(dict(jsonnet or {})),
            plugin=PluginOptions.model_validate(dict(plugin)) if plugin else None,
            kustomize=KustomizeOptions.model_validate(dict(kustomize or {})),
        )
        return render.render(tree, RenderPlan(source=source, **plan), under or settings)

    return call


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    """Writes files into an empty repository."""

    def make(files: Mapping[str, str]) -> DirTree:
        root = tmp_path / "repository"
        root.mkdir(exist_ok=True)
        return written(root, files)

    return make


@pytest.fixture
def program(tmp_path: Path) -> Program:
    """Writes a Python script that stands in for a renderer's binary, and gives its path."""

    def make(text: str) -> str:
        place = tmp_path / "fake-renderer"
        place.write_text(f"#!{sys.executable} -S\n{text}\n")
        place.chmod(0o755)
        return str(place)

    return make
