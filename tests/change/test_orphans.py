"""Which objects of a namespace are orphans."""

from typing import Any

import pytest

from syncline.model.change import ref_of
from syncline.model.orphan import Orphan, OrphanRule
from syncline_workers.change import orphans
from syncline_workers.change.tracking import Origin, stamp


def item(kind: str, name: str, *, version: str = "v1", **meta: Any) -> dict[str, Any]:
    known = {"namespace": "shop", "name": name, "uid": f"{kind}-{name}"}
    return {"apiVersion": version, "kind": kind, "metadata": {**known, **meta}}


TOKEN = {"annotations": {"kubernetes.io/service-account.name": "default"}}


@pytest.mark.parametrize(
    "kept",
    [
        item("ServiceAccount", "default"),
        item("ConfigMap", "kube-root-ca.crt"),
        item("ConfigMap", "istio-ca-root-cert"),
        item("Secret", "default-token-x", **TOKEN),
        item("Pod", "web-0", ownerReferences=[{"kind": "StatefulSet"}]),
        item("ConfigMap", "going", deletionTimestamp="2026-01-01T00:00:00Z"),
        item("PersistentVolumeClaim", "data-db-12"),
    ],
    ids=lambda kept: kept["metadata"]["name"],
)
def test_what_is_there_for_something_else_is_no_orphan(kept: dict[str, Any]) -> None:
    left = item("ConfigMap", "left")
    db = item("StatefulSet", "db", version="apps/v1")

    assert orphans.candidates([kept, left, db], ()) == [left, db]


@pytest.mark.parametrize("name", ["data-db-x", "data-other-0", "db-0"])
def test_a_claim_that_no_set_made_may_be_one(name: str) -> None:
    claim, db = item("PersistentVolumeClaim", name), item("StatefulSet", "db", version="apps/v1")

    assert claim in orphans.candidates([claim, db], ())


@pytest.mark.parametrize(
    "rule",
    [{"name": "lef*"}, {"kind": "ConfigMap"}, {"group": "", "name": "left"}],
    ids=["name", "kind", "group and name"],
)
def test_what_a_rule_speaks_of_is_none(rule: dict[str, str]) -> None:
    left, other = item("ConfigMap", "left"), item("Job", "other", version="batch/v1")

    assert orphans.candidates([left, other], [OrphanRule(**rule)]) == [other]


def test_a_rule_that_speaks_of_everything_is_refused() -> None:
    with pytest.raises(ValueError, match="needs group, kind or name"):
        OrphanRule()


def test_an_orphan_is_told_with_its_age_and_who_wrote_it() -> None:
    fields: list[dict[str, str]] = [
        {"manager": "kubectl-create"},
        {"manager": "kubelet", "subresource": "status"},
        {"manager": "kubectl-edit"},
        {"manager": "kubectl-create"},
    ]
    left = item("ConfigMap", "b", creationTimestamp="2026-01-01T00:00:00Z", managedFields=fields)
    first = item("ConfigMap", "a")

    assert orphans.undeclared([left, first], (), "i") == (
        Orphan(subject="ConfigMap/shop/a"),
        Orphan(
            subject="ConfigMap/shop/b",
            created="2026-01-01T00:00:00Z",
            managers=("kubectl-create", "kubectl-edit"),
        ),
    )


def test_whose_mark_it_bears_is_told() -> None:
    gone, foreign = (
        stamp(item("ConfigMap", name), Origin(installation, "team", "cart"))
        for name, installation in (("a", "i"), ("b", "other"))
    )

    found = orphans.undeclared([gone, foreign], (), "i")

    assert [each.marked for each in found] == [
        "team/cart",
        "team/cart of another installation",
    ]


def test_an_object_of_two_groups_is_declared_by_either_name_and_told_once() -> None:
    old = item("Ingress", "web", version="extensions/v1beta1")
    new = item("Ingress", "web", version="networking.k8s.io/v1")

    assert orphans.undeclared([old, new], {ref_of(new).key}, "i") == ()
    assert len(orphans.undeclared([old, new], (), "i")) == 1
