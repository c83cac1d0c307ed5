"""The real clusters do what other tests rely on: objects, identity, credentials, isolation."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from kubernetes import client, config

from tests.harness import poll
from tests.harness.apiserver import ApiServer
from tests.harness.controlplane import ControlPlane

pytestmark = pytest.mark.cluster

CONFIG_MAPS = "/api/v1/namespaces/default/configmaps"


def apply(server: ApiServer, name: str, **data: str) -> Any:
    manifest = {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": name},
        "data": data,
    }
    path = f"{CONFIG_MAPS}/{name}?fieldManager=syncline"
    return server.call("PATCH", path, manifest, kind="apply-patch+yaml")


def names(server: ApiServer) -> set[str]:
    return {item["metadata"]["name"] for item in server.call("GET", CONFIG_MAPS)["items"]}


def status_of_list(kubeconfig: Path) -> int:
    with config.new_client_from_config(str(kubeconfig)) as connection:  # type: ignore[no-untyped-call]
        try:
            client.CoreV1Api(connection).list_namespaced_config_map("default")
        except client.ApiException as refused:
            return int(refused.status)
    return 200


@pytest.fixture
def with_controllers(tmp_path: Path) -> Iterator[ApiServer]:
    with ControlPlane.start(tmp_path / "plane", controllers=True) as plane:
        yield plane.cluster(0)


def test_an_applied_object_is_owned_by_its_field_manager(api_server: ApiServer) -> None:
    live = apply(api_server, "owned", colour="green")

    assert live["data"] == {"colour": "green"}
    assert [entry["manager"] for entry in live["metadata"]["managedFields"]] == ["syncline"]


def test_each_cluster_keeps_its_own_objects(control_plane: ControlPlane) -> None:
    one, other = control_plane.cluster(0), control_plane.cluster(1)

    apply(one, "here")

    assert "here" in names(one)
    assert "here" not in names(other)


def test_each_cluster_has_its_own_identity(control_plane: ControlPlane) -> None:
    control_plane.grow(2)

    assert control_plane.cluster(0).uid != control_plane.cluster(1).uid


@pytest.mark.parametrize(
    ("user", "token", "status"),
    [("admin", None, 200), ("limited", None, 403), ("nobody", "wrong", 401)],
)
def test_a_kubeconfig_gives_its_users_rights(
    api_server: ApiServer, user: str, token: str | None, status: int
) -> None:
    kubeconfig = api_server.kubeconfig_for(user, token=token)

    assert status_of_list(kubeconfig) == status


def test_controllers_roll_a_deployment_and_finish_a_namespace(with_controllers: ApiServer) -> None:
    namespaces, deployments = "/api/v1/namespaces", "/apis/apps/v1/namespaces/shop/deployments"
    labels = {"app": "web"}
    pod = {"metadata": {"labels": labels}, "spec": {"containers": [{"name": "c", "image": "i"}]}}
    spec = {"replicas": 2, "selector": {"matchLabels": labels}, "template": pod}
    with_controllers.call("POST", namespaces, {"metadata": {"name": "shop"}})
    with_controllers.call("POST", deployments, {"metadata": {"name": "web"}, "spec": spec})

    poll.until(
        lambda: len(with_controllers.call("GET", f"{namespaces}/shop/pods")["items"]) == 2,
        within=60,
        what="two Pods of the Deployment",
    )
    with_controllers.call("DELETE", f"{namespaces}/shop")

    poll.until(
        lambda: (
            "shop"
            not in {
                item["metadata"]["name"]
                for item in with_controllers.call("GET", namespaces)["items"]
            }
        ),
        within=60,
        what="the namespace gone",
    )
