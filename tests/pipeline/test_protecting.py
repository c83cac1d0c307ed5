"""What keeps a live object from being deleted, on a real kube-apiserver."""

from typing import Any

import pytest

from syncline.errors import CredentialRefused
from tests.harness.apiserver import ApiServer
from tests.pipeline.real import Target, ready

pytestmark = pytest.mark.cluster

ARGO = "argocd.argoproj.io/sync-options"
FLUX = "kustomize.toolkit.fluxcd.io/"


def web(target: Target, annotations: dict[str, str]) -> dict[str, Any]:
    manifest = target.config("web", a="1")
    manifest["metadata"]["annotations"] = annotations
    return manifest


def applied(target: Target, annotations: dict[str, str]) -> None:
    target.run(web(target, annotations), target.config("rest", a="1"))


def annotate(target: Target, path: str, **annotations: str | None) -> None:
    patch = {"metadata": {"annotations": annotations}}
    target.server.call("PATCH", path, patch, kind="merge-patch+json")


KEPT_ALWAYS = [
    {"syncline.dev/prune": "false", "syncline.dev/delete": "false"},
    {"helm.sh/resource-policy": "keep"},
    {FLUX + "prune": "disabled"},
]


@pytest.mark.parametrize("annotations", [*KEPT_ALWAYS, {ARGO: "Prune=false"}])
def test_what_is_not_to_be_pruned_is_left_and_forgotten(
    target: Target, annotations: dict[str, str]
) -> None:
    applied(target, annotations)

    report = target.run(target.config("rest", a="1"))

    assert ready(report).changed == [("web", "skipped")]
    assert report.changes[0].message == "is left alone: its annotations say so"
    assert (report.sync.value, ready(report).outcome) == ("Synced", "Succeeded")
    assert target.is_there()
    assert target.requests(target.config("rest", a="1")) == 0


@pytest.mark.parametrize("annotations", [*KEPT_ALWAYS, {ARGO: "Delete=false"}])
def test_what_is_not_to_be_deleted_stays_when_its_application_goes(
    target: Target, annotations: dict[str, str]
) -> None:
    applied(target, annotations)

    report = target.run(deleting=True)

    assert sorted(ready(report).changed) == [("rest", "deleted"), ("web", "skipped")]
    assert report.gone
    assert target.is_there()
    assert not target.is_there("rest")


@pytest.mark.parametrize("annotations", [{ARGO: "Delete=false"}, {"syncline.dev/delete": "false"}])
def test_delete_says_nothing_of_pruning(target: Target, annotations: dict[str, str]) -> None:
    applied(target, annotations)

    target.run(target.config("rest", a="1"))

    assert not target.is_there()


def test_the_live_object_is_asked_and_not_what_was_rendered(target: Target) -> None:
    applied(target, {})
    annotate(target, target.path(), **{FLUX + "reconcile": "disabled"})

    target.run(target.config("rest", a="1"))

    assert target.is_there()


@pytest.mark.parametrize(
    "annotations", [{ARGO: "Prune=confirm"}, {"syncline.dev/prune": "confirm"}]
)
def test_what_a_person_has_to_confirm_is_pruned_then(
    target: Target, annotations: dict[str, str]
) -> None:
    applied(target, annotations)
    rest = target.config("rest", a="1")

    waits = target.run(rest)
    there = target.is_there()
    confirmed = target.run(rest, by="user", confirm_prune=True)

    assert (waits.sync.value, waits.reason) == ("OutOfSync", "PruneUnconfirmed")
    assert waits.message.endswith(
        f"1 objects wait for sync --confirm-prune: ConfigMap/{target.namespace}/web"
    )
    assert waits.outcome.value == "Succeeded"
    assert there
    assert ready(confirmed).changed == [("web", "deleted")]
    assert (confirmed.sync.value, target.is_there()) == ("Synced", False)


def test_an_application_that_goes_waits_for_the_confirmation(target: Target) -> None:
    applied(target, {ARGO: "Delete=confirm"})

    waits = target.run(deleting=True)
    there = (target.is_there("web"), target.is_there("rest"))
    annotate(target, target.path(), **{"syncline.dev/delete": "true"})
    done = target.run(deleting=True)

    assert (waits.outcome.value, waits.reason) == ("Failed", "NotReady")
    assert f"1 objects wait for a person: ConfigMap/{target.namespace}/web" in waits.message
    assert there == (True, False)
    assert done.gone
    assert not target.is_there()


