"""No kubelet runs in the demo: this plays the part that makes Deployments report that they work."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import Any

from examples.demo.clusters import Member

_EVERY = 1.0  # seconds


@contextmanager
def running(members: Sequence[Member]) -> Iterator[None]:
    """Report for every cluster until the block ends."""
    stop = threading.Event()
    thread = threading.Thread(target=_play, args=(members, stop), daemon=True)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join(timeout=10)


def _play(members: Sequence[Member], stop: threading.Event) -> None:
    while not stop.wait(_EVERY):
        for member in members:
            with suppress(OSError):  # a cluster that is away reports nothing
                _report(member)


def _report(member: Member) -> None:
    found = member.call("GET", "/apis/apps/v1/deployments") or {"items": []}
    for live in found["items"]:
        generation = live["metadata"]["generation"]
        if live.get("status", {}).get("observedGeneration") != generation:
            meta = live["metadata"]
            path = f"/apis/apps/v1/namespaces/{meta['namespace']}/deployments/{meta['name']}"
            member.call(
                "PATCH", f"{path}/status", {"status": _status(generation)}, "merge-patch+json"
            )


def _status(generation: int) -> dict[str, Any]:
    available = {
        "type": "Available",
        "status": "True",
        "reason": "MinimumReplicasAvailable",
        "message": "Deployment has minimum availability.",
    }
    return {"observedGeneration": generation, "conditions": [available]}
