"""`helmCharts` of a kustomization, against `kustomize build --enable-helm`."""

import subprocess
from typing import Any

import pytest

from syncline.errors import PathNotFound, RenderFailed, UnsafePath
from syncline.model import yaml
from syncline.settings import RenderSettings
from syncline_workers.renderers import render
from syncline_workers.renderers.plan import RenderPlan, plan_key
from tests.renderers.bundles import Render, Repository, chart, config_map
from tests.renderers.test_keys import plan

HELM = {"enableHelm": True}
TEMPLATE = config_map(
    "{{ .Release.Name }}",
    namespace="{{ .Release.Namespace }}",
    greeting="{{ .Values.greeting }}",
    version="{{ .Capabilities.KubeVersion.Version }}",
)


def files(kustomization: str, at: str = "web/charts/hello") -> dict[str, str]:
    found = {f"{at}/{path}": text for path, text in chart("hello", TEMPLATE).items()}
    return found | {
        "web/kustomization.yaml": kustomization,
        "web/one.yaml": "greeting: one\n",
        "web/env/two.yaml": "greeting: two\n",
        "web/other.yaml": config_map("other"),
    }


@pytest.mark.parametrize(
    ("kustomization", "at"),
    [
        ("helmCharts: [{name: hello, releaseName: a}]", "web/charts/hello"),
        (
            (
                "helmCharts: [{name: hello, releaseName: a, namespace: shop, kubeVersion: 1.29.0, "
                "valuesFile: one.yaml, additionalValuesFiles: [env/two.yaml], skipTests: true}]\n"
                "resources: [other.yaml]\nnamePrefix: eu-"
            ),
            "web/charts/hello",
        ),
        (
            (
                "helmCharts: [{name: hello, releaseName: a, valuesInline: {greeting: inline}}]\n"
                "helmGlobals: {chartHome: ours/charts}"
            ),
            "web/ours/charts/hello",
        ),
        (
            "helmCharts: [{name: hello, releaseName: a, version: 1.0.0, repo: 'https://x.y'}]",
            "web/charts/hello-1.0.0/hello",
        ),
        (
            (
                "helmCharts: [{name: hello, releaseName: a, valuesFile: one.yaml}]\n"
                "helmGlobals: {chartHome: ../charts}"
            ),
            "charts/hello",
        ),
    ],
)
def test_a_chart_of_the_repository_is_inflated(
    repository: Repository,
    rendered: Render,
    settings: RenderSettings,
    kustomization: str,
    at: str,
) -> None:
    tree = repository(files(kustomization, at))

    result = rendered(tree, "web", kustomize=HELM)

    helm = ["--enable-helm", f"--helm-command={settings.helm}"]
    by_hand = subprocess.run(
        [settings.kustomize, "build", *helm, tree.root / "web"], capture_output=True, check=True
    ).stdout
    assert list(result.manifests) == yaml.load_all(by_hand, source="x")
    assert result.inputs[at] == tree.ids([at])[at]
    named = {"web/one.yaml", "web/env/two.yaml"}
    assert result.inputs.keys() & named == {path for path in named if path[4:] in kustomization}


def test_a_base_is_inflated_below_an_overlay(repository: Repository, rendered: Render) -> None:
    tree = repository(
        files("helmCharts: [{name: hello, releaseName: a}]")
        | {"eu/kustomization.yaml": "resources: [../web]\nnameSuffix: -eu"}
    )

    (made,) = rendered(tree, "eu", kustomize=HELM, overlay={"namePrefix": "x-"}).manifests

    assert made["metadata"]["name"] == "x-a-eu"


@pytest.mark.parametrize(
    ("line", "error", "message"),
    [
        ("helmCharts: [{name: hello, releaseName: --values=/etc/hostname}]", RenderFailed,
         r"helmCharts\[0\].releaseName begins with a dash"),
        ("helmCharts: [{name: hello, ReleaseName: --values=/etc/hostname}]", RenderFailed,
         r"helmCharts\[0\] has the unknown field ReleaseName"),
        ("helmcharts: [{name: hello}]", RenderFailed, "has the field helmcharts: write helmChart"),
        ("HelmGlobals: {chartHome: /}", RenderFailed, "has the field HelmGlobals: write helmGlob"),
        ("helmCharts: [{name: ../hello}]", RenderFailed, r"\.name must be the name of a directory"),
        ("helmCharts: [{name: hello, version: 1.0}]", RenderFailed, r"version in quotes"),
        ("helmCharts: [{name: hello, version: a/b, repo: x}]", RenderFailed, r"version in quotes"),
        ("helmCharts: [{name: hello}]\nhelmGlobals: {chartHome: /etc}", UnsafePath, "is absolute"),
        ("helmCharts: [{name: hello}]\nhelmGlobals: {chartHome: ../../x}", UnsafePath, "outside"),
        ("helmCharts: [{name: hello}]\nhelmGlobals: {configHome: /root}", RenderFailed,
         "helmGlobals may hold chartHome alone"),
        ("helmCharts: [{name: hello, valuesFile: /etc/hostname}]", UnsafePath, "is absolute"),
        ("helmCharts: [{name: hello, additionalValuesFiles: [../x.yaml]}]", PathNotFound,
         r"additionalValuesFiles\[0\] names \.\./x\.yaml"),
        ("helmCharts: [hello]", RenderFailed, r"helmCharts\[0\] must be a mapping"),
        ("helmChartInflationGenerator: [{chartName: hello}]", RenderFailed, "write helmCharts"),
        ("helmCharts: [{name: hello}]\ngenerators: [one.yaml]", RenderFailed,
         "has generators, which could call helm at will: not with enableHelm"),
        ("transformers: [one.yaml]", RenderFailed, "has transformers, which could call helm"),
    ],
)  # fmt: skip
def test_what_could_reach_beyond_the_repository_is_refused(
    repository: Repository,
    rendered: Render,
    line: str,
    error: type[Exception],
    message: str,
) -> None:
    with pytest.raises(error, match=message):
        rendered(repository(files(line)), "web", kustomize=HELM)


def test_a_chart_that_is_not_there_is_named_with_what_to_do(
    repository: Repository, rendered: Render
) -> None:
    tree = repository(files("helmCharts: [{name: redis, version: '1.2'}]"))

    with pytest.raises(PathNotFound) as caught:
        rendered(tree, "web", kustomize=HELM)

    assert str(caught.value) == (
        "web/kustomization.yaml: helmCharts[0] is no chart of the repository: add it as "
        "web/charts/redis (helm pull --untar), or name its repo and version"
    )


def test_without_leave_nothing_is_inflated(repository: Repository, rendered: Render) -> None:
    tree = repository(files("helmCharts: [{name: hello}]"))

    with pytest.raises(RenderFailed, match=r"set spec\.source\.kustomize\.enableHelm"):
        rendered(tree, "web")


def test_helms_version_and_the_leave_are_part_of_the_key(settings: RenderSettings) -> None:
    given: dict[str, Any] = {"enable_helm": True}
    without = plan("kustomize")
    options = without.source.kustomize.model_copy(update=given)
    source = without.source.model_copy(update={"kustomize": options})

    version = render.version(RenderPlan(source=source), settings)

    assert (
        version == f"{render.version(without, settings)} {render.version(plan('helm'), settings)}"
    )
    assert plan_key(RenderPlan(source=source), "v") != plan_key(without, "v")
