"""Discovery answers alike on both servers: same groups, kinds, verbs and names."""

from typing import Any

import pytest

from tests.conformance.backend import Backend

AGGREGATED = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList"


def plain(value: Any) -> Any:
    """Without hashes of storage versions, which the simulator has none of."""
    if isinstance(value, dict):
        return {name: plain(part) for name, part in value.items() if name != "storageVersionHash"}
    return [plain(part) for part in value] if isinstance(value, list) else value


def groups(backend: Backend) -> list[str]:
    return [
        version["groupVersion"]
        for group in backend("GET", "/apis").body["groups"]
        for version in group["versions"]
        if not group["name"].endswith("example.com")
    ]


@pytest.mark.cluster
def test_the_same_groups_are_served(simulator: Backend, kubernetes: Backend) -> None:
    assert sorted(groups(simulator)) == sorted(groups(kubernetes))


@pytest.mark.cluster
def test_every_group_serves_the_same_resources(simulator: Backend, kubernetes: Backend) -> None:
    for path in ["/api/v1", *(f"/apis/{version}" for version in groups(kubernetes))]:
        mine, theirs = (plain(server("GET", path).body) for server in (simulator, kubernetes))

        assert by_name(mine) == by_name(theirs), path


@pytest.mark.cluster
@pytest.mark.parametrize("path", ["/api", "/apis"])
def test_everything_can_be_asked_for_at_once(
    path: str, simulator: Backend, kubernetes: Backend
) -> None:
    mine, theirs = (
        server("GET", path, accept=AGGREGATED).body for server in (simulator, kubernetes)
    )

    assert described(mine) == described(theirs)


@pytest.mark.parametrize("path", ["/apis/nothing.example.com/v1/things", "/nothing"])
def test_a_group_that_is_not_served_is_plainly_not_found(backend: Backend, path: str) -> None:
    answer = backend("GET", path)

    assert (answer.code, answer.body) == (404, "404 page not found\n")


def test_a_resource_that_is_not_served_is_not_found(backend: Backend) -> None:
    answer = backend("GET", "/apis/apps/v1/namespaces/default/things")

    assert answer.code == 404
    assert answer.body["message"] == "the server could not find the requested resource"


def by_name(listed: dict[str, Any]) -> dict[str, Any]:
    return {entry["name"]: entry for entry in listed["resources"]}


def described(listed: dict[str, Any]) -> dict[str, Any]:
    """Group, version and resource → what is said of it."""
    return {
        (group["metadata"].get("name", ""), version["version"], resource["resource"]): {
            **resource,
            "subresources": sorted(resource.get("subresources", []), key=str),
        }
        for group in listed["items"]
        if not group["metadata"].get("name", "").endswith("example.com")
        for version in group["versions"]
        for resource in version["resources"]
    }
