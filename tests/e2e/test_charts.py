"""A chart sees the cluster that it is for."""

import pytest

from tests.e2e.world import World, application

pytestmark = pytest.mark.cluster

SEEN = """
apiVersion: v1
kind: ConfigMap
metadata:
  name: seen
data:
  version: {{ .Capabilities.KubeVersion.Version }}
  served: {{ .Capabilities.APIVersions.Has "apiregistration.k8s.io/v1/APIService" | quote }}
  absent: {{ .Capabilities.APIVersions.Has "example.com/v1/Nothing" | quote }}
"""


def test_a_chart_sees_the_version_and_the_kinds_of_its_cluster(world: World) -> None:
    """APIService is none of the kinds that helm takes for served by itself."""
    world.push(
        {
            "capable/Chart.yaml": "apiVersion: v2\nname: capable\nversion: 1.0.0\n",
            "capable/templates/seen.yaml": SEEN,
        }
    )
    world.apply(application("capable", path="capable", namespace="capable"))
    world.synced("capable@c0")

    live = world.live(0, "/api/v1/namespaces/capable/configmaps/seen")

    version = world.clusters[0].call("GET", "/version")["gitVersion"]
    assert live is not None
    assert live["data"] == {"version": version, "served": "true", "absent": "false"}
