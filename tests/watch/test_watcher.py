"""Watchers as a process runs them: a real Redis, a real kube-apiserver, and no worker.

A run is played: the object is applied as workers apply, and its target's inventory says so.
"""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import pytest

from syncline.contract.reports import ClusterReport
from syncline.credentials import CredentialSource
from syncline.model.change import InventoryEntry, ref_of
from syncline.model.names import TargetId, Uid
from syncline.model.status import Phase
from syncline.model.watch import Watched
from syncline.settings import ClusterSettings, WatchSettings
from syncline.store import clusters, documents, migrations, targets, watching
from syncline.store.connection import Store
from syncline_workers.change import owned, tracking
from syncline_workers.cluster.connect import Clusters
from syncline_workers.watch import attending, share
from syncline_workers.watch.board import Board
from syncline_workers.watch.watcher import Watcher
from tests.harness.apiserver import ApiServer
from tests.harness.controlplane import ControlPlane
from tests.harness.redis import Redis
from tests.harness.redis_fixtures import open_store
from tests.store import world as make
from tests.store.world import World

pytestmark = pytest.mark.cluster

PATIENCE = 60.0


@dataclass
class Shop:
    """One target with one ConfigMap on one real cluster."""

    store: Store
    server: ApiServer
    cluster: Uid
    target: TargetId
    path: str

    def edit(self, **data: str) -> None:
        """As somebody else."""
        body, path = {"data": data}, f"{self.path}?fieldManager=somebody"
        self.server.call("PATCH", path, body, kind="merge-patch+json")

    @property
    def phase(self) -> Phase:
        return World(self.store).state(self.target).phase

    def is_triggered(self) -> bool:
        return self.phase is Phase.READY


@pytest.fixture
def shop(store: Store, api_server: ApiServer) -> Shop:
    return made(store, api_server, "west")


def made(store: Store, server: ApiServer, name: str) -> Shop:
    world = World(store)
    text = server.kubeconfig.read_bytes()
    cluster = documents.put_cluster(store, make.cluster(name), kubeconfig=text).record
    clusters.fold_cluster(store, ClusterReport(cluster=cluster.uid, reachable=True))
    target = world.target("shop", on=name)
    path, entry = applied(server)
    world.run(target, inventory=(entry,))
    return Shop(store, server, cluster.uid, target, path)


def applied(server: ApiServer) -> tuple[str, InventoryEntry]:
    """A ConfigMap as a run applies it, and what the run records."""
    name = f"watched-{uuid.uuid4().hex[:8]}"
    body: dict[str, Any] = {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {
            "name": name,
            "namespace": "default",
            "labels": {tracking.LABEL: "shop"},
        },
        "data": {"colour": "red"},
    }
    path = f"/api/v1/namespaces/default/configmaps/{name}"
    as_us = f"{path}?fieldManager={owned.FIELD_MANAGER}&force=true"
    live = server.call("PATCH", as_us, body, kind="apply-patch+yaml")
    meta = live["metadata"]
    return path, InventoryEntry(
        ref=ref_of(body),
        digest="d",
        uid=meta["uid"],
        resource_version=meta["resourceVersion"],
        owned=owned.mark(live),
    )


@asynccontextmanager
async def watching_as(store: Store, name: str, **settings: int) -> AsyncIterator[None]:
    assert store.key is not None
    source = CredentialSource(directory=None, environment={})
    reached = Clusters(ClusterSettings(), source, store.key)
    board, stop = Board(store, name), asyncio.Event()
    watcher = Watcher(name, board, reached, WatchSettings(**settings))
    task = asyncio.create_task(watcher.run(stop, None))
    try:
        yield
    finally:
        stop.set()
        await task
        board.close()
        reached.close()


async def until(check: Callable[[], bool]) -> None:
    async with asyncio.timeout(PATIENCE):
        while not await asyncio.to_thread(check):  # noqa: ASYNC110 - a store tells of nothing
            await asyncio.sleep(0.05)


def is_watched(store: Store, objects: int, watchers: int = 1) -> bool:
    """Whether so many objects of ours are watched, and all that was seen is judged."""
    found = watching.present(store).values()
    calm = not any(each.closed + each.pending for each in found)
    return calm and len(found) == watchers and sum(e.clusters for e in found) == objects


def test_drift_triggers_and_a_field_of_others_does_not(shop: Shop) -> None:
    async def run() -> None:
        async with watching_as(shop.store, "one"):
            await until(lambda: is_watched(shop.store, 1))

            shop.edit(foreign="1")
            await asyncio.sleep(1)
            assert shop.phase is Phase.IDLE

            shop.edit(colour="blue")
            await until(shop.is_triggered)

    asyncio.run(run())

    assert watching.present(shop.store) == {}


