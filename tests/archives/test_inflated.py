"""Charts of a Helm repository that a kustomization inflates, against kustomize itself."""

import subprocess
from pathlib import Path

import pytest

from syncline.errors import NotFound, RevisionNotFound
from syncline.model import yaml
from syncline.model.kustomize_options import KustomizeOptions
from syncline.model.source import Source
from syncline.settings import RenderSettings
from syncline_workers.archives.kinds import AllRepositories
from syncline_workers.renderers import remote, render
from syncline_workers.renderers.plan import Rendered, RenderPlan
from tests.archives.desk import Desk, record
from tests.archives.test_dependencies import DB
from tests.harness import charts
from tests.harness.charts import ChartRepository
from tests.harness.dirtree import DirTree, written
from tools import programs

HELM, KUSTOMIZE = (str(programs.find(name).path) for name in ("helm", "kustomize"))


def rendered(repositories: AllRepositories, tree: DirTree) -> Rendered:
    options = KustomizeOptions(enable_helm=True)
    source = Source(repository="git", path="web", kustomize=options)
    settings = RenderSettings(helm=HELM, kustomize=KUSTOMIZE)
    return render.render(repositories.reaching(tree), RenderPlan(source=source), settings)


def tree_of(root: Path, url: str, version: str = "1.0.0") -> DirTree:
    chart = f"{{name: db, version: {version}, repo: '{url}', releaseName: a}}"
    line = f"helmCharts: [{chart}]\nnamePrefix: eu-\n"
    return written(root / "git", {"web/kustomization.yaml": line})


def test_a_chart_of_a_registered_repository_is_inflated(
    served: ChartRepository, desk: Desk, tmp_path: Path
) -> None:
    digest = served.publish("db", "1.0.0", **DB)
    tree = tree_of(tmp_path, served.url)

    result = rendered(desk.open(registered=[record(served.url)]), tree)

    place = tree.root / "web" / "charts" / "db-1.0.0"
    pull = ("pull", "db", f"--repo={served.url}", "--version=1.0.0")
    charts.helm(*pull, "--untar", f"--untardir={place}", cwd=tmp_path)
    helm = ["--enable-helm", f"--helm-command={HELM}"]
    by_hand = subprocess.run(
        [KUSTOMIZE, "build", *helm, tree.root / "web"], capture_output=True, check=True
    ).stdout
    assert list(result.manifests) == yaml.load_all(by_hand, source="by hand")
    name = remote.write(remote.Remote(served.url, "db", "1.0.0"))
    assert result.inputs[name] == digest
    assert result.inputs["web/charts/db-1.0.0/db/Chart.yaml"] == ""


def test_one_that_is_vendored_is_not_fetched(desk: Desk, tmp_path: Path) -> None:
    tree = tree_of(tmp_path, "https://charts.example")
    charts.written(tree.root / "web/charts/db-1.0.0/db", "db", "1.0.0", DB)

    result = rendered(desk.open(), tree)

    assert not any(remote.is_remote(path) for path in result.inputs)


@pytest.mark.parametrize(
    ("version", "is_known", "error"),
    [("1.0.0", False, NotFound), ("9.9.9", True, RevisionNotFound)],
)
def test_what_is_nowhere_to_be_had_is_told(
    desk: Desk, tmp_path: Path, *, version: str, is_known: bool, error: type[Exception]
) -> None:
    with charts.repository(tmp_path / "repository") as served:
        served.publish("db", "1.0.0", **DB)
        tree = tree_of(tmp_path, served.url, version)
        known = [record(served.url)] if is_known else []

        with pytest.raises(error):
            rendered(desk.open(registered=known), tree)
