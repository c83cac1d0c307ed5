"""Bundles of well-known projects, where the environment says where they lie.

SYNCLINE_TEST_CORPUS names a directory that holds `kube-prometheus` (its `manifests/`), `podinfo`
(`charts/ kustomize/ deploy/`), `kubernetes-examples` and `prometheus-charts` (`charts/`) as their
projects publish them. They are too large to be copied here.
"""

import os
import subprocess
from collections.abc import Sequence
from pathlib import Path

import pytest

from syncline.errors import ManifestInvalid
from syncline.model import yaml
from syncline.settings import RenderSettings
from syncline_workers.renderers import plain
from tests.harness.dirtree import DirTree
from tests.renderers.bundles import Render

if "SYNCLINE_TEST_CORPUS" in os.environ:
    CORPUS = Path(os.environ["SYNCLINE_TEST_CORPUS"])
    CHARTS = sorted((CORPUS / "prometheus-charts" / "charts").iterdir())
    CASES = [(chart, values) for chart in CHARTS for values in [None, *chart.glob("ci/*.yaml")]]

    def by_hand(command: Sequence[str | Path]) -> list[object]:
        output = subprocess.run(command, capture_output=True, check=True).stdout
        return [one for one in yaml.load_all(output, source="x", last_key_wins=True) if one]

    def test_kube_prometheus_is_95_files(rendered: Render) -> None:
        tree = DirTree(CORPUS / "kube-prometheus")

        result = rendered(tree, "manifests")

        assert len(plain.wanted(tree.files("manifests"), "manifests")) == 95
        assert len(result.manifests) == 131  # some files are lists

    @pytest.mark.parametrize("path", ["kustomize", "deploy/bases/backend"])
    def test_podinfo_is_built_as_by_hand(
        rendered: Render, settings: RenderSettings, path: str
    ) -> None:
        result = rendered(DirTree(CORPUS / "podinfo"), path)

        expected = by_hand([settings.kustomize, "build", CORPUS / "podinfo" / path])
        assert list(result.manifests) == expected

    @pytest.mark.parametrize(
        ("chart", "values"), CASES, ids=lambda case: case.name if case else "default"
    )
    def test_a_chart_is_templated_as_by_hand(
        rendered: Render, settings: RenderSettings, chart: Path, values: Path | None
    ) -> None:
        files = (f"ci/{values.name}",) if values else ()

        result = rendered(
            DirTree(CORPUS / "prometheus-charts"),
            f"charts/{chart.name}",
            helm={"valueFiles": files},
            name="web",
            namespace="shop",
        )

        expected = by_hand(
            [
                *(settings.helm, "template", "web", chart, "--namespace=shop"),
                *("--include-crds", "--skip-tests"),
                *(["--values", values] if values else []),
            ]
        )
        assert list(result.manifests) == expected

    @pytest.mark.parametrize(
        ("path", "count"),
        [
            ("AI/model-serving-tensorflow", 5),
            ("databases/mysql-cinder-pd", 2),
            ("web/guestbook/legacy", 3),
            ("web/guestbook-go", 6),
        ],
    )
    def test_examples_are_read_as_people_write_them(
        rendered: Render, path: str, count: int
    ) -> None:
        assert len(rendered(DirTree(CORPUS / "kubernetes-examples"), path).manifests) == count

    def test_the_same_object_in_two_files_is_named(rendered: Render) -> None:
        with pytest.raises(ManifestInvalid, match=r"apps/Deployment/frontend is already in web/gu"):
            rendered(DirTree(CORPUS / "kubernetes-examples"), "web/guestbook")
