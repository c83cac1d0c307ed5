from dataclasses import replace
from typing import Any

import pytest

from syncline.model.renderer_options import JsonnetOptions, PlainOptions, PluginOptions
from syncline.model.source import HelmOptions, RendererName, Source
from syncline_workers.renderers import plan as plans
from syncline_workers.renderers.plan import Rendered, RenderPlan
from tests.renderers.bundles import Render, Repository, config_map

INPUTS = {"web": "a1", "web/Chart.yaml": ""}


def plan(renderer: str = "plain", **fields: Any) -> RenderPlan:
    source = Source(
        repository=fields.pop("repository", "fleet"),
        path=fields.pop("path", "web"),
        revision=fields.pop("revision", "main"),
        renderer=RendererName(renderer),
        helm=fields.pop("helm", HelmOptions()),
        plain=fields.pop("plain", PlainOptions()),
        jsonnet=fields.pop("jsonnet", JsonnetOptions()),
        plugin=fields.pop("plugin", PluginOptions(name="words") if renderer == "plugin" else None),
    )
    return RenderPlan(source=source, **fields)


KEYS = {
    "plain": "1a78c955ab6ac5d2d78212622ac2ba7b38131c307aee1629bf87f0a7e5204a63",
    "kustomize": "c294be3814edc8fba5cbad48c8854536c91c2c3c1d7fb05bc7caedf06c329c79",
    "helm": "de76cc914e7dab03cedda4e1a633e45a0d809b493c2722be70772bda22ff6054",
}


@pytest.mark.parametrize(("renderer", "key"), KEYS.items())
def test_a_key_is_stable(renderer: str, key: str) -> None:
    """Kept results outlive a restart; change this only together with the format's number."""
    assert plans.render_key(plan(renderer, parameters={"a": "b"}), INPUTS, "v4.3.1") == key


CHANGES = [
    {"path": "api"},
    {"parameters": {"a": "b"}},
    {"renderer": "kustomize"},
    {"scope": "r1 submodules"},
    {"plain": PlainOptions(recurse=False)},
    {"plain": PlainOptions(include=("*.yaml",))},
    {"renderer": "jsonnet", "jsonnet": JsonnetOptions(ext_vars={"a": "b"})},
    {"renderer": "plugin", "plugin": PluginOptions(name="words", parameters={"a": 1})},
]
HELM_CHANGES = [
    {"helm": HelmOptions(values={"a": 1})},
    {"helm": HelmOptions(value_files=("a.yaml",))},
    {"helm": HelmOptions(release_name="front")},
    {"helm": HelmOptions(ignore_missing_value_files=True)},
    {"helm": HelmOptions(string_parameters=("a",))},
    {"helm": HelmOptions(file_parameters={"a": "b"})},
    {"helm": HelmOptions(namespace="shop")},
    {"helm": HelmOptions(skip_crds=True)},
    {"helm": HelmOptions(skip_tests=False)},
    {"helm": HelmOptions(skip_schema_validation=True)},
    {"namespace": "shop"},
    {"name": "shop"},
    {"kube_version": "v1.30.0"},
    {"api_versions": ("example.com/v1",)},
]


@pytest.mark.parametrize(
    "change", [*CHANGES, *({"renderer": "helm", **one} for one in HELM_CHANGES)]
)
def test_what_a_render_depends_on_changes_both_keys(change: dict[str, Any]) -> None:
    before = plan(change["renderer"] if "renderer" in change and len(change) > 1 else "plain")

    after = plan(**change)

    assert plans.plan_key(after, "v1") != plans.plan_key(before, "v1")
    assert plans.render_key(after, INPUTS, "v1") != plans.render_key(before, INPUTS, "v1")


def test_what_is_laid_over_a_kustomization_changes_both_keys() -> None:
    before, after = plan("kustomize"), plan("kustomize", overlay={"namePrefix": "a-"})

    assert plans.plan_key(after, "v1") != plans.plan_key(before, "v1")
    assert plans.render_key(after, INPUTS, "v1") != plans.render_key(before, INPUTS, "v1")


@pytest.mark.parametrize("renderer", ["plain", "kustomize"])
@pytest.mark.parametrize("change", HELM_CHANGES)
def test_what_only_charts_see_changes_no_other_key(renderer: str, change: dict[str, Any]) -> None:
    assert plans.plan_key(plan(renderer, **change), "v1") == plans.plan_key(plan(renderer), "v1")


@pytest.mark.parametrize("renderer", ["plain", "kustomize", "helm"])
@pytest.mark.parametrize("change", [{"repository": "other"}, {"revision": "v2"}])
def test_where_the_content_came_from_changes_no_key(renderer: str, change: dict[str, Any]) -> None:
    assert plans.plan_key(plan(renderer, **change), "v1") == plans.plan_key(plan(renderer), "v1")


def test_order_changes_no_key() -> None:
    one = plan("helm", parameters={"a": "1", "b": "2"}, api_versions=("a/v1", "b/v1"))
    two = plan("helm", parameters={"b": "2", "a": "1"}, api_versions=("b/v1", "a/v1"))

    assert plans.render_key(one, INPUTS, "v1") == plans.render_key(
        two, dict(reversed(INPUTS.items())), "v1"
    )


def test_version_and_inputs_change_the_key() -> None:
    keys = {
        plans.render_key(plan(), INPUTS, "v1"),
        plans.render_key(plan(), INPUTS, "v2"),
        plans.render_key(plan(), {**INPUTS, "web": "b2"}, "v1"),
        plans.render_key(plan(), {**INPUTS, "web/Chart.yaml": "c3"}, "v1"),
    }

    assert len(keys) == 4


def test_a_result_reads_back_as_it_was_kept(repository: Repository, rendered: Render) -> None:
    text = config_map("ä", big="18446744073709551615", real="0.1", huge="1e300", none="null")
    result = rendered(repository({"web/a.yaml": text}), "web")

    kept = plans.dump(result)

    assert plans.load(kept) == result
    assert isinstance(plans.load(kept), Rendered)


def test_the_same_inputs_in_another_commit_make_the_same_key(
    repository: Repository, rendered: Render
) -> None:
    tree = repository({"web/a.yaml": config_map("a"), "api/b.yaml": config_map("b")})
    result = rendered(tree, "web")
    key = plans.render_key(plan(), result.inputs, "v1")

    (tree.root / "api" / "b.yaml").write_text(config_map("changed"))
    assert plans.render_key(plan(), tree.ids(result.inputs), "v1") == key

    (tree.root / "web" / "a.yaml").write_text(config_map("changed"))
    assert plans.render_key(plan(), tree.ids(result.inputs), "v1") != key


def test_a_plan_is_a_value() -> None:
    assert replace(plan(), name="x") == plan(name="x")
