"""Empties namespaces that are being deleted, then lets them go."""

from __future__ import annotations

from syncline.simulator.api import deleting
from syncline.simulator.api.call import NAMESPACES
from syncline.simulator.controllers.clock import Clock
from syncline.simulator.store.cluster import Change, Cluster

RETRY = 0.5


class Emptying:
    """Hears of namespaces in deletion; content held by finalizers is waited for."""

    def __init__(self, clock: Clock, delay: float) -> None:
        self._clock = clock
        self._delay = delay

    def __call__(self, cluster: Cluster, event: Change) -> None:
        """Look at a change: a namespace that is marked is emptied."""
        is_marked = event.type == "MODIFIED" and event.object.is_leaving
        if event.shelf == NAMESPACES and is_marked:
            name = event.object.name
            self._clock.later(self._delay, lambda: self._empty(cluster, name))

    def _empty(self, cluster: Cluster, name: str) -> None:
        namespace = cluster.find(NAMESPACES, "", name)
        if namespace is None:
            return
        for shelf in list(cluster.shelves):
            for kept in cluster.every(shelf, name):
                deleting.remove(cluster, shelf, kept, policy="Background")
        if any(cluster.every(shelf, name) for shelf in cluster.shelves):
            self._clock.later(RETRY, lambda: self._empty(cluster, name))
        elif not namespace.load()["metadata"].get("finalizers"):
            cluster.drop(NAMESPACES, namespace)
