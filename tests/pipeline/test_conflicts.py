"""Conflicts by policy on a real kube-apiserver: what others hold is taken, refused or left."""

from typing import Any

import pytest

from tests.pipeline.real import Target, ready

pytestmark = pytest.mark.cluster

REPLICAS = [{"conflicts": "yield", "kind": "Deployment", "fields": ["/spec/replicas"]}]


def deployment(target: Target, **spec: Any) -> dict[str, Any]:
    labels = {"app": "web"}
    pod = {"containers": [{"name": "web", "image": spec.pop("image", "nginx:1")}]}
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": "web", "namespace": target.namespace},
        "spec": {
            "selector": {"matchLabels": labels},
            "template": {"metadata": {"labels": labels}, "spec": pod},
            **spec,
        },
    }


def scale(target: Target, replicas: int) -> None:
    """As an autoscaler does."""
    path = target.path(resource="deployments", group="apps/v1") + "/scale"
    target.server.call(
        "PATCH",
        f"{path}?fieldManager=autoscaler",
        {"spec": {"replicas": replicas}},
        kind="merge-patch+json",
    )


def spec(target: Target) -> Any:
    return target.live(resource="deployments", group="apps/v1")["spec"]


def test_force_takes_over_what_others_hold(target: Target) -> None:
    target.other_applies(target.config(a="1"), manager="other")

    report = target.run(target.config(a="2"))

    assert ready(report).outcome == "Succeeded"
    assert target.live()["data"] == {"a": "2"}


def test_fail_names_the_object_the_field_and_the_other(target: Target) -> None:
    target.policy = {"conflicts": "fail"}
    target.other_applies(target.config(a="1"), manager="other")

    report = target.run(target.config(a="2"))

    assert (report.outcome.value, report.reason) == ("Stalled", "FieldConflict")
    assert report.message.startswith(
        f"ConfigMap/{target.namespace}/web: other field managers hold 1 of its fields: "
        '.data.a (by "other"). '
    )
    assert target.live()["data"] == {"a": "1"}


def test_what_is_yielded_keeps_the_other_value_and_the_rest_is_applied(target: Target) -> None:
    target.policy = {"conflicts": "fail", "conflictRules": REPLICAS}
    target.run(deployment(target, replicas=2))
    scale(target, 5)

    report = target.run(deployment(target, replicas=2, image="nginx:2"))

    assert ready(report).outcome == "Succeeded"
    assert spec(target)["replicas"] == 5
    assert spec(target)["template"]["spec"]["containers"][0]["image"] == "nginx:2"


def test_a_field_that_nobody_else_holds_is_ours_under_yield_too(target: Target) -> None:
    target.policy = {"conflicts": "yield"}

    target.run(deployment(target, replicas=2))
    target.run(deployment(target, replicas=3))

    assert spec(target)["replicas"] == 3


def test_what_was_yielded_is_asked_for_again_and_taken_back_when_it_is_free(
    target: Target,
) -> None:
    target.policy = {"conflicts": "yield"}
    target.other_applies(target.config(a="theirs"), manager="other")
    target.run(target.config(a="ours", b="1"))
    assert target.live()["data"] == {"a": "theirs", "b": "1"}
    bare = {key: value for key, value in target.config().items() if key != "data"}
    target.other_applies(bare, manager="other")

    target.run(target.config(a="ours", b="1"), by="user")

    assert target.live()["data"] == {"a": "ours", "b": "1"}


def test_a_yielding_policy_sends_one_request_where_nobody_is_in_the_way(target: Target) -> None:
    target.policy = {"conflicts": "yield"}
    target.run(target.config(a="1"))

    assert target.requests(target.config(a="2")) == 1


def test_a_dry_run_yields_as_a_run_does(target: Target) -> None:
    target.policy = {"conflicts": "yield"}
    target.other_applies(target.config(a="theirs"), manager="other")

    report = target.run(target.config(a="ours"), by="user", dry_run=True)

    assert ready(report).outcome == "Succeeded"


def test_an_order_that_another_gave_a_list_comes_back_when_the_object_is_applied(
    target: Target,
) -> None:
    ours, theirs = deployment(target), deployment(target)
    side = {"name": "side", "image": "side:1"}
    ours["spec"]["template"]["spec"]["containers"].append(side)
    theirs["spec"]["template"]["spec"]["containers"].insert(0, side)
    target.run(ours)
    path = target.path(resource="deployments", group="apps/v1") + "?fieldManager=other&force=true"
    target.server.call("PATCH", path, theirs, kind="apply-patch+yaml")
    before = names(target)

    target.run(ours, by="user")

    assert (before, names(target)) == (["side", "web"], ["web", "side"])


def names(target: Target) -> list[str]:
    return [each["name"] for each in spec(target)["template"]["spec"]["containers"]]
