"""What an application lays over a kustomization, against the overlay that a person writes."""

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from syncline.errors import InvalidDocument, PathNotFound, RenderFailed, UnsafePath
from syncline.model import template, yaml
from syncline.model.cluster import ClusterSpec
from syncline.model.kustomize_options import KustomizeOptions
from syncline.model.records import ClusterRecord
from syncline.model.source import Source
from syncline.settings import RenderSettings
from tests.renderers.bundles import Render, Repository, config_map

DEPLOYMENT = (
    "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\n"
    "spec: {replicas: 1, selector: {matchLabels: {app: web}}, template: {metadata: {labels: {app: "
    "web}}, spec: {containers: [{name: web, image: 'nginx:1'}, {name: log, image: fluent/bit}]}}}\n"
)
SERVICE = (
    "apiVersion: v1\nkind: Service\nmetadata: {name: web}\n"
    "spec: {selector: {app: web}, ports: [{port: 80}]}\n"
)
FILES = {
    "apps/web/kustomization.yaml": "resources: [all.yaml]\nnamePrefix: a-\n"
    "configMapGenerator: [{name: conf, literals: [a=b]}]\nbuildMetadata: [originAnnotations]\n",
    "apps/web/all.yaml": f"{DEPLOYMENT}---\n{SERVICE}",
    "components/tls/kustomization.yaml": (
        "apiVersion: kustomize.config.k8s.io/v1alpha1\nkind: Component\nresources: [cert.yaml]\n"
        "patches: [{target: {kind: Service}, patch: "
        """'[{"op": "add", "path": "/spec/ports/-", "value": {"port": 443}}]'}]\n"""
    ),
    "components/tls/cert.yaml": config_map("cert"),
}
OVERLAYS: list[dict[str, Any]] = [
    {"namePrefix": "eu-", "nameSuffix": "-1"},
    {"namespace": "shop"},
    {
        "images": [
            {"name": "nginx", "newTag": "2"},
            {"name": "fluent/bit", "newName": "example.com/bit", "digest": f"sha256:{'a' * 64}"},
        ]
    },
    {"images": [{"name": "nginx", "newName": "example.com/nginx", "tagSuffix": "-alpine"}]},
    {"replicas": [{"name": "web", "count": 3}]},
    {"labels": [{"pairs": {"team": "shop"}}]},
    {"labels": [{"pairs": {"team": "shop"}, "includeSelectors": True}]},
    {"labels": [{"pairs": {"team": "shop"}, "includeTemplates": True}]},
    {"commonLabels": {"team": "shop"}},
    {"commonAnnotations": {"note": "x: {y}\n'z'"}},
    {
        "patches": [
            {"patch": "kind: Service\nmetadata: {name: b, annotations: {x: y}}",
             "target": {"kind": "Service", "name": "a-.*", "version": "v1"}},
            {"patch": '[{"op": "replace", "path": "/spec/replicas", "value": 7}]',
             "target": {"group": "apps", "labelSelector": "app!=x"}},
            {"patch": "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a-conf}\ndata: {c: d}"},
        ]
    },
    {
        "patches": [
            {"patch": "apiVersion: v1\nkind: Service\nmetadata: {name: other}",
             "target": {"kind": "Service"}, "options": {"allowNameChange": True}}
        ]
    },
    {"components": ["../../components/tls"], "namePrefix": "eu-"},
]  # fmt: skip


@pytest.mark.parametrize("overlay", OVERLAYS, ids="-".join)
def test_an_overlay_gives_what_one_by_hand_gives(
    repository: Repository, rendered: Render, settings: RenderSettings, overlay: dict[str, Any]
) -> None:
    tree = repository(FILES)
    given = KustomizeOptions.model_validate(overlay).overlay()

    result = rendered(tree, "apps/web", overlay=given)

    by_hand = json.dumps({"resources": ["../../apps/web"], **overlay})
    hand = repository({"by-hand/overlay/kustomization.yaml": by_hand})
    built = subprocess.run(
        [settings.kustomize, "build", hand.root / "by-hand/overlay"],
        capture_output=True, check=True,
    ).stdout  # fmt: skip
    assert given == overlay
    assert list(result.manifests) == yaml.load_all(built, source="x")
    assert result.manifests != rendered(tree, "apps/web").manifests


def test_its_components_are_inputs(repository: Repository, rendered: Render) -> None:
    tree = repository(FILES)

    before = rendered(tree, "apps/web").inputs
    after = rendered(tree, "apps/web", overlay={"components": ["../../components/tls"]}).inputs

    assert {path for path in after.keys() - before.keys() if after[path]} == {
        "components/tls/kustomization.yaml",
        "components/tls/cert.yaml",
    }


