"""Fields that a rule leaves to others, on a real kube-apiserver: no difference, drift or write."""

from __future__ import annotations

from typing import Any

import pytest

from syncline.model.expression import ExpressionFailed
from syncline.model.values import Manifest
from syncline_workers.change.drift import Drift
from syncline_workers.cluster.api import Api
from tests.cluster.hand import Hand
from tests.harness.apiserver import ApiServer

pytestmark = pytest.mark.cluster

REPLICAS = {"kind": "Deployment", "jsonPointers": ["/spec/replicas"]}
AUTOSCALER = {"managers": ["autoscaler"]}
EXPRESSION = {"expressions": ["self.spec.replicas > 0 ? ['/spec/replicas'] : []"]}
OTHERWISE = (REPLICAS, AUTOSCALER, EXPRESSION)


def deployment(namespace: str, *containers: Manifest, **spec: Any) -> Manifest:
    labels = {"app": "web"}
    pod = {"containers": list(containers) or [container()]}
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": "web", "namespace": namespace},
        "spec": {
            "replicas": 2,
            "selector": {"matchLabels": labels},
            "template": {"metadata": {"labels": labels}, "spec": pod},
            **spec,
        },
    }


def container(name: str = "web", image: str = "nginx:1", **more: Any) -> Manifest:
    return {"name": name, "image": image, **more}


class Other:
    """Somebody else who changes the same object."""

    def __init__(self, server: ApiServer, namespace: str, name: str = "autoscaler") -> None:
        self._server, self._name = server, name
        self.path = f"/apis/apps/v1/namespaces/{namespace}/deployments/web"

    def patch(self, body: Manifest) -> None:
        path = f"{self.path}?fieldManager={self._name}"
        self._server.call("PATCH", path, body, kind="strategic-merge-patch+json")

    def apply(self, body: Manifest) -> None:
        path = f"{self.path}?fieldManager={self._name}&force=true"
        identity = {key: body[key] for key in ("apiVersion", "kind", "metadata")}
        self._server.call(
            "PATCH", path, {**identity, "spec": body["spec"]}, kind="apply-patch+yaml"
        )

    def live(self) -> Manifest:
        found: Manifest = self._server.call("GET", self.path)
        return found


@pytest.fixture
def other(api_server: ApiServer, namespace: str) -> Other:
    return Other(api_server, namespace)


@pytest.fixture
def hand(api: Api) -> Hand:
    return Hand(api)


def scaled(replicas: int) -> Manifest:
    return {"spec": {"replicas": replicas}}


def test_without_a_rule_a_field_that_moved_is_drift_and_is_put_back(
    hand: Hand, other: Other, namespace: str
) -> None:
    hand.apply(deployment(namespace))
    other.patch(scaled(5))

    found = hand.diff(deployment(namespace))

    assert hand.drift(deployment(namespace)) is Drift.MOVED
    assert found is not None
    assert [(each.path, each.before, each.after) for each in found.fields] == [
        (".spec.replicas", 5, 2)
    ]
    hand.apply(deployment(namespace))
    assert other.live()["spec"]["replicas"] == 2


@pytest.mark.parametrize("rule", OTHERWISE)
def test_with_one_it_is_neither_drift_nor_difference_and_stays(
    hand: Hand, other: Other, namespace: str, rule: dict[str, Any]
) -> None:
    hand.ignore(**rule).apply(deployment(namespace))
    other.patch(scaled(5))

    assert hand.drift(deployment(namespace)) is Drift.STIRRED
    assert hand.diff(deployment(namespace)) is None
    assert hand.apply(deployment(namespace)) == "unchanged"
    assert hand.apply(deployment(namespace, minReadySeconds=7)) == "configured"
    assert hand.drift(deployment(namespace, minReadySeconds=7)) is Drift.SAME
    assert other.live()["spec"]["replicas"] == 5


