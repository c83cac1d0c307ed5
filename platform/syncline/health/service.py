"""A Service is healthy at once, unless a load balancer has to be given to it."""

from __future__ import annotations

from syncline.health import reading
from syncline.health.verdict import Health, healthy, progressing
from syncline.model.values import Manifest


def judge(live: Manifest) -> Health:
    """Judge a LoadBalancer by whether it has an address."""
    if reading.section(live, "spec").get("type") != "LoadBalancer":
        return healthy()
    balancer = reading.section(live, "status").get("loadBalancer") or {}
    if balancer.get("ingress"):
        return healthy("its load balancer has an address")
    return progressing("NoAddress", "its load balancer has no address yet")
