"""Bundles applied to a real kube-apiserver by Syncline, and by kubectl to another one."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from syncline.model.source import RendererName
from syncline_workers.change.plan import Mode
from syncline_workers.pipeline import reconcile
from tests.corpus import applied
from tests.corpus.bundles import Bundle
from tests.corpus.compare import Outcome
from tests.corpus.kubectl import Kubectl
from tests.corpus.live import Live, Sides
from tests.harness.workrepo import WorkRepo

pytestmark = pytest.mark.cluster

MAP = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: web}\ndata: {mode: '1'}\n"
HOOK = """\
apiVersion: batch/v1
kind: Job
metadata:
  name: before
  annotations: {helm.sh/hook: "pre-install,post-install"}
spec:
  template:
    spec: {restartPolicy: Never, containers: [{name: c, image: i}]}
"""
DEPLOYMENT = """\
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec: {containers: [{name: web, image: "web:{{ .Values.tag }}"}]}
"""
SERVICE = "apiVersion: v1\nkind: Service\nmetadata: {name: web}\nspec: {ports: [{port: 80}]}\n"
JOB_TEXT = """\
apiVersion: batch/v1
kind: Job
metadata: {name: once}
spec:
  template:
    metadata: {labels: {app: once}}
    spec: {restartPolicy: Never, containers: [{name: c, image: i}]}
"""
DEFINITION = """\
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: gadgets.corpus.example.com}
spec:
  group: corpus.example.com
  scope: Namespaced
  names: {kind: Gadget, plural: gadgets}
  versions:
  - name: v1
    served: true
    storage: true
    schema:
      openAPIV3Schema:
        type: object
        properties: {spec: {type: object, x-kubernetes-preserve-unknown-fields: true}}
"""
GADGET = """\
apiVersion: corpus.example.com/v1
kind: Gadget
metadata: {name: one, namespace: elsewhere}
spec: {size: 1}
"""
NAMESPACE = "apiVersion: v1\nkind: Namespace\nmetadata: {name: elsewhere}\n"
FILES: dict[str, str | bytes | None] = {
    "chart/Chart.yaml": "apiVersion: v2\nname: web\nversion: 1.0.0\n",
    "chart/values.yaml": "tag: '1'\n",
    "chart/templates/all.yaml": f"{DEPLOYMENT}---\n{HOOK}",
    "overlay/kustomization.yaml": "namePrefix: eu-\nresources: [map.yaml, service.yaml]\n",
    "overlay/map.yaml": MAP,
    "overlay/service.yaml": SERVICE,
    "plain/all.yaml": f"{GADGET}---\n{DEFINITION}---\n{NAMESPACE}",
    "job/job.yaml": JOB_TEXT,
    "unknown/gadget.yaml": GADGET.replace(", namespace: elsewhere", ""),
    "homeless/gadget.yaml": MAP.replace("{name: web}", "{name: web, namespace: nowhere}"),
    "invalid/map.yaml": MAP.replace("mode:", "not a key:"),
}
CHART = Bundle(path="chart", renderer=RendererName.HELM)
OVERLAY = Bundle(path="overlay", renderer=RendererName.KUSTOMIZE)
PLAIN = Bundle(path="plain", renderer=RendererName.PLAIN)
JOB = Bundle(path="job", renderer=RendererName.PLAIN)
UNKNOWN = Bundle(path="unknown", renderer=RendererName.PLAIN)
HOMELESS = Bundle(path="homeless", renderer=RendererName.PLAIN)
INVALID = Bundle(path="invalid", renderer=RendererName.PLAIN)


@pytest.fixture(scope="module")
def sides(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sides]:
    root = tmp_path_factory.mktemp("corpus")
    work = WorkRepo.create(root / "work", origin=root / "git" / f"{applied.REPOSITORY}.git")
    commit = work.publish("bundles", FILES)
    with applied.sides(root, commit) as made:
        yield made


def told(live: Live) -> tuple[str, int, int, str]:
    return live.outcome.value, live.objects, live.hooks, live.detail


def test_a_bundle_is_on_the_cluster_as_kubectl_puts_it_there(sides: Sides) -> None:
    assert told(sides.play(OVERLAY)) == ("equal", 2, 0, "")


def test_definitions_and_namespaces_come_first_on_both_sides(sides: Sides) -> None:
    assert told(sides.play(PLAIN)) == ("equal", 3, 0, "")


def test_labels_that_a_job_takes_from_its_template_are_no_difference(sides: Sides) -> None:
    assert told(sides.play(JOB)) == ("equal", 1, 0, "")


def test_hooks_run_and_are_left_out(sides: Sides) -> None:
    assert told(sides.play(CHART)) == ("equal", 1, 1, "")


@pytest.mark.parametrize(
    ("bundle", "why"),
    [
        (INVALID, "a valid config key must consist of"),
        (HOMELESS, 'namespaces "nowhere" not found'),
    ],
)
def test_what_is_refused_by_both_for_one_reason_is_no_difference(
    sides: Sides, bundle: Bundle, why: str
) -> None:
    played = sides.play(bundle)

    assert played.outcome is Outcome.REFUSED
    assert why in played.detail


def test_an_unknown_kind_is_tried_again_after_the_folders_own_definitions(sides: Sides) -> None:
    alone = sides.play(UNKNOWN)
    sides.play(PLAIN)  # its definition is known from here on

    after = list(applied.applied(sides, [UNKNOWN]))

    assert alone.outcome is Outcome.REFUSED
    assert [told(each) for each in after] == [("equal", 1, 0, "")]


def test_a_difference_is_named(sides: Sides, monkeypatch: pytest.MonkeyPatch) -> None:
    real = Kubectl._apply

    def other(kubectl: Kubectl, manifests: list[dict[str, Any]]) -> str:
        changed = [{**one, "data": {"mode": "2"}} if "data" in one else one for one in manifests]
        return real(kubectl, changed)

    monkeypatch.setattr(Kubectl, "_apply", other)

    assert told(sides.play(OVERLAY))[::3] == ("different", "configmaps/shop/eu-web.data.mode")


def test_what_one_side_alone_has_is_named(sides: Sides, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Kubectl, "apply", lambda *_: "")

    played = sides.play(OVERLAY)

    assert played.detail.startswith("configmaps/shop/eu-web is there by Syncline alone")


def test_a_second_reconcile_that_writes_is_counted(
    sides: Sides, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reconcile, "_mode", lambda _: Mode.FULL)

    played = sides.play(OVERLAY)

    assert told(played)[::3] == ("different", "the second reconcile sent 2 writes")
    assert played.writes == 2


def test_what_one_side_alone_refuses_is_a_difference(
    sides: Sides, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Kubectl, "apply", lambda *_: "error: something else")

    assert sides.play(OVERLAY).detail == "only kubectl is refused: error: something else"
    assert sides.play(INVALID).outcome is Outcome.DIFFERENT
