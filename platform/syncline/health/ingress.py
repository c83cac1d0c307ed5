"""An Ingress is healthy once it exists.

Many controllers serve an Ingress and never write its address. To wait for one, as Argo CD does,
leaves those at Progressing for ever; so the address is told and not waited for, as in kstatus.
"""

from __future__ import annotations

from syncline.health import reading
from syncline.health.verdict import Health, healthy
from syncline.model.values import Manifest


def judge(live: Manifest) -> Health:
    """Tell whether an address was published."""
    balancer = reading.section(live, "status").get("loadBalancer") or {}
    return healthy("has an address" if balancer.get("ingress") else "no address published")
