"""What is done about fields that others hold: the policy, its rules, an object's own wish."""

from typing import Any

import pytest

from syncline.errors import FieldConflict
from syncline.model.application import SyncPolicy
from syncline.model.change import ObjectRef
from syncline.model.ownership import Conflicts
from syncline_workers.change import conflicts
from syncline_workers.change.conflicts import Stance

WEB = ObjectRef(group="apps", version="v1", kind="Deployment", namespace="shop", name="web")
MANIFEST: dict[str, Any] = {"spec": {"replicas": 3, "paused": False}}
HPA = (".spec.replicas", "kube-controller-manager")
KUBECTL = (".spec.paused", "kubectl-edit")


def stance(**policy: Any) -> Stance:
    return conflicts.stance(SyncPolicy.model_validate(policy), WEB)


def rule(says: str, **selects: Any) -> dict[str, Any]:
    return {"conflicts": says, **selects}


def test_by_default_everything_is_taken_over_without_asking() -> None:
    assert stance().is_force


def test_rules_about_other_objects_cost_nothing() -> None:
    others = [{"kind": "Service"}, {"name": "api-*"}, {"namespace": "other"}, {"group": ""}]

    assert stance(conflictRules=[rule("yield", **each) for each in others]).is_force


def test_the_first_rule_that_fits_counts() -> None:
    found = stance(
        conflicts="fail",
        conflictRules=[
            rule("yield", fields=["/spec/replicas"], managers=["kube-*"]),
            rule("force", kind="Deployment", name="w*", fields=["/spec"]),
        ],
    )

    assert found.towards(("spec", "replicas"), "kube-controller-manager") is Conflicts.YIELD
    assert found.towards(("spec", "replicas"), "helm") is Conflicts.FORCE
    assert found.towards(("data", "a"), "helm") is Conflicts.FAIL


def test_what_an_object_wishes_for_itself_comes_first() -> None:
    policy = SyncPolicy.model_validate({"conflictRules": [rule("yield")]})

    assert conflicts.stance(policy, WEB, Conflicts.FAIL) == Stance(otherwise=Conflicts.FAIL)


def test_what_is_yielded_is_left_out_and_the_rest_is_forced() -> None:
    found = stance(conflictRules=[rule("yield", fields=["/spec/replicas"])])

    settled = conflicts.settle(found, MANIFEST, FieldConflict("web", "", (HPA, KUBECTL)))

    assert settled == conflicts.Settled(manifest={"spec": {"paused": False}}, forced=(KUBECTL,))


def test_nothing_is_forced_where_all_is_yielded() -> None:
    settled = conflicts.settle(
        stance(conflicts="yield"), MANIFEST, FieldConflict("web", "", (HPA,))
    )

    assert settled.forced == ()


def test_only_what_may_not_be_yielded_is_named() -> None:
    found = stance(conflicts="fail", conflictRules=[rule("yield", fields=["/spec/replicas"])])

    with pytest.raises(FieldConflict) as caught:
        conflicts.settle(found, MANIFEST, FieldConflict("web", "", (HPA, KUBECTL)))

    assert caught.value.held == (KUBECTL,)
    assert '1 of its fields: .spec.paused (by "kubectl-edit")' in str(caught.value)


def test_a_field_that_the_manifest_does_not_hold_is_not_yielded() -> None:
    with pytest.raises(FieldConflict):
        conflicts.settle(
            stance(conflicts="yield"), MANIFEST, FieldConflict("web", "", ((".data.a", "helm"),))
        )
