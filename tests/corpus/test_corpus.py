"""The comparison finds every bundle, and each difference that there could be."""

import io
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from syncline.model.source import RendererName
from tests.corpus import bundles, byhand
from tests.corpus.__main__ import main
from tests.corpus.bundles import Bundle
from tests.harness.dirtree import written

MAP = "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: {name}\ndata:\n  mode: '0644'\n"
FILES = {
    "charts/web/Chart.yaml": "apiVersion: v2\nname: web\nversion: 1.0.0\n",
    "charts/web/values.yaml": "name: plain\n",
    "charts/web/ci/other-values.yaml": "name: other\n",
    "charts/web/charts/inner/Chart.yaml": "apiVersion: v2\nname: inner\nversion: 1.0.0\n",
    "charts/web/templates/map.yaml": MAP.format(name="{{ .Values.name }}"),
    "deploy/base/kustomization.yaml": "resources: [map.yaml]\n",
    "deploy/base/map.yaml": MAP.format(name="web"),
    "deploy/overlay/kustomization.yaml": "namePrefix: eu-\nresources: [../base]\n",
    "deploy/broken/kustomization.yaml": "resources: [absent.yaml]\n",
    "monitoring/main.jsonnet": "[(import 'x/map.libsonnet')('m'), (import 'n.libsonnet')]",
    "monitoring/n.libsonnet": "(import 'x/map.libsonnet')('n') + {data+: {m: importstr 'x/mode'}}",
    "monitoring/vendor/x/map.libsonnet": "function(name) "
    "{apiVersion: 'v1', kind: 'ConfigMap', metadata: {name: name}, data: {n: std.toString(1.5e3)}}",
    "monitoring/vendor/x/mode": "0644",
    "plain/two.yaml": MAP.format(name="b") + "---\n" + MAP.format(name="a"),
    "plain/inner/list.json": '{"apiVersion": "v1", "kind": "List", "items": []}',
    "plain/notes.yaml": "",
    "docs/values.yaml": "no: manifest\n",
    ".github/workflow.yaml": MAP.format(name="no"),
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return written(tmp_path / "corpus", FILES).root


def run(folder: Path) -> tuple[int, str]:
    """Exit status and output."""
    output = io.StringIO()
    status = main([str(folder), "--render-only"], Console(file=output, width=200, soft_wrap=True))
    return status, output.getvalue()


def test_every_bundle_is_found(folder: Path) -> None:
    assert bundles.find(folder) == [
        Bundle(path="charts/web", renderer=RendererName.HELM),
        Bundle(path="charts/web", renderer=RendererName.HELM, values="ci/other-values.yaml"),
        Bundle(path="deploy/base", renderer=RendererName.KUSTOMIZE),
        Bundle(path="deploy/broken", renderer=RendererName.KUSTOMIZE),
        Bundle(path="deploy/overlay", renderer=RendererName.KUSTOMIZE),
        Bundle(path="monitoring", renderer=RendererName.JSONNET),
        Bundle(path="plain", renderer=RendererName.PLAIN),
        Bundle(path="plain/inner", renderer=RendererName.PLAIN),
    ]


def test_what_is_the_same_both_ways_passes(folder: Path) -> None:
    before = {path: path.stat().st_mtime_ns for path in folder.rglob("*")}

    status, told = run(folder)

    assert status == 0, told
    rows = [[cell.strip() for cell in line.split("│")[1:-1]] for line in told.splitlines()]
    assert [row for row in rows if row] == [
        ["helm", "2", "2", "0", "0", "2"],
        ["jsonnet", "1", "1", "0", "0", "2"],
        ["kustomize", "3", "2", "1", "0", "2"],
        ["plain", "2", "2", "0", "0", "2"],
    ]
    assert "refused: deploy/broken: PathNotFound" in told
    assert {path: path.stat().st_mtime_ns for path in folder.rglob("*")} == before


def one(name: str = "web", **data: Any) -> dict[str, Any]:
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name}, "data": data}


@pytest.mark.parametrize(
    ("theirs", "told"),
    [
        ([one(mode=0o644)], ".data.mode is '0644', by hand 420"),
        ([one(mode="0644", more="x")], ".data.more is Ellipsis, by hand 'x'"),
        ([one("api", mode="0644")], "only by hand: [('v1', 'ConfigMap', '', 'api')]"),
        ([one(mode="0644"), one("api")], "only by hand: [('v1', 'ConfigMap', '', 'api')]"),
        ([], "only ours: [('v1', 'ConfigMap', '', 'web')]"),
    ],
)
def test_a_difference_is_named_and_fails(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, theirs: list[Any], told: str
) -> None:
    files = {"deploy/kustomization.yaml": "resources: [m.yaml]\n", "deploy/m.yaml": MAP}
    folder = written(tmp_path, {k: v.format(name="web") for k, v in files.items()}).root
    monkeypatch.setattr(byhand, "render", lambda *_: theirs)

    status, output = run(folder)

    assert status == 1
    assert "different: deploy: " in output
    assert told in output


def test_what_kubectl_makes_otherwise_of_a_kustomization_is_named_and_fails(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(byhand, "by_kubectl", lambda *_: [one("eu-web", mode="0600")])

    status, output = run(folder)

    assert status == 1
    assert (
        "different: deploy/overlay: kubectl kustomize: v1 ConfigMap eu-web differs: .data.mode "
        "is '0644', by hand '0600'"
    ) in output


def test_equal_numbers_of_another_type_are_a_difference(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = "apiVersion: v1\nkind: Thing\nmetadata:\n  name: web\nspec:\n  many: [1]\n"
    folder = written(tmp_path, {"plain/a.yaml": text}).root
    theirs = {"apiVersion": "v1", "kind": "Thing", "metadata": {"name": "web"}}
    monkeypatch.setattr(byhand, "render", lambda *_: [theirs | {"spec": {"many": [True]}}])

    status, output = run(folder)

    assert status == 1
    assert ".spec.many[0] is 1, by hand True" in output


def test_what_only_one_of_them_refuses_fails(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (folder / "plain/bad.yaml").write_text("apiVersion: v1\nkind: [\n")
    monkeypatch.setattr(byhand, "render", lambda *_: [one()])

    status, output = run(folder)

    assert status == 1
    assert "different: plain: only Syncline refuses: ManifestInvalid" in output


def test_a_folder_without_bundles_is_an_error(tmp_path: Path) -> None:
    for place in (tmp_path, tmp_path / "absent"):
        status, output = run(place)
        assert status == 2
        assert "holds no chart, kustomization or manifest" in output