def test_it_is_laid_over_a_kustomization_in_the_root(
    repository: Repository, rendered: Render
) -> None:
    tree = repository({"kustomization.yaml": "resources: [a.yaml]", "a.yaml": config_map("a")})

    (made,) = rendered(tree, overlay={"namePrefix": "eu-"}).manifests

    assert made["metadata"]["name"] == "eu-a"


def test_parameters_are_filled_in_what_it_adds(repository: Repository, rendered: Render) -> None:
    result = rendered(
        repository(FILES),
        "apps/web",
        overlay={"commonAnnotations": {"zone": "${zone}"}},
        parameters={"zone": "eu"},
    )

    assert {one["metadata"]["annotations"]["zone"] for one in result.manifests} == {"eu"}


@pytest.mark.parametrize(
    ("overlay", "error", "message"),
    [
        (
            {"components": ["../../components/tls", "../none"]},
            PathNotFound,
            r"apps/web: spec.source.kustomize.components\[1\] names ../none, which has none of kus",
        ),
        ({"components": ["../../../x"]}, UnsafePath, "leads outside the repository"),
        (
            {"components": ["https://example.com/x"]},
            UnsafePath,
            r"components\[0\] names the remote https://example.com/x: copy it",
        ),
        (
            {"replicas": [{"name": "web", "count": "many"}]},
            InvalidDocument,
            r"spec.source.kustomize.replicas\[0\].count is 'many' for this cluster: it is no whole",
        ),
        (
            {"patches": [{"patch": "[{op: replace, path: /spec/none/x}]", "target": {"kind": "S"}},
                         {"patch": "kind: [", "target": {"kind": "Service"}}]},
            RenderFailed,
            "apps/web: kustomize: ",
        ),
    ],
)  # fmt: skip
def test_what_it_names_wrongly_is_told(
    repository: Repository,
    rendered: Render,
    overlay: dict[str, Any],
    error: type[Exception],
    message: str,
) -> None:
    with pytest.raises(error, match=message) as caught:
        rendered(repository(FILES), "apps/web", overlay=overlay)
    assert "syncline-" not in str(caught.value)


def test_a_message_about_the_kustomization_below_names_its_path(
    repository: Repository, rendered: Render
) -> None:
    tree = repository({"web/kustomization.yaml": "resources: [a.yaml]\n", "web/a.yaml": "kind: X"})

    with pytest.raises(RenderFailed, match=r"web/a\.yaml|'web'") as caught:
        rendered(tree, "web", overlay={"namePrefix": "a-"})
    assert "syncline-" not in str(caught.value)
    assert "../" not in str(caught.value)


def test_another_renderer_does_not_leave_it_out(repository: Repository, rendered: Render) -> None:
    tree = repository({"web/a.yaml": config_map("a")})

    with pytest.raises(RenderFailed) as caught:
        rendered(tree, "web", overlay={"namePrefix": "eu-"})

    assert str(caught.value) == (
        "web: has spec.source.kustomize, and is rendered by plain: remove it, or give the path a "
        "kustomization.yaml"
    )


def test_the_example_of_the_documentation_is_true(repository: Repository, rendered: Render) -> None:
    page = (Path(__file__).parents[2] / "docs/rendering.md").read_text()
    block = next(part for part in page.split("```yaml\n") if part.startswith("source:\n"))
    (written,) = yaml.load_all(block.partition("```")[0], source="docs")
    source = Source.model_validate(written["source"])
    labels = {"zone": "eu", "replicas": "5"}
    cluster = ClusterRecord(
        uid="c", name="east", labels=labels, spec=ClusterSpec(kubeconfig="stored")
    )
    overlay = template.overlay(source, cluster, subject="web")

    made = {
        one["kind"]: one
        for one in rendered(repository(FILES), source.path, overlay=overlay).manifests
    }

    deployment = made["Deployment"]
    assert deployment["metadata"]["name"] == "eu-a-web"
    assert deployment["spec"]["replicas"] == 5
    pods = deployment["spec"]["template"]
    assert pods["metadata"]["labels"] == {"app": "web", "team": "shop"}
    assert pods["spec"]["priorityClassName"] == "high"
    assert pods["spec"]["containers"][0]["image"] == "nginx:1.29"
    assert [port["port"] for port in made["Service"]["spec"]["ports"]] == [80, 443]
