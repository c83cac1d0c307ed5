"""Pods and pod templates: the defaults and rules that all workloads share."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from typing_extensions import override

from syncline.simulator.kinds.behaviour import (
    Behaviour,
    Object,
    Problem,
    forbidden,
    invalid,
    required,
    unsupported,
)
from syncline.simulator.schema.quantity import amount

if TYPE_CHECKING:
    from syncline.simulator.store.cluster import Cluster

POLICIES = ["Always", "IfNotPresent", "Never"]
PROBE = {"timeoutSeconds": 1, "periodSeconds": 10, "successThreshold": 1, "failureThreshold": 3}
PROBES = ("livenessProbe", "readinessProbe", "startupProbe")
LARGEST_PORT = 65535
RANGE = "must be between 1 and 65535, inclusive"
NO_PROBE = "may not be set for init containers without restartPolicy=Always"
READABLE = 420
MOUNTED = ("secret", "configMap", "downwardAPI", "projected")
NOT_READY = ("not-ready", "unreachable")
IMMUTABLE = (
    "pod updates may not change fields other than `spec.containers[*].image`,"
    "`spec.initContainers[*].image`,`spec.activeDeadlineSeconds`,`spec.tolerations` (only additions"
    " to existing tolerations),`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it"
    " was previously negative)"
)


def default_spec(spec: dict[str, Any]) -> None:
    """Fill in a pod's spec, in place."""
    spec.setdefault("restartPolicy", "Always")
    spec.setdefault("terminationGracePeriodSeconds", 30)
    spec.setdefault("dnsPolicy", "ClusterFirst")
    spec.setdefault("securityContext", {})
    spec.setdefault("schedulerName", "default-scheduler")
    if "serviceAccountName" in spec:
        spec.setdefault("serviceAccount", spec["serviceAccountName"])
    elif "serviceAccount" in spec:
        spec["serviceAccountName"] = spec["serviceAccount"]
    for container in (*(spec.get("initContainers") or ()), *(spec.get("containers") or ())):
        default_container(container)
    for volume in spec.get("volumes") or ():
        default_volume(volume)


def default_container(container: dict[str, Any]) -> None:
    """Fill in one container, in place."""
    container.setdefault("terminationMessagePath", "/dev/termination-log")
    container.setdefault("terminationMessagePolicy", "File")
    if "imagePullPolicy" not in container:
        image = container.get("image") or ""
        tag = image.rpartition("/")[2].partition(":")[2]
        latest = "@" not in image and tag in ("", "latest")
        container["imagePullPolicy"] = "Always" if latest else "IfNotPresent"
    for probe in PROBES:
        if probe in container:
            default_probe(container[probe])
    for variable in container.get("env") or ():
        reference = (variable.get("valueFrom") or {}).get("fieldRef")
        if reference is not None:
            reference.setdefault("apiVersion", "v1")


def default_probe(probe: dict[str, Any]) -> None:
    """Fill in one probe, in place."""
    for name, value in PROBE.items():
        probe.setdefault(name, value)
    if "httpGet" in probe:
        probe["httpGet"].setdefault("path", "/")
        probe["httpGet"].setdefault("scheme", "HTTP")


def default_volume(volume: dict[str, Any]) -> None:
    """Fill in one volume, in place."""
    for source in MOUNTED:
        if source in volume:
            volume[source].setdefault("defaultMode", READABLE)
    if "hostPath" in volume:
        volume["hostPath"].setdefault("type", "")
    if set(volume) <= {"name"}:
        volume["emptyDir"] = {}


def spec_problems(spec: dict[str, Any], path: str) -> list[Problem]:
    """Return what makes a pod's spec invalid; the popular mistakes only."""
    containers = spec.get("containers")
    if not containers:
        return [required(f"{path}.containers")]
    found: list[Problem] = []
    for index, container in enumerate(containers):
        here = f"{path}.containers[{index}]"
        if not container.get("name"):
            found.append(required(f"{here}.name"))
        if not container.get("image"):
            found.append(required(f"{here}.image"))
        if container["imagePullPolicy"] not in POLICIES:
            field = f"{here}.imagePullPolicy"
            found.append(unsupported(field, container["imagePullPolicy"], POLICIES))
        found += resource_problems(container, here)
        found += probe_problems(container, here)
    return found + init_problems(spec, path)


