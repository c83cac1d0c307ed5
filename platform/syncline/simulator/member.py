"""One cluster of a fleet: its state, who may ask, and the line to it."""

from __future__ import annotations

from dataclasses import dataclass

from syncline.simulator.api.access import Role
from syncline.simulator.line import Line
from syncline.simulator.store.cluster import Cluster


@dataclass(slots=True, kw_only=True)
class Member:
    """A cluster; `roles` by the Authorization header that proves them."""

    cluster: Cluster
    roles: dict[str, Role]
    line: Line
