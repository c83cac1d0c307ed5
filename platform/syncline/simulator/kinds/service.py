"""Services: a cluster IP that is given once, and node ports."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from typing_extensions import override

from syncline.simulator.kinds.behaviour import (
    Behaviour,
    Object,
    Problem,
    duplicate,
    invalid,
    required,
    unsupported,
)
from syncline.simulator.kinds.workload import shown

if TYPE_CHECKING:
    from syncline.simulator.store.cluster import Cluster

TYPES = ["ClusterIP", "ExternalName", "LoadBalancer", "NodePort"]
NODED = ("LoadBalancer", "NodePort")
FIRST_PORT = 30000
PORTS = 2768
LARGEST_PORT = 65535
STICKY = 3 * 60 * 60
ONCE = "may not change once set"
RANGE = "must be between 1 and 65535, inclusive"


class Service(Behaviour):
    """core/v1 Service."""

    name_rule = "label"

    @override
    def default(self, obj: Object) -> None:
        spec = obj["spec"]
        spec.setdefault("sessionAffinity", "None")
        kind = spec.setdefault("type", "ClusterIP")
        for port in spec.get("ports") or ():
            port.setdefault("protocol", "TCP")
            port.setdefault("targetPort", port.get("port", 0))
        if kind != "ExternalName":
            spec.setdefault("internalTrafficPolicy", "Cluster")
        if spec["sessionAffinity"] == "ClientIP":
            affinity = spec.setdefault("sessionAffinityConfig", {})
            affinity.setdefault("clientIP", {}).setdefault("timeoutSeconds", STICKY)
        else:
            spec.pop("sessionAffinityConfig", None)
        if kind in NODED:
            spec.setdefault("externalTrafficPolicy", "Cluster")
        if kind == "LoadBalancer":
            spec.setdefault("allocateLoadBalancerNodePorts", True)

    @override
    def allocate(self, cluster: Cluster, new: Object, old: Object | None) -> None:
        spec = new["spec"]
        before = (old or {}).get("spec", {})
        if spec["type"] == "ExternalName":
            return
        for name in ("clusterIP", "clusterIPs", "ipFamilies", "ipFamilyPolicy"):
            if name not in spec and name in before:
                spec[name] = before[name]
        if not spec.get("clusterIP"):
            cluster.addresses += 1
            spec["clusterIP"] = f"10.0.{cluster.addresses // 250}.{cluster.addresses % 250 + 2}"
        if old is None or "clusterIPs" not in spec:
            spec["clusterIPs"] = [spec["clusterIP"]]
        spec.setdefault("ipFamilies", ["IPv4"])
        spec.setdefault("ipFamilyPolicy", "SingleStack")
        if spec["type"] in NODED:
            node_ports(cluster, spec, before)
        elif before.get("type") in NODED:
            no_node_ports(spec, before)

    @override
    def problems(self, new: Object, old: Object | None) -> list[Problem]:
        spec = new["spec"]
        if spec["type"] not in TYPES:
            return [unsupported("spec.type", spec["type"], TYPES)]
        found = port_problems(spec)
        before = (old or {}).get("spec", {})
        if old and before.get("clusterIP") and spec.get("clusterIP") != before["clusterIP"]:
            shown = f'["{spec.get("clusterIP", "")}"]'
            found.append(invalid("spec.clusterIPs[0]", shown, ONCE))
        return found


def node_ports(cluster: Cluster, spec: dict[str, Any], before: dict[str, Any]) -> None:
    """Give every port a node port, the one it had if it had one."""
    had = {(port["port"], port["protocol"]): port for port in before.get("ports") or ()}
    for port in spec.get("ports") or ():
        known = had.get((port["port"], port["protocol"]), {}).get("nodePort")
        if not port.get("nodePort"):
            cluster.addresses += 1
            port["nodePort"] = known or FIRST_PORT + cluster.addresses % PORTS


def no_node_ports(spec: dict[str, Any], before: dict[str, Any]) -> None:
    """Take back what only the type before had, unless the client has changed it."""
    had = {port.get("nodePort") for port in before.get("ports") or ()}
    for port in spec.get("ports") or ():
        if port.get("nodePort") in had:
            port.pop("nodePort", None)
    for name in ("externalTrafficPolicy", "allocateLoadBalancerNodePorts"):
        if spec.get(name) == before.get(name):
            spec.pop(name, None)


def port_problems(spec: dict[str, Any]) -> list[Problem]:
    """Return what is wrong with the ports."""
    ports = spec.get("ports") or []
    if not ports and spec["type"] != "ExternalName" and spec.get("clusterIP") != "None":
        return [required("spec.ports")]
    found: list[Problem] = []
    for index, port in enumerate(ports):
        number = port.get("port", 0)
        if not 0 < number <= LARGEST_PORT:
            found.append(invalid(f"spec.ports[{index}].port", str(number), RANGE))
        target = port.get("targetPort")
        if isinstance(target, int) and not 0 < target <= LARGEST_PORT:
            found.append(invalid(f"spec.ports[{index}].targetPort", str(target), RANGE))
        if len(ports) > 1 and not port.get("name"):
            found.append(required(f"spec.ports[{index}].name"))
    return found + double_ports(ports)


def double_ports(ports: list[dict[str, Any]]) -> list[Problem]:
    """Return which names, and which ports of a protocol, are there twice."""
    found: list[Problem] = []
    for what in (("name",), ("protocol", "port")):
        seen: set[tuple[Any, ...]] = set()
        for index, port in enumerate(ports):
            key = tuple(port.get(name) for name in what)
            if key in seen and key != (None,):
                named = what == ("name",)
                field = f"spec.ports[{index}]" + (".name" if named else "")
                found.append(duplicate(field, shown(port["name"] if named else port)))
            seen.add(key)
    return found