def test_what_drifted_before_is_found_at_the_begin(shop: Shop) -> None:
    shop.server.call("DELETE", shop.path)

    async def run() -> None:
        async with watching_as(shop.store, "one"):
            await until(shop.is_triggered)

    asyncio.run(run())


def test_two_share_the_clusters_and_one_takes_over(store: Store, api_server: ApiServer) -> None:
    shops = [made(store, api_server, name) for name in ("east", "west")]
    other = who_shares("one", [each.cluster for each in shops])

    def signed() -> list[Watched]:
        return list(watching.present(store).values())

    async def run() -> None:
        async with watching_as(store, "one"):
            async with watching_as(store, other):
                await until(lambda: is_watched(store, 2, watchers=2))
                await until(lambda: [each.clusters for each in signed()] == [1, 1])
            await until(lambda: is_watched(store, 2))
            for each in shops:
                each.edit(colour="blue")
            await until(lambda: all(each.is_triggered() for each in shops))

    asyncio.run(run())


def who_shares(name: str, uids: list[Uid]) -> str:
    """A second watcher that gets one of two clusters: uids are by chance."""
    others = (f"other-{number}" for number in range(100))
    return next(each for each in others if len(share.of(name, [name, each], uids)) == 1)


def test_a_cluster_that_is_away_is_not_watched_until_it_is_back(shop: Shop) -> None:
    def away(reachable: bool) -> None:
        for _ in range(3):
            report = ClusterReport(cluster=shop.cluster, reachable=reachable, error="E: away")
            clusters.fold_cluster(shop.store, report)

    async def run() -> None:
        async with watching_as(shop.store, "one"):
            await until(lambda: is_watched(shop.store, 1))
            away(reachable=False)
            await until(lambda: is_watched(shop.store, 0))
            shop.edit(colour="blue")
            away(reachable=True)
            await until(shop.is_triggered)

    asyncio.run(run())


def test_what_there_is_no_room_for_is_told(shop: Shop) -> None:
    entry = targets.inventory(shop.store, shop.target)[0]
    secret = entry.model_copy(update={"ref": entry.ref.model_copy(update={"kind": "Secret"})})
    World(shop.store).run(shop.target, inventory=(entry, secret))

    async def run() -> None:
        async with watching_as(shop.store, "one", streams=1):
            await until(lambda: [e.left for e in watching.present(shop.store).values()] == [1])

    asyncio.run(run())


def test_a_new_kind_is_watched_soon(shop: Shop) -> None:
    async def run() -> None:
        async with watching_as(shop.store, "one"):
            await until(lambda: is_watched(shop.store, 1))
            entry = targets.inventory(shop.store, shop.target)[0]
            ref = entry.ref.model_copy(update={"kind": "Secret", "name": "gone"})
            gone = entry.model_copy(update={"ref": ref})
            World(shop.store).run(shop.target, inventory=(entry, gone))
            await until(shop.is_triggered)  # it is recorded, and is not there

    asyncio.run(run())


def test_a_kubeconfig_that_is_replaced_is_used(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(attending, "REFRESH", 0.1)

    def use(kubeconfig: bytes) -> None:
        documents.put_cluster(shop.store, make.cluster("west"), kubeconfig=kubeconfig)

    async def run() -> None:
        async with watching_as(shop.store, "one"):
            use(b"no kubeconfig")
            await until(lambda: is_watched(shop.store, 0))
            use(shop.server.kubeconfig.read_bytes())
            await until(lambda: is_watched(shop.store, 1))
            shop.edit(colour="blue")
            await until(shop.is_triggered)

    asyncio.run(run())


def test_watches_outlive_redis(own_redis: Redis, api_server: ApiServer) -> None:
    store = open_store(own_redis)
    migrations.prepare(store)
    shop = made(store, api_server, "west")

    async def run() -> None:
        async with watching_as(store, "one"):
            await until(lambda: is_watched(store, 1))
            await asyncio.to_thread(own_redis.stop)
            shop.edit(colour="blue")
            await asyncio.sleep(1)
            await asyncio.to_thread(own_redis.start)
            await until(shop.is_triggered)

    asyncio.run(run())
    store.close()


def test_watches_go_on_when_their_server_is_back(store: Store, control_plane: ControlPlane) -> None:
    server = control_plane.cluster(1)
    shop = made(store, server, "west")

    async def run() -> None:
        async with watching_as(store, "one"):
            await until(lambda: is_watched(store, 1))
            await asyncio.to_thread(server.stop)
            await asyncio.to_thread(control_plane.compact)
            await asyncio.to_thread(server.start)
            shop.edit(colour="blue")
            await until(shop.is_triggered)

    asyncio.run(run())
