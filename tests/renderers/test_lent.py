"""Value files that another source lends to a chart."""

from pathlib import Path
from typing import Any

import pytest

from syncline.errors import PathNotFound, RenderFailed, UnsafePath
from syncline.model.source import Source
from syncline.settings import RenderSettings
from syncline_workers.renderers import lent, plan, render
from syncline_workers.renderers.lent import WithLent
from syncline_workers.renderers.plan import Rendered, RenderPlan
from tests.harness.dirtree import DirTree, written
from tests.renderers.bundles import chart, config_map

SEEN = config_map("seen", color="{{ .Values.color | quote }}", size="{{ .Values.size | quote }}")


@pytest.fixture
def own(tmp_path: Path) -> DirTree:
    return written(tmp_path / "own", {**chart(template=SEEN), "$values/prod.yaml": "color: own\n"})


@pytest.fixture
def tree(tmp_path: Path, own: DirTree) -> WithLent:
    files = {
        "prod.yaml": "color: red\n",
        "envs/a.yaml": "color: blue\n",
        "envs/b.yaml": "size: 2\n",
        "broken.yaml": "color: [\n",
        "motto.txt": "green",
    }
    return WithLent(own, {"values": written(tmp_path / "values", files)})


def rendered(tree: Any, settings: RenderSettings, *files: str, **helm: Any) -> Rendered:
    source = {"repository": "charts", "helm": {"valueFiles": files, **helm}}
    return render.render(tree, RenderPlan(source=Source.model_validate(source)), settings)


def seen(result: Rendered) -> dict[str, str]:
    found: dict[str, str] = result.manifests[0]["data"]
    return found


def test_a_file_of_another_source_is_read_and_is_an_input_of_that_one(
    tree: WithLent, settings: RenderSettings
) -> None:
    result = rendered(tree, settings, "$values/prod.yaml")

    assert seen(result)["color"] == "red"
    assert (
        result.inputs["/values/prod.yaml"] == tree.ids(["/values/prod.yaml"])["/values/prod.yaml"]
    )
    assert lent.split("/values/prod.yaml") == ("values", "prod.yaml")
    assert all(result.inputs.values())


def test_globs_look_into_the_other_source(tree: WithLent, settings: RenderSettings) -> None:
    result = rendered(tree, settings, "$values/envs/*.yaml")

    assert seen(result) == {"color": "blue", "size": "2"}
    assert "/values/envs" in result.inputs


def test_a_files_text_may_be_lent_too(tree: WithLent, settings: RenderSettings) -> None:
    result = rendered(tree, settings, fileParameters={"color": "$values/motto.txt"})

    assert seen(result)["color"] == "green"


def test_a_missing_one_is_named_as_it_is_written(tree: WithLent, settings: RenderSettings) -> None:
    with pytest.raises(PathNotFound, match=r"\$values/stage\.yaml"):
        rendered(tree, settings, "$values/stage.yaml")


def test_one_that_may_miss_is_an_input_all_the_same(
    tree: WithLent, settings: RenderSettings
) -> None:
    result = rendered(tree, settings, "$values/stage.yaml", ignoreMissingValueFiles=True)

    assert result.inputs["/values/stage.yaml"] == ""


@pytest.mark.parametrize("path", ["$values/../own/Chart.yaml", "$values//etc/passwd"])
def test_nothing_outside_of_it_is_lent(tree: WithLent, settings: RenderSettings, path: str) -> None:
    with pytest.raises(UnsafePath):
        rendered(tree, settings, path)


def test_what_helm_says_of_one_names_it_as_it_is_written(
    tree: WithLent, settings: RenderSettings
) -> None:
    with pytest.raises(RenderFailed, match=r"\$values/broken\.yaml") as caught:
        rendered(tree, settings, "$values/broken.yaml")

    assert "/tmp" not in str(caught.value)


def test_a_name_that_nobody_has_is_a_path_of_its_own(
    own: DirTree, settings: RenderSettings
) -> None:
    assert seen(rendered(own, settings, "$values/prod.yaml"))["color"] == "own"


def test_the_same_words_for_other_files_are_another_plan() -> None:
    source = Source.model_validate(
        {"repository": "charts", "renderer": "helm", "helm": {"valueFiles": ["$values/a.yaml"]}}
    )

    keys = [
        plan.plan_key(RenderPlan(source=source, lent=names), "v3") for names in ((), ("values",))
    ]

    assert keys[0] != keys[1]


def test_a_lent_path_that_is_lent_no_longer_has_no_id(own: DirTree) -> None:
    assert WithLent(own, {}).ids(["/values/prod.yaml"]) == {"/values/prod.yaml": ""}


def test_a_directory_of_that_name_is_not_taken_for_what_is_lent(
    own: DirTree, tree: WithLent, settings: RenderSettings
) -> None:
    result = rendered(tree, settings, "$values/prod.yaml")
    (own.root / "$values/prod.yaml").write_text("color: another\n")

    assert seen(result)["color"] == "red"
    assert tree.ids(["/values/prod.yaml"]) == {
        "/values/prod.yaml": result.inputs["/values/prod.yaml"]
    }
    assert tree.ids(["$values/prod.yaml"]) == own.ids(["$values/prod.yaml"])
