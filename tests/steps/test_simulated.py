"""Simulated clusters end Jobs and roll out Deployments by themselves, as real ones do."""

import time
from dataclasses import dataclass
from pathlib import Path

import pytest

from syncline.model.status import Outcome
from syncline.simulator.background import running
from syncline.store.connection import Store
from tests.steps.world import World, config, deployment, job

pytestmark = pytest.mark.timeout(120)

ROLLOUT = 0.05  # seconds


@dataclass(frozen=True)
class Simulated:
    """As much of a cluster as a run needs."""

    kubeconfig: Path


def test_waves_and_hooks_come_to_their_end_on_a_simulated_cluster(
    store: Store, tmp_path: Path
) -> None:
    with running(1, tmp_path / "clusters", rollout=ROLLOUT):
        cluster = Simulated(tmp_path / "clusters" / "cluster-1.kubeconfig")
        world = World(store, cluster, tmp_path / "world", "shop")
        world.push(
            job("migrate", "PreSync", policy="HookSucceeded"),
            deployment("db", wave=-1),
            config("web"),
            job("tell", "PostSync"),
        )

        outcomes = []
        while Outcome.SUCCEEDED not in outcomes:
            world.wake()
            report = world.attempt()
            assert report is not None
            assert report.outcome in (Outcome.WAITING, Outcome.SUCCEEDED), report.message
            outcomes.append(report.outcome)
            time.sleep(ROLLOUT)
        world.close()

    assert outcomes.count(Outcome.WAITING) >= 3
    assert {ref.split("/", 1)[0] for ref in world.inventory()} == {"Deployment", "ConfigMap", "Job"}
