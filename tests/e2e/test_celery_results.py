"""What Celery's own ``AsyncResult`` says of a run: the run's state, by its ticket."""

import os
import signal
from collections.abc import Iterator

import pytest
from celery import Celery
from celery.result import AsyncResult

from syncline.contract.celery import create_app
from syncline.errors import ManifestInvalid
from syncline.store import keys
from tests.e2e import backstage
from tests.e2e import world as worlds
from tests.e2e.world import World, application, cluster, configmap, repository
from tests.harness.controlplane import ControlPlane
from tests.harness.poll import until

pytestmark = pytest.mark.cluster

LEASE = 120  # seconds: far longer than anything here may take
AT_ONCE = 40  # seconds, back-off and a new attempt included


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory, control_plane: ControlPlane) -> Iterator[World]:
    """A lease that outlasts the tests, so that no sweep finds what is lost."""
    root, environment = tmp_path_factory.mktemp("results"), {"SYNCLINE_RUN_LEASE": f"{LEASE}s"}
    with worlds.make(root, [control_plane.cluster(0)], environment=environment) as made:
        made.up()
        made.apply(repository(made.repository), cluster(0))
        yield made


@pytest.fixture
def app(world: World) -> Iterator[Celery]:
    """A program of an administrator: reads results, runs nothing."""
    with backstage.store(world) as store:
        made = create_app(backstage.settings(world), name="reader")
        made.conf.result_backend = "syncline_workers.results.backend:FleetBackend"
        made.syncline_store = lambda: store
        yield made
        made.close()


def test_a_run_that_ended_well_is_a_success_until_the_next(world: World, app: Celery) -> None:
    first = _deploy(world, "well")
    ticket = _field(world, "well", "ended")

    result = AsyncResult(ticket, app=app)
    assert result.state == "SUCCESS"
    assert {**result.get(timeout=5), "message": ""} == {
        "name": "well@c0",
        "outcome": "Succeeded",
        "reason": "Succeeded",
        "message": "",
        "revision": first,
    }

    second = world.push({"well/web.yaml": configmap("web", v="2")})
    world.synced("well@c0", revision=second)
    assert AsyncResult(ticket, app=app).state == "REVOKED"


def test_a_run_that_failed_is_a_failure_with_its_error(world: World, app: Celery) -> None:
    _deploy(world, "badly")
    world.push({"badly/web.yaml": "a: [b\n"})
    world.becomes("badly@c0", reason="ManifestInvalid")

    result = AsyncResult(_field(world, "badly", "ended"), app=app)

    assert result.state == "FAILURE"
    with pytest.raises(ManifestInvalid, match=r"badly/web\.yaml"):
        result.get(timeout=5)


def test_a_ticket_that_nobody_knows_is_pending(app: Celery) -> None:
    assert AsyncResult("no-such-target.1-1", app=app).state == "PENDING"


def test_a_process_that_is_killed_in_mid_run_is_a_failed_run_at_once(
    world: World, app: Celery
) -> None:
    _deploy(world, "killed")
    world.clusters[0].pause()
    try:
        commit = world.push({"killed/web.yaml": configmap("web", v="2")})
        world.becomes("killed@c0", phase="running")
        ticket, worker = _field(world, "killed", "ticket"), _field(world, "killed", "worker")
        assert AsyncResult(ticket, app=app).state == "STARTED"
        os.kill(int(worker.rpartition("/")[2]), signal.SIGKILL)
        result = AsyncResult(ticket, app=app)
        until(lambda: result.state == "FAILURE", within=60, what="it is folded", every=0.05)
    finally:
        world.clusters[0].resume()

    told = world.becomes("killed@c0", reason="WorkerLost", within=5)
    assert "signal 9 (SIGKILL)" in told["message"]
    world.synced("killed@c0", revision=commit, within=AT_ONCE)


def _deploy(world: World, name: str) -> str:
    commit = world.push({f"{name}/web.yaml": configmap("web", v="1")})
    world.apply(application(name, path=name, namespace=name))
    world.synced(f"{name}@c0", revision=commit)
    return commit


def _field(world: World, name: str, field: str) -> str:
    """What the store holds of a target: `ticket`, `ended` (the last ticket), `worker`."""
    target = world.target(f"{name}@c0")["id"]
    with backstage.store(world) as store:
        found: str | None = store.redis.hget(keys.TARGET(target), field)
    return found or ""
