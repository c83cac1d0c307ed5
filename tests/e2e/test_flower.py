"""Flower beside ``syncline up``: only for who has its password, and only to look at."""

import re
from collections.abc import Iterator

import httpx
import pytest

from tests.e2e import world as worlds
from tests.e2e.world import World, application, cluster, configmap, repository
from tests.harness.controlplane import ControlPlane
from tests.harness.poll import until

pytestmark = pytest.mark.cluster

WORKERS = {"worker-1", "worker-2", "worker-user"}
PAGES = ("/", "/workers", "/tasks", "/broker", "/api/workers", "/api/tasks", "/api/queues/length")


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory, control_plane: ControlPlane) -> Iterator[World]:
    """An application was synced, and Flower was told."""
    root, arguments = tmp_path_factory.mktemp("flower"), ["--flower"]
    with worlds.make(root, [control_plane.cluster(0)], arguments=arguments) as made:
        made.up()
        until(
            lambda: len(_workers(made)) == len(WORKERS),
            within=60,
            what="Flower sees workers",
            every=0.2,
        )
        made.apply(repository(made.repository), cluster(0))
        made.push({"seen/web.yaml": configmap("web", v="1")})
        made.apply(application("seen", path="seen", namespace="seen"))
        made.synced("seen@c0")
        yield made


@pytest.mark.parametrize("page", PAGES)
def test_nobody_looks_without_the_password(world: World, page: str) -> None:
    url = _url(world) + page

    assert httpx.get(url).status_code == 401
    assert httpx.get(url, auth=("syncline", "wrong")).status_code == 401
    assert _get(world, page).status_code == 200


def test_each_worker_is_shown(world: World) -> None:
    asked = _get(world, "/api/workers?refresh=true").json()

    assert {name.partition("@")[0] for name in _workers(world)} == WORKERS
    assert set(asked) == _workers(world)


def test_runs_are_named_by_what_they_sync(world: World) -> None:
    def seen() -> set[tuple[str, str, str]]:
        tasks = _get(world, "/api/tasks").json().values()
        return {(task["name"], task["args"], task["state"]) for task in tasks}

    until(
        lambda: ("syncline.reconcile.v1", "seen@c0", "SUCCESS") in seen(),
        within=60,
        what="the run of seen@c0",
        every=0.2,
    )
    assert ("syncline.probe.v1", "c0", "SUCCESS") in seen()


@pytest.mark.parametrize(
    "path",
    [
        "/api/task/async-apply/syncline.reconcile.v1",
        "/api/task/apply/syncline.reconcile.v1",
        "/api/task/send-task/syncline.reconcile.v1",
        "/api/task/revoke/some-task",
        "/api/worker/shutdown/worker-1",
        "/api/worker/pool/grow/worker-1",
        "/api/worker/queue/cancel-consumer/worker-1",
    ],
)
def test_nobody_acts_through_it(world: World, path: str) -> None:
    answer = httpx.post(_url(world) + path, json={"args": []}, auth=_auth(world))

    assert answer.status_code == 403, answer.text


def _url(world: World) -> str:
    found = re.search(r"^flower (\S+)", (world.root / "up.log").read_text(), re.MULTILINE)
    assert found is not None
    return found[1]


def _workers(world: World) -> set[str]:
    """Those that sent events and live."""
    found = _get(world, "/workers?json=true").json()["data"]
    return {worker["hostname"] for worker in found if worker["status"]}


def _auth(world: World) -> tuple[str, str]:
    return "syncline", (world.data / "flower-password").read_text().strip()


def _get(world: World, page: str) -> httpx.Response:
    """As who may look; Flower may still be starting."""

    def look() -> httpx.Response | None:
        try:
            return httpx.get(_url(world) + page, auth=_auth(world), timeout=20)
        except httpx.ConnectError:
            return None

    # Some responses are false, so it travels in a list.
    answered = until(
        lambda: [found] if (found := look()) is not None else None, within=60, what=page
    )
    return answered[0]
