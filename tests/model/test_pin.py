"""The spec that brings a past state about."""

from typing import Any

from syncline.model import template
from syncline.model.application import ApplicationSpec
from syncline.model.pin import Past, restored
from syncline.model.records import ClusterRecord

WEST = ClusterRecord.model_validate(
    {"uid": "c1", "name": "west", "spec": {"kubeconfig": "file:west"}}
)


def spec(revision: str, **values: Any) -> ApplicationSpec:
    told = {
        "source": {"repository": "shop", "path": revision, "revision": revision},
        "destination": {"cluster": "west", "namespace": revision, "createNamespace": True},
        "parameters": {"on": "{{ cluster.name }}"},
    }
    return ApplicationSpec.model_validate({**told, **values})


def test_what_is_made_is_of_then_and_how_is_of_now() -> None:
    elsewhere = {"selector": {"matchLabels": {"a": "b"}}, "namespace": "new"}
    now = spec("new", destination=elsewhere, syncPolicy={"prune": False})

    found = restored(now, spec("old"), Past(revision="c1", generation=1, parameters={"on": "x"}))

    assert (found.source.path, found.destination.namespace) == ("old", "old")
    assert found.destination.create_namespace
    assert found.destination.selector == now.destination.selector
    assert found.parameters == {"on": "x"}
    assert found.sync_policy == now.sync_policy


def test_a_commit_alone_changes_nothing_of_the_spec() -> None:
    assert restored(spec("new"), None, Past(revision="c1")) == spec("new")


def test_parameters_are_filled_in_once() -> None:
    odd = {"a": "{{ cluster.name }}", "b": "{{{{", "c": "}} {{{ }}"}

    found = restored(spec("new"), spec("old"), Past(revision="c1", parameters=odd))

    assert template.resolve(found.parameters, WEST, subject="shop") == odd


def test_parameters_of_variables_are_filled_in_anew() -> None:
    """What a Secret held then is kept nowhere, and a history holds the places as written."""
    held = {
        "variables": {"on": {"secret": {"name": "s"}}},
        "parameters": {"on": "{{ variables.on }}"},
    }
    past = Past(revision="c1", generation=1, parameters={"on": "{{ variables.on }}"})

    found = restored(spec("new"), spec("old", **held), past)

    assert found.parameters == {"on": "{{ variables.on }}"}
    assert found.variables == spec("old", **held).variables
