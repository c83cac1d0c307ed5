"""What would change in an object of a real kube-apiserver: exactly that, and nothing of others."""

from __future__ import annotations

import pytest

from syncline.model.change import Difference
from syncline.model.values import Manifest
from syncline_workers.cluster.api import Api
from tests.cluster.hand import Hand
from tests.cluster.test_ignored import Other, container, deployment
from tests.harness import poll
from tests.harness.apiserver import ApiServer

pytestmark = pytest.mark.cluster


@pytest.fixture
def hand(api: Api) -> Hand:
    return Hand(api)


@pytest.fixture
def other(api_server: ApiServer, namespace: str) -> Other:
    return Other(api_server, namespace, "someone")


def secret(namespace: str, **data: str) -> Manifest:
    return {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": "s", "namespace": namespace},
        "stringData": data,
    }


def told(found: Difference | None) -> list[tuple[str, object, object]]:
    assert found is not None
    return [(each.path, each.before, each.after) for each in found.fields]


def test_what_was_applied_is_no_difference(hand: Hand, namespace: str) -> None:
    hand.apply(deployment(namespace))

    assert hand.diff(deployment(namespace)) is None


def test_what_controllers_and_others_set_is_none(hand: Hand, other: Other, namespace: str) -> None:
    hand.apply(deployment(namespace))
    note = {"metadata": {"annotations": {"deployment.kubernetes.io/revision": "1"}}}
    other.patch({**note, "spec": {"paused": True}})

    assert hand.diff(deployment(namespace)) is None


def test_defaults_of_what_is_added_are_not_shown(hand: Hand, namespace: str) -> None:
    hand.apply(deployment(namespace))

    port = {"containerPort": 80}
    more = deployment(namespace, container(ports=[port]), container("mesh", "envoy"))
    found = hand.diff(more)

    assert told(found) == [
        (
            '.spec.template.spec.containers[name="web"].ports',
            None,
            [port],
        ),
        (
            '.spec.template.spec.containers[name="mesh"]',
            None,
            {"name": "mesh", "image": "envoy"},
        ),
    ]
    assert found is not None
    assert "terminationMessagePath" not in [
        line.split(":")[0].strip("+- ") for line in found.unified.splitlines() if line[0] in "+-"
    ]


def test_a_field_that_leaves_git_shows_the_default_that_takes_its_place(
    hand: Hand, namespace: str
) -> None:
    hand.apply(deployment(namespace, strategy={"type": "Recreate"}))

    assert told(hand.diff(deployment(namespace))) == [
        (".spec.strategy.type", "Recreate", "RollingUpdate")
    ]


def test_a_new_object_is_shown_as_rendered(hand: Hand, namespace: str) -> None:
    found = hand.diff(deployment(namespace))

    assert found is not None
    assert (found.action, found.fields) == ("created", ())
    assert "+  replicas: 2" in found.unified
    assert "progressDeadlineSeconds" not in found.unified


def test_a_new_object_that_the_server_would_refuse_is_refused(hand: Hand, namespace: str) -> None:
    with pytest.raises(Exception, match="replicsa"):
        hand.diff(deployment(namespace, replicsa=3))


def test_a_changed_secret_shows_which_keys_and_no_value(
    hand: Hand, namespace: str, api_server: ApiServer
) -> None:
    hand.apply(secret(namespace, password="hunter2", kept="hunter4"))
    copy = {"metadata": {"annotations": {"copied": "holds hunter2 in clear", "note": "fine"}}}
    path = f"/api/v1/namespaces/{namespace}/secrets/s?fieldManager=someone"
    api_server.call("PATCH", path, copy, kind="merge-patch+json")

    found = hand.diff(secret(namespace, password="hunter5", added="hunter6", kept="hunter4"))

    assert told(found) == [
        (".data.added", None, "******"),
        (".data.password", "******", "****** (changed)"),
    ]
    assert found is not None
    assert "hunter" not in found.model_dump_json()
    assert "aHVudGVy" not in found.model_dump_json()
    assert "+  password: '****** (changed)'" in found.unified


def test_a_secret_that_did_not_change_is_no_difference(hand: Hand, namespace: str) -> None:
    hand.apply(secret(namespace, password="hunter2"))

    assert hand.diff(secret(namespace, password="hunter2")) is None


def test_a_key_that_leaves_a_secret_is_shown_without_its_value(hand: Hand, namespace: str) -> None:
    def holding(**data: str) -> Manifest:
        made = secret(namespace)
        del made["stringData"]
        return {**made, "data": data}

    hand.apply(holding(gone="aHVudGVyMw==", kept="aHVudGVyNA=="))

    found = hand.diff(holding(kept="aHVudGVyNA=="))

    assert told(found) == [(".data.gone", "******", None)]
    assert "aHVudGVy" not in str(found)


def mutating(namespace: str) -> list[Manifest]:
    """An admission that adds an annotation to what is written, and takes images from a mirror."""
    group = {"apiVersion": "admissionregistration.k8s.io/v1", "metadata": {"name": namespace}}
    rule = {"apiGroups": ["apps"], "apiVersions": ["v1"], "resources": ["deployments"]}
    policy = {
        **group,
        "kind": "MutatingAdmissionPolicy",
        "spec": {
            "matchConstraints": {
                "namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": namespace}},
                "resourceRules": [{**rule, "operations": ["CREATE", "UPDATE"]}],
            },
            "failurePolicy": "Fail",
            "reinvocationPolicy": "Never",
            "mutations": [
                {
                    "patchType": "JSONPatch",
                    "jsonPatch": {
                        "expression": "[JSONPatch{op: 'add', path: "
                        "'/metadata/annotations/injected', value: 'yes'}, "
                        "JSONPatch{op: 'replace', path: "
                        "'/spec/template/spec/containers/0/image', value: 'mirror/' + "
                        "object.spec.template.spec.containers[0].image"
                        ".replace('mirror/', '')}]"
                    },
                }
            ],
        },
    }
    binding = {
        **group,
        "kind": "MutatingAdmissionPolicyBinding",
        "spec": {"policyName": namespace},
    }
    return [policy, binding]


def test_what_admission_changes_is_on_both_sides(
    hand: Hand, other: Other, namespace: str, api_server: ApiServer
) -> None:
    kinds = ("mutatingadmissionpolicies", "mutatingadmissionpolicybindings")
    path = "/apis/admissionregistration.k8s.io/v1"
    for kind, body in zip(kinds, mutating(namespace), strict=True):
        api_server.call("POST", f"{path}/{kind}", body)

    def is_applied() -> bool:
        """Policies take effect a moment after they were made."""
        hand.apply(deployment(namespace))
        return "injected" in other.live()["metadata"]["annotations"]

    poll.until(is_applied, within=30, what="the policy", every=0.2)
    found = hand.diff(deployment(namespace, container(image="nginx:2")))

    assert other.live()["spec"]["template"]["spec"]["containers"][0]["image"] == "mirror/nginx:1"
    assert hand.diff(deployment(namespace)) is None
    assert told(found) == [
        (
            '.spec.template.spec.containers[name="web"].image',
            "mirror/nginx:1",
            "mirror/nginx:2",
        )
    ]