@pytest.mark.parametrize("rule", OTHERWISE)
def test_what_moved_beside_it_is_drift(
    hand: Hand, other: Other, namespace: str, rule: dict[str, Any]
) -> None:
    image = {"spec": {"template": {"spec": {"containers": [container(image="nginx:2")]}}}}
    hand.ignore(**rule).apply(deployment(namespace))
    other.patch(scaled(5))
    Other(other._server, namespace, "kubectl-edit").patch(image)

    found = hand.diff(deployment(namespace))

    assert hand.drift(deployment(namespace)) is Drift.MOVED
    assert found is not None
    assert [each.path for each in found.fields] == [
        '.spec.template.spec.containers[name="web"].image'
    ]
    hand.apply(deployment(namespace))
    live = other.live()["spec"]
    assert live["template"]["spec"]["containers"][0]["image"] == "nginx:1"
    assert live["replicas"] == 5


@pytest.mark.parametrize("rule", OTHERWISE)
def test_it_is_given_up_also_where_the_other_applies_the_same_value(
    hand: Hand, other: Other, namespace: str, rule: dict[str, Any]
) -> None:
    hand.ignore(**rule).apply(deployment(namespace))
    other.apply({**deployment(namespace), **scaled(2)})

    hand.apply(deployment(namespace))
    other.apply({**deployment(namespace), **scaled(3)})

    assert hand.drift(deployment(namespace)) is Drift.STIRRED
    assert other.live()["spec"]["replicas"] == 3


def test_what_nobody_else_holds_stays_as_it_is_whatever_git_says(
    hand: Hand, other: Other, namespace: str
) -> None:
    hand.ignore(**REPLICAS).apply(deployment(namespace))
    without = deployment(namespace)
    del without["spec"]["replicas"]

    for manifest in (deployment(namespace, replicas=9), without):
        assert hand.diff(manifest) is None
        assert hand.apply(manifest) == "unchanged"
    assert other.live()["spec"]["replicas"] == 2


def test_a_field_is_ours_until_a_manager_of_the_rule_takes_it(
    hand: Hand, other: Other, namespace: str
) -> None:
    hand.ignore(**AUTOSCALER).apply(deployment(namespace))

    assert hand.apply(deployment(namespace, replicas=3)) == "configured"
    other.patch(scaled(5))
    hand.apply(deployment(namespace, replicas=4))
    assert other.live()["spec"]["replicas"] == 5


def test_an_object_is_created_with_all_of_its_fields(
    hand: Hand, other: Other, namespace: str
) -> None:
    hand.ignore(**REPLICAS).apply(deployment(namespace, replicas=4))

    assert other.live()["spec"]["replicas"] == 4


def test_a_rule_for_other_objects_changes_nothing(hand: Hand, other: Other, namespace: str) -> None:
    hand.ignore(kind="StatefulSet", jsonPointers=["/spec/replicas"]).apply(deployment(namespace))
    other.patch(scaled(5))

    assert hand.drift(deployment(namespace)) is Drift.MOVED
    hand.apply(deployment(namespace))
    assert other.live()["spec"]["replicas"] == 2


def test_a_number_in_a_pointer_means_the_item_of_the_live_list_by_its_keys(
    hand: Hand, other: Other, namespace: str
) -> None:
    """A sidecar that was injected first must not turn the rule to another container."""
    hand.apply(deployment(namespace))
    sidecar = {
        "spec": {
            "template": {
                "spec": {
                    "containers": [container("mesh"), container(image="nginx:2")],
                    "$setElementOrder/containers": [{"name": "mesh"}, {"name": "web"}],
                }
            }
        }
    }
    other.patch(sidecar)
    hand.ignore(jsonPointers=["/spec/template/spec/containers/1/image"])

    assert hand.diff(deployment(namespace)) is None
    hand.apply(deployment(namespace))
    live = other.live()["spec"]["template"]["spec"]["containers"]
    assert {each["name"]: each["image"] for each in live} == {"mesh": "nginx:1", "web": "nginx:2"}
    assert hand.drift(deployment(namespace)) in (Drift.SAME, Drift.STIRRED)


def test_an_item_of_a_list_that_is_one_value_keeps_what_is_live(
    hand: Hand, other: Other, namespace: str
) -> None:
    args = container(args=["--a=1", "--b=1"])
    hand.apply(deployment(namespace, args))
    tuned = container(args=["--a=9", "--b=1"])
    other.patch({"spec": {"template": {"spec": {"containers": [tuned]}}}})
    hand.ignore(jsonPointers=["/spec/template/spec/containers/0/args/0"])

    found = hand.diff(deployment(namespace, container(args=["--a=1", "--b=2"])))
    hand.apply(deployment(namespace, container(args=["--a=1", "--b=2"])))

    live = other.live()["spec"]["template"]["spec"]["containers"]
    assert found is not None
    assert live[0]["args"] == ["--a=9", "--b=2"]


