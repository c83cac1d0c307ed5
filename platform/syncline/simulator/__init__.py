"""Simulated clusters, for the demo and for scale: many API servers in one process.

They behave as Kubernetes does where a GitOps engine looks (docs/simulator.md says where not), and
always say that they are simulated. `fields`, `schema`, `patches` and `kinds` are pure; `store` is
memory; `api` answers; `controllers` act on their own; `wire` is HTTP.
"""

from syncline.simulator.server import Simulator, serve, start

__all__ = ["Simulator", "serve", "start"]
