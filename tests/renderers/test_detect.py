import pytest

from syncline.errors import UnsafePath
from syncline.model.source import RendererName, Source
from syncline_workers.renderers import render
from syncline_workers.renderers.detect import detect
from syncline_workers.renderers.plan import RenderPlan
from tests.renderers.bundles import Repository


@pytest.mark.parametrize(
    ("file", "renderer"),
    [
        ("Chart.yaml", RendererName.HELM),
        ("kustomization.yaml", RendererName.KUSTOMIZE),
        ("kustomization.yml", RendererName.KUSTOMIZE),
        ("Kustomization", RendererName.KUSTOMIZE),
        ("main.jsonnet", RendererName.JSONNET),
        ("app.jsonnet", RendererName.PLAIN),
        ("deployment.yaml", RendererName.PLAIN),
        ("sub/Chart.yaml", RendererName.PLAIN),
    ],
)
@pytest.mark.parametrize("path", ["web", "./web/", "."])
def test_a_directory_shows_what_it_is_for(
    repository: Repository, path: str, file: str, renderer: RendererName
) -> None:
    tree = repository({f"{path}/{file}": ""})

    assert detect(tree, Source(repository="fleet", path=path)) is renderer


def test_a_chart_wins_over_a_kustomization(repository: Repository) -> None:
    tree = repository({"Chart.yaml": "", "kustomization.yaml": ""})

    assert detect(tree, Source(repository="fleet")) is RendererName.HELM


def test_a_kustomization_wins_over_a_program(repository: Repository) -> None:
    tree = repository({"main.jsonnet": "", "kustomization.yaml": ""})

    assert detect(tree, Source(repository="fleet")) is RendererName.KUSTOMIZE


def test_a_program_is_a_path_of_its_own(repository: Repository) -> None:
    tree = repository({"web/app.jsonnet": ""})

    assert detect(tree, Source(repository="fleet", path="web/app.jsonnet")) is RendererName.JSONNET


def test_what_the_source_names_wins(repository: Repository) -> None:
    source = Source(repository="fleet", renderer=RendererName.PLAIN)

    assert detect(repository({"Chart.yaml": ""}), source) is RendererName.PLAIN


def test_a_plan_is_settled_once(repository: Repository) -> None:
    plan = RenderPlan(source=Source(repository="fleet"), namespace="shop")

    settled = render.settled(repository({"Chart.yaml": ""}), plan)

    assert settled.source.renderer is RendererName.HELM
    assert settled.namespace == "shop"
    assert render.settled(repository({}), settled) is settled


def test_a_path_out_of_the_repository_is_refused(repository: Repository) -> None:
    with pytest.raises(UnsafePath, match="leads outside the repository"):
        detect(repository({}), Source(repository="fleet", path=".."))
