"""Orphans on a real kube-apiserver: what is in a target's namespaces, and nobody declares."""

from typing import Any

import pytest

from syncline.contract.reports import PreviewReport, PreviewRequest
from syncline.model.names import TargetId, Uid
from syncline.model.request import Options
from syncline.model.run import Claim
from syncline_workers.pipeline import preview, rendering, resolve
from tests.cluster.conftest import Connect
from tests.harness.rbac import grant
from tests.pipeline.real import TARGET, Target
from tests.pipeline.twins import Checks, Clusters, ports

pytestmark = pytest.mark.cluster


class Asked(Checks):
    """A store with one question in it."""

    claimed: Claim

    def snapshot(self, _: TargetId) -> Claim:
        return self.claimed

    def preview(self, _: Uid) -> PreviewRequest:
        return PreviewRequest(target=TARGET, verb="orphans")


def asked(target: Target, *manifests: Any, api: Any = None, others: Any = ()) -> PreviewReport:
    """Ask for orphans, where the target declares these and other targets applied ``others``."""
    target.monkeypatch.setattr(resolve, "resolve", lambda *_: "c" * 40)
    target.monkeypatch.setattr(rendering, "render", lambda *_: list(manifests))
    checks = Asked({TARGET: target.inventory, TargetId("a2.c1"): others})
    checks.claimed = target._claim("user", Options(), deleting=False)
    report = preview.preview(ports(checks=checks, clusters=Clusters(api or target.api)), Uid("p1"))
    assert report is not None
    return report


def subjects(report: PreviewReport) -> list[str]:
    assert not report.error
    return [each.subject for each in report.orphans]


def left(target: Target, name: str, **meta: Any) -> None:
    """Somebody makes a ConfigMap by hand."""
    made = target.config(name, a="1")
    made["metadata"] |= meta
    path = target.path(name).rpartition("/")[0] + "?fieldManager=kubectl-create"
    target.server.call("POST", path, made)


def test_what_nobody_declares_is_told_and_what_anybody_does_is_not(target: Target) -> None:
    target.run(target.config("web", a="1"))
    left(target, "old")
    left(target, "theirs")
    left(target, "planned")
    theirs = target.inventory[0].model_copy(
        update={"ref": target.inventory[0].ref.model_copy(update={"name": "theirs"})}
    )

    report = asked(target, target.config("planned", a="1"), others=(theirs,))

    assert subjects(report) == [f"ConfigMap/{target.namespace}/old"]
    assert report.orphans[0].managers == ("kubectl-create",)
    assert report.orphans[0].created
    assert report.unseen == ()


def test_only_the_targets_namespaces_are_looked_at(target: Target) -> None:
    elsewhere = f"{target.namespace}-b"
    target.server.call("POST", "/api/v1/namespaces", {"metadata": {"name": elsewhere}})
    body = {"metadata": {"name": "there"}}
    target.server.call("POST", f"/api/v1/namespaces/{elsewhere}/configmaps", body)
    in_both = {**target.config("x"), "metadata": {"name": "x", "namespace": elsewhere}}

    assert subjects(asked(target, target.config("web"))) == []
    assert subjects(asked(target, in_both)) == [f"ConfigMap/{elsewhere}/there"]


def test_what_an_owner_keeps_is_no_orphan(target: Target) -> None:
    target.run(target.config("web"))
    uid = target.live("web")["metadata"]["uid"]
    owner = {"apiVersion": "v1", "kind": "ConfigMap", "name": "web", "uid": uid}
    left(target, "dependent", ownerReferences=[owner])

    assert subjects(asked(target, target.config("web"))) == []


def test_the_policy_says_what_is_no_orphan(target: Target) -> None:
    left(target, "old")
    target.policy = {"ignoreOrphans": [{"kind": "ConfigMap", "name": "o*"}]}

    assert subjects(asked(target, target.config("web"))) == []


def test_kinds_that_may_not_be_listed_are_named_and_not_taken_for_empty(
    target: Target, connect: Connect
) -> None:
    left(target, "old")
    api = connect(grant(target.server, target.namespace, "configmaps"))

    report = asked(target, target.config("web"), api=api)

    assert subjects(report) == [f"ConfigMap/{target.namespace}/old"]
    assert {"Secret", "apps/Deployment"} <= set(report.unseen)
    assert "ConfigMap" not in report.unseen