def test_our_marks_stay_whatever_a_rule_says(hand: Hand, other: Other, namespace: str) -> None:
    hand.ignore(jsonPointers=["/metadata/annotations", "/metadata/labels"])
    hand.apply(deployment(namespace))
    marks = other.live()["metadata"]
    other.patch({"metadata": {"labels": {**marks["labels"], "team": "shop"}}})
    hand.apply(deployment(namespace, minReadySeconds=7))

    kept = other.live()["metadata"]
    assert kept["annotations"].items() >= marks["annotations"].items()
    assert kept["labels"] == {**marks["labels"], "team": "shop"}


def test_a_changed_rule_is_applied_to_what_did_not_change(
    hand: Hand, other: Other, namespace: str
) -> None:
    hand.apply(deployment(namespace))
    before = hand._plan(deployment(namespace)).apply[0].digest

    hand.ignore(**REPLICAS)

    assert hand._plan(deployment(namespace)).apply[0].digest != before
    assert hand.apply(deployment(namespace)) == "unchanged"
    other.patch(scaled(5))
    assert hand.drift(deployment(namespace)) is Drift.STIRRED


def test_an_expression_follows_what_the_live_object_says(
    hand: Hand, other: Other, namespace: str
) -> None:
    """As of whoever marks what it takes over."""
    hand.ignore(expressions=["'scaled' in self.metadata.labels ? ['/spec/replicas'] : []"])
    hand.apply(deployment(namespace))
    other.patch(scaled(5))

    hand.apply(deployment(namespace))
    assert other.live()["spec"]["replicas"] == 2

    other.patch({"metadata": {"labels": {"scaled": "yes"}}, **scaled(5)})

    assert hand.diff(deployment(namespace)) is None
    hand.apply(deployment(namespace))
    assert other.live()["spec"]["replicas"] == 5
    other.patch(scaled(6))
    assert hand.drift(deployment(namespace)) is Drift.STIRRED


def test_an_expression_names_items_of_a_list(hand: Hand, other: Other, namespace: str) -> None:
    both = deployment(namespace, container("mesh"), container())
    hand.apply(both)
    images = [container("mesh", "nginx:2"), container(image="nginx:2")]
    other.patch({"spec": {"template": {"spec": {"containers": images}}}})
    containers = "self.spec.template.spec.containers"
    chosen = f"indices({containers}).filter(i, {containers}[i].name == 'mesh')"
    image = ".map(i, '/spec/template/spec/containers/' + string(i) + '/image')"
    hand.ignore(expressions=[chosen + image])

    hand.apply(both)

    live = other.live()["spec"]["template"]["spec"]["containers"]
    assert {each["name"]: each["image"] for each in live} == {"mesh": "nginx:2", "web": "nginx:1"}


def test_an_expression_that_fails_has_nothing_applied_and_is_named(
    hand: Hand, other: Other, namespace: str
) -> None:
    hand.ignore(expressions=["[self.metadata.name]"])
    hand.apply(deployment(namespace))
    other.patch(scaled(5))

    assert hand.drift(deployment(namespace)) is Drift.MOVED
    for act in (hand.apply, hand.diff):
        with pytest.raises(ExpressionFailed) as caught:
            act(deployment(namespace))
        assert caught.value.subject == f"Deployment/{namespace}/web"
        assert "'[self.metadata.name]': must be a list of JSON pointers" in caught.value.detail
    assert other.live()["spec"]["replicas"] == 5


def test_of_a_secret_nothing_is_told_when_an_expression_fails(
    hand: Hand, api_server: ApiServer, namespace: str
) -> None:
    meta = {"name": "web", "namespace": namespace}
    secret = {"apiVersion": "v1", "kind": "Secret", "metadata": meta, "stringData": {"a": "hidden"}}
    hand.ignore(expressions=["[string({'x': 1}[self.data.a])]", "[string(int(self.data.a))]"])
    hand.apply(secret)

    with pytest.raises(ExpressionFailed) as caught:
        hand.apply(secret)

    assert caught.value.detail.endswith(": has no value here")