def test_dependents_go_as_the_policy_says(target: Target) -> None:
    target.policy = {"propagation": "foreground"}
    applied(target, {})

    target.run(target.config("rest", a="1"))

    # Without a collector nobody looks for dependents: the object waits for just that.
    assert target.live()["metadata"]["finalizers"] == ["foregroundDeletion"]


# Namespaces


def space(target: Target, **annotations: str) -> dict[str, Any]:
    meta = {"name": f"{target.namespace}-own", "annotations": annotations}
    return {"apiVersion": "v1", "kind": "Namespace", "metadata": meta}


def inside(target: Target, name: str, **more: Any) -> dict[str, Any]:
    meta = {"name": name, "namespace": f"{target.namespace}-own", **more}
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": meta, "data": {"a": "1"}}


def somebody_makes(server: ApiServer, manifest: dict[str, Any]) -> None:
    namespace = manifest["metadata"]["namespace"]
    server.call("POST", f"/api/v1/namespaces/{namespace}/configmaps", manifest)


def is_going(target: Target) -> bool:
    path = f"/api/v1/namespaces/{target.namespace}-own"
    return "deletionTimestamp" in target.server.call("GET", path)["metadata"]


def test_a_namespace_with_nothing_but_ours_goes(target: Target) -> None:
    target.run(space(target), inside(target, "a"), target.config("rest"))
    owner = {"apiVersion": "v1", "kind": "ConfigMap", "name": "a", "uid": "u"}
    somebody_makes(target.server, inside(target, "dependent", ownerReferences=[owner]))

    report = target.run(target.config("rest"))

    assert sorted(ready(report).changed) == [("a", "deleted"), (space_name(target), "deleted")]
    assert is_going(target)


def space_name(target: Target) -> str:
    return f"{target.namespace}-own"


def test_a_namespace_with_objects_of_others_stays(target: Target) -> None:
    target.run(space(target), inside(target, "a"), target.config("rest"))
    somebody_makes(target.server, inside(target, "foreign"))

    report = target.run(target.config("rest"))

    left = next(each for each in report.changes if each.ref.kind == "Namespace")
    assert (left.action.value, report.sync.value) == ("skipped", "Synced")
    assert left.message == (
        "is left alone: there are objects in it that would go with it and are not to go: "
        f"ConfigMap/{space_name(target)}/foreign. Its annotation syncline.dev/prune: "
        '"true" allows that'
    )
    assert not is_going(target)


def test_a_namespace_with_what_is_still_declared_stays(target: Target) -> None:
    target.run(space(target), inside(target, "a"))

    report = target.run(inside(target, "a"))

    assert ready(report).changed == [(space_name(target), "skipped")]
    assert not is_going(target)


def test_a_namespace_with_what_is_protected_stays(target: Target) -> None:
    keep = {"helm.sh/resource-policy": "keep"}
    target.run(space(target), inside(target, "a", annotations=keep))

    report = target.run(deleting=True)

    assert report.gone
    assert [action for _, action in ready(report).changed] == ["skipped", "skipped"]
    assert not is_going(target)


@pytest.mark.parametrize("deleting", [False, True])
def test_a_namespace_can_say_that_all_goes_with_it(target: Target, deleting: bool) -> None:
    wish = {f"syncline.dev/{'delete' if deleting else 'prune'}": "true"}
    target.run(space(target, **wish), target.config("rest"))
    somebody_makes(target.server, inside(target, "foreign"))

    target.run(*([] if deleting else [target.config("rest")]), deleting=deleting)

    assert is_going(target)


def test_what_may_not_be_listed_keeps_the_namespace(
    target: Target, monkeypatch: pytest.MonkeyPatch
) -> None:
    target.run(space(target), target.config("rest"))
    whole = target.api.list_metadata

    def limited(ref: Any, *, labels: str, namespace: str = "") -> Any:
        if ref.kind == "Secret":
            raise CredentialRefused("cluster eu", "may not list secrets")
        return whole(ref, labels=labels, namespace=namespace)

    monkeypatch.setattr(target.api, "list_metadata", limited)

    report = target.run(target.config("rest"))

    assert "any Secret, which may not be listed" in report.changes[0].message
    assert not is_going(target)
