"""Flower beside ``syncline up``: only for who has its password, to look at, and without secrets."""

import re
from collections.abc import Iterator

import httpx
import pytest
import yaml

from tests.e2e import world as worlds
from tests.e2e.world import World, application, cluster, configmap, repository
from tests.harness.controlplane import ControlPlane
from tests.harness.poll import until

pytestmark = pytest.mark.cluster

VALUE = "hunter2-in-a-secret"
PAGES = ("/", "/workers", "/tasks", "/broker", "/api/workers", "/api/tasks", "/api/queues/length")


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory, control_plane: ControlPlane) -> Iterator[World]:
    """An application with a Secret was synced, and Flower was told."""
    root, arguments = tmp_path_factory.mktemp("flower"), ["--flower"]
    with worlds.make(root, [control_plane.cluster(0)], arguments=arguments) as made:
        made.up()
        until(lambda: len(_workers(made)) == 2, within=60, what="Flower sees workers", every=0.2)
        made.apply(repository(made.repository), cluster(0))
        made.push({"seen/s.yaml": _secret(), "seen/web.yaml": configmap("web", v="1")})
        parameters = {"word": "{{ cluster.name }}"}
        made.apply(application("seen", path="seen", namespace="seen", parameters=parameters))
        made.synced("seen@c0")
        yield made


@pytest.mark.parametrize("page", PAGES)
def test_nobody_looks_without_the_password(world: World, page: str) -> None:
    url = _url(world) + page

    assert httpx.get(url).status_code == 401
    assert httpx.get(url, auth=("syncline", "wrong")).status_code == 401
    assert _get(world, page).status_code == 200


def test_both_workers_are_shown(world: World) -> None:
    asked = _get(world, "/api/workers?refresh=true").json()

    assert {name.partition("@")[0] for name in _workers(world)} == {"worker-1", "worker-2"}
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


def test_no_page_holds_a_secret(world: World) -> None:
    secrets = {
        "of the Secret": VALUE,
        "of Redis": (world.data / "redis-password").read_text().strip(),
        "of Flower": (world.data / "flower-password").read_text().strip(),
        "of the cluster": yaml.safe_load(world.clusters[0].kubeconfig.read_text())["users"][0][
            "user"
        ]["token"],
        "of the administrator": (world.data / "token").read_text().strip(),
        "of the platform": (world.data / "key").read_text().strip(),
    }
    tasks = _get(world, "/api/tasks").json()
    pages = [*PAGES, "/api/workers?refresh=true", "/metrics"]
    pages += [f"/worker/{name}" for name in sorted(_workers(world))[:1]]
    pages += [f"/task/{uuid}" for uuid in tasks] + [f"/api/task/info/{uuid}" for uuid in tasks]

    answers = {page: _get(world, page) for page in pages}
    found = [
        (page, which)
        for page, answer in answers.items()
        for which, value in secrets.items()
        if value in answer.text
    ]

    assert {answer.status_code for answer in answers.values()} == {200}
    assert found == []


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


def _secret() -> str:
    body = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "s"}}
    return yaml.safe_dump({**body, "stringData": {"password": VALUE}})