def resource_problems(container: dict[str, Any], path: str) -> list[Problem]:
    """Return what a container asks for beyond its own limits."""
    resources = container.get("resources") or {}
    limits = resources.get("limits") or {}
    return [
        invalid(
            f"{path}.resources.requests",
            f'"{asked}"',
            f"must be less than or equal to {name} limit of {limits[name]}",
        )
        for name, asked in sorted((resources.get("requests") or {}).items())
        if name in limits and amount(str(asked)) > amount(str(limits[name]))
    ]


def probe_problems(container: dict[str, Any], path: str) -> list[Problem]:
    """Return which probes ask at a port that is none."""
    return [
        invalid(f"{path}.{probe}.{how}.port", str(port), RANGE)
        for probe in PROBES
        for how in ("httpGet", "tcpSocket")
        if how in container.get(probe, {})
        and isinstance(port := container[probe][how].get("port", 0), int)
        and not 0 < port <= LARGEST_PORT
    ]


def init_problems(spec: dict[str, Any], path: str) -> list[Problem]:
    """Return which probes init containers have that may have none."""
    return [
        forbidden(f"{path}.initContainers[{index}].{probe}", NO_PROBE)
        for index, container in enumerate(spec.get("initContainers") or ())
        if container.get("restartPolicy") != "Always"
        for probe in PROBES
        if probe in container
    ]


class Pod(Behaviour):
    """A pod on its own: it runs by itself, and little of it may change."""

    counts_generation = True

    @override
    def default(self, obj: Object) -> None:
        default_spec(obj["spec"])
        obj["spec"].setdefault("enableServiceLinks", True)
        for container in obj["spec"].get("containers") or ():
            resources = container["resources"]
            if "limits" in resources:
                resources["requests"] = {**resources["limits"], **resources.get("requests", {})}

    @override
    def allocate(self, cluster: Cluster, new: Object, old: Object | None) -> None:
        spec = new["spec"]
        spec.setdefault("tolerations", [])
        known = {entry.get("key") for entry in spec["tolerations"]}
        for word in NOT_READY:
            key = f"node.kubernetes.io/{word}"
            if key not in known:
                spec["tolerations"].append(
                    {
                        "key": key,
                        "operator": "Exists",
                        "effect": "NoExecute",
                        "tolerationSeconds": 300,
                    }
                )
        spec.setdefault("priority", 0)
        spec.setdefault("preemptionPolicy", "PreemptLowerPriority")
        if old is None:
            new["status"] = {"phase": "Pending", "qosClass": quality(spec)}

    @override
    def problems(self, new: Object, old: Object | None) -> list[Problem]:
        found = spec_problems(new["spec"], "spec")
        if old is not None and not found and fixed(new["spec"]) != fixed(old["spec"]):
            found.append(forbidden("spec", IMMUTABLE))
        return found


def quality(spec: dict[str, Any]) -> str:
    """Return the quality of service that the containers' resources amount to."""
    asked = [container.get("resources") or {} for container in spec["containers"]]
    if not any(asked):
        return "BestEffort"
    both = {"cpu", "memory"}
    exact = all(
        part.get("limits") == part.get("requests") and both <= set(part.get("limits", {}))
        for part in asked
    )
    return "Guaranteed" if exact else "Burstable"


def fixed(spec: dict[str, Any]) -> dict[str, Any]:
    """Return the part of a pod's spec that may not change."""
    out = {key: value for key, value in spec.items() if key != "tolerations"}
    for kind in ("containers", "initContainers"):
        out[kind] = [{**container, "image": ""} for container in spec.get(kind) or ()]
    return out
