"""What a worker folds obeys the limits in its settings."""

from pydantic import SecretStr

from syncline.contract.reports import ClusterReport
from syncline.model.seal import PlatformKey
from syncline.settings import ClusterSettings, KeySettings, Settings
from syncline.store import clusters
from syncline.store.connection import Store
from syncline_workers.app.process import Process
from tests.store.world import World


def test_the_breaker_of_a_cluster_opens_after_the_failures_that_are_set(store: Store) -> None:
    world = World(store)
    cluster = world.cluster("one").uid
    settings = Settings(
        store=store.settings,
        keys=KeySettings(key=SecretStr(PlatformKey.generate())),
        cluster=ClusterSettings(breaker_failures=2),
    )
    worker = Process(settings)
    report = ClusterReport(cluster=cluster, reachable=False, error="ClusterUnreachable: refused")

    reachable = []
    for _ in range(2):
        clusters.fold_cluster(worker.store(), report)
        status = clusters.status(store, cluster)
        reachable.append(status is not None and status.reachable)
    worker.close()

    assert reachable == [True, False]
