"""What a sweep of a cluster asks, on a real kube-apiserver: one list a kind, however many targets.

`make bench-sweep` measures it with a thousand.
"""

from collections.abc import Iterator
from pathlib import Path

import pytest

from syncline.store.connection import Store
from tests.bench import manifests
from tests.bench.sweep import REPOSITORY, World
from tests.harness.apiserver import ApiServer
from tests.harness.redis import Redis
from tests.harness.redis_fixtures import redis_server, redis_session, store
from tests.harness.workers import Workers
from tests.harness.workrepo import WorkRepo

__all__ = ["redis_server", "redis_session", "store"]

pytestmark = pytest.mark.cluster

KINDS = 4


@pytest.fixture
def world(
    store: Store, redis_session: Redis, api_server: ApiServer, tmp_path: Path
) -> Iterator[World]:
    body = {"metadata": {"name": manifests.NAMESPACE}}
    if manifests.NAMESPACE not in {
        item["metadata"]["name"] for item in api_server.call("GET", "/api/v1/namespaces")["items"]
    }:
        api_server.call("POST", "/api/v1/namespaces", body)
    work = WorkRepo.create(tmp_path / "work", origin=tmp_path / "git" / f"{REPOSITORY}.git")
    workers = Workers(store, tmp_path, api_server.kubeconfig, REPOSITORY)
    yield World(workers, work, redis_session.pid, api_server.pid)
    workers.close()


def test_a_sweep_asks_once_a_kind_however_many_targets_there_are(world: World) -> None:
    world.install(12)

    world.workers.restart()
    first, again = world.sweep(), world.sweep()

    assert again.requests == KINDS
    assert first.requests == KINDS + 4  # who answers, its version, and what it serves
