"""The renderers on real commits: the same as on their twin, a directory."""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from syncline.credentials import CredentialSource
from syncline.model.records import RepositoryRecord
from syncline.model.repository import RepositorySpec
from syncline.model.source import Source
from syncline.settings import GitSettings, RenderSettings
from syncline_workers.git.repositories import GitRepositories, open_repositories
from syncline_workers.renderers import plan as plans
from syncline_workers.renderers import render
from syncline_workers.renderers.plan import Rendered, RenderPlan
from tests.harness.dirtree import DirTree
from tests.harness.workrepo import WorkRepo
from tests.renderers.bundles import chart, config_map, names

FILES = {
    "plain/a.yaml": config_map("a"),
    "shared/b.yaml": config_map("b"),
    "overlay/kustomization.yaml": "resources: [../base]\n",
    "base/kustomization.yaml": "resources: [c.yaml]\n",
    "base/c.yaml": config_map("c"),
    **{f"chart/{path}": text for path, text in chart().items()},
    "values/east.yaml": "greeting: hi\n",
}


@dataclass(frozen=True)
class Fleet:
    work: WorkRepo
    git: GitRepositories
    settings: RenderSettings

    def render(self, path: str, *value_files: str) -> tuple[Rendered, str]:
        """The newest commit's result, and its render key."""
        spec = RepositorySpec(url=str(self.work.origin))
        record = RepositoryRecord(uid="r1", name="fleet", spec=spec)
        commit = self.git.resolve(record, ["main"]).commits["main"]
        source = Source.model_validate(
            {"repository": "fleet", "path": path, "helm": {"valueFiles": value_files}}
        )
        with self.git.tree(record, commit) as tree:
            plan = render.settled(tree, RenderPlan(source=source, name="web"))
            result = render.render(tree, plan, self.settings)
            assert tree.ids(result.inputs) == result.inputs
        return result, plans.render_key(plan, result.inputs, "v1")


@pytest.fixture
def fleet(tmp_path: Path, settings: RenderSettings) -> Iterator[Fleet]:
    work = WorkRepo.create(tmp_path / "work", origin=tmp_path / "served" / "fleet.git")
    work.write(FILES)
    work.link("plain/b.yaml", "../shared/b.yaml")
    work.commit("All")
    work.push()
    allowed = GitSettings(cache=tmp_path / "cache", allow_local=(tmp_path / "served",))
    source = CredentialSource(directory=None, environment={"PATH": os.environ["PATH"]})
    git = open_repositories(allowed, source)
    yield Fleet(work, git, settings)
    git.close()


@pytest.mark.parametrize(
    ("path", "value_files"),
    [("plain", ()), ("overlay", ()), ("chart", ("../values/east.yaml",))],
)
def test_a_commit_renders_as_a_directory_does(
    fleet: Fleet, path: str, value_files: tuple[str, ...]
) -> None:
    result, _ = fleet.render(path, *value_files)

    source = Source.model_validate(
        {"repository": "fleet", "path": path, "helm": {"valueFiles": value_files}}
    )
    twin = render.render(
        DirTree(fleet.work.path), RenderPlan(source=source, name="web"), fleet.settings
    )
    assert (result.manifests, result.renderer) == (twin.manifests, twin.renderer)
    assert result.inputs.keys() == twin.inputs.keys()


@pytest.mark.parametrize(
    ("change", "moved"),
    [
        ("README.md", set()),
        ("plain/a.yaml", {"plain"}),
        ("shared/b.yaml", {"plain"}),
        ("base/c.yaml", {"overlay"}),
        ("base/README.md", set()),
        ("chart/values.yaml", {"chart"}),
        ("values/east.yaml", {"chart"}),
        ("values/west.yaml", set()),
    ],
)
def test_a_commit_moves_only_what_reads_it(fleet: Fleet, change: str, moved: set[str]) -> None:
    value_files = {"chart": ("../values/east.yaml",)}
    paths = ("plain", "overlay", "chart")
    before = {path: fleet.render(path, *value_files.get(path, ()))[1] for path in paths}
    text = (FILES.get(change) or config_map("new")) + "# changed\n"

    fleet.work.publish("Change", {change: text})

    after = {path: fleet.render(path, *value_files.get(path, ()))[1] for path in paths}
    assert {path for path in paths if after[path] != before[path]} == moved


def test_a_plain_commit_follows_its_links(fleet: Fleet) -> None:
    assert names(fleet.render("plain")[0]) == ["a", "b"]
