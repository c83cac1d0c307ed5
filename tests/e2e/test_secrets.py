"""Where secrets were given to an installation, and to which places of it they must not come.

They are planted in what goes well and in what fails: objects, Git, kubeconfigs, the roles' own. The
append-only file of Redis holds whatever was written to store and broker, since the beginning. Logs
are at their most talkative.
"""

import base64
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml

from tests.e2e import world as worlds
from tests.e2e.world import World, application, cluster, configmap, repository
from tests.harness.controlplane import ControlPlane
from tests.harness.poll import until
from tests.sops.make import KEYS, SEALED

pytestmark = pytest.mark.cluster

GIT = "gitpass-4711-planted"
GOOD, CHANGED, MISTYPED, MISWRITTEN = (f"hunter2-{word}-planted" for word in "abcd")
OPENED, REFUSED = "sealed-4711-planted", "sealed-4712-planted"  # in files that SOPS encrypted
READ, ANEW = "held-4713-planted", "held-4714-planted"  # by a Secret that variables are read from


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory, control_plane: ControlPlane) -> Iterator[World]:
    """All that a secret may pass through was done."""
    clusters = [control_plane.cluster(0), control_plane.cluster(1)]
    with worlds.make(
        tmp_path_factory.mktemp("secrets"),
        clusters,
        arguments=["--flower"],
        environment={"SYNCLINE_LOG_LEVEL": "debug"},
    ) as made:
        made.git.users = {"x-access-token": GIT}
        (made.data / "credentials" / "git").write_text(GIT)
        key = (KEYS / "shop.age").read_text()
        (made.data / "credentials" / "shop.age").write_text(key)
        made.up()
        until(lambda: _flower(made, "/api/workers?refresh=true"), within=90, what="Flower's view")
        made.apply(_private(made), cluster(0))
        added = made.cli("cluster", "add", "c1", "--kubeconfig", str(clusters[1].kubeconfig))
        assert added.returncode == 0, added.stderr
        _go_well(made)
        _go_badly(made)
        made.cli("status")
        made.cli("describe", "target", "good@c0")
        yield made


def _go_well(world: World) -> None:
    files = {"good/s.yaml": _secret(password=GOOD), "good/web.yaml": configmap("web", v="1")}
    files["sealed/c.yaml"] = (SEALED / "config.yaml").read_text()
    files["varied/c.yaml"] = configmap("varied", url="x://${password}")
    _hold(world, READ)
    first = world.push(files)
    world.apply(
        application("good", path="good", namespace="good"),
        application("sealed", path="sealed", namespace="good"),
        _varied(),
        application("stored", path="good", namespace="good", destination={"cluster": "c1"}),
    )
    world.synced("good@c0", "stored@c1")
    world.push({"good/s.yaml": _secret(password=CHANGED)})
    world.synced("good@c0", "stored@c1")
    world.synced("sealed@c0", "varied@c0")
    _edit(world)
    _hold(world, ANEW)
    path = "/api/v1/namespaces/good/configmaps/varied"
    until(lambda: ANEW in str(world.live(0, path)), within=90, what="the other value")
    for command in ("diff", "render"):
        for name in ("good@c0", "sealed@c0", "varied@c0"):
            done = world.cli(command, name)
            assert done.returncode in {0, 1}, done.stderr
            assert command == "diff" or "******" in done.stdout
            assert not [each for each in (CHANGED, OPENED, READ, ANEW) if each in done.stdout]
    world.cli("sync", "good", "--dry-run", "--full", "--reason", "to look", "--wait")
    many = world.cli("diff", "--all", "--revision", first, "-o", "json")
    assert many.returncode == 1, many.stderr
    assert "password" in many.stdout
    assert not [
        each for each in (GOOD, CHANGED) if each in many.stdout or _coded(each) in many.stdout
    ]


def _go_badly(world: World) -> None:
    world.push(
        {
            "mistyped/s.yaml": _secret(password=[MISTYPED]),
            "miswritten/s.yaml": _secret(password=MISWRITTEN) + f"  - {MISWRITTEN}: [\n",
            "unlabelled/c.yaml": (SEALED / "refused.yaml").read_text(),
        }
    )
    world.apply(
        application("mistyped", path="mistyped", namespace="bad"),
        application("miswritten", path="miswritten", namespace="bad"),
        application("unlabelled", path="unlabelled", namespace="bad"),
    )
    for name in ("mistyped@c0", "miswritten@c0", "unlabelled@c0"):
        world.becomes(name, phase="idle", sync="OutOfSync")
    world.apply({**_private(world, name="refused"), "spec": {"url": world.git.url("none.git")}})
    world.apply(application("refused", path=".", namespace="bad", source={"repository": "refused"}))
    world.becomes("refused@c0", reason="CredentialRefused")


def test_each_secret_was_used(world: World) -> None:
    """What never was anywhere cannot leak: without this, the tests below would say nothing."""
    used = {asked.authorization for asked in world.git.asked}

    assert f"Basic {_coded(f'x-access-token:{GIT}')}" in used
    for number in (0, 1):
        live = world.live(number, "/api/v1/namespaces/good/secrets/s")
        assert live is not None
        assert live["data"] == {"password": _coded(CHANGED)}
    opened = world.live(0, "/api/v1/namespaces/good/configmaps/database")
    assert opened is not None
    assert OPENED in opened["data"]["url"]
    assert "******" in world.target("unlabelled@c0")["message"]


def test_no_log_line_holds_one(world: World) -> None:
    files = [*(world.data / "logs").glob("*.log"), world.root / "up.log"]
    texts = {file.name: file.read_text() for file in files}

    roles = {"server.log", "scheduler.log", "worker-1.log", "worker-2.log", "flower.log"}
    assert roles <= set(texts)
    assert '"level":"debug"' in "".join(texts.values())
    assert _found(world, texts) == []


def test_nothing_that_was_written_to_redis_holds_one(world: World) -> None:
    files = [file for file in (world.data / "redis").rglob("*.aof") if file.is_file()]
    texts = {file.name: file.read_bytes().decode("latin-1") for file in files}

    assert "syncline:target:" in "".join(texts.values())
    assert "syncline:broker:" in "".join(texts.values())
    assert _found(world, texts) == []


def test_no_page_of_flower_holds_one(world: World) -> None:
    tasks = json.loads(_flower(world, "/api/tasks?limit=500") or "{}")
    workers = json.loads(_flower(world, "/api/workers?refresh=true") or "{}")
    pages = ["/", "/workers", "/tasks", "/broker", "/api/tasks?limit=500", "/metrics"]
    pages += ["/api/workers?refresh=true", "/api/queues/length"]
    pages += [f"/worker/{name}" for name in workers]
    told = {(task["name"], task["args"]): uuid for uuid, task in tasks.items()}  # the last of each
    pages += [f"{page}/{uuid}" for page in ("/task", "/api/task/info") for uuid in told.values()]
    texts = {page: _flower(world, page) or "" for page in pages}

    assert "" not in texts.values()
    assert "good@c0" in texts["/api/tasks?limit=500"]
    assert _found(world, texts) == []


def test_no_answer_of_the_api_holds_one(world: World) -> None:
    names = ["good@c0", "stored@c1", "mistyped@c0", "miswritten@c0", "refused@c0"]
    names += ["sealed@c0", "unlabelled@c0", "varied@c0"]
    paths = ["fleet", "targets", "clusters", "applications", "repositories", "audit", "operations"]
    paths += [f"targets/{name}" for name in names]
    paths += [f"targets/{name}/history" for name in names]
    texts = {path: json.dumps(world.get(path)) for path in paths}

    assert _found(world, texts) == []


def test_no_file_but_the_secrets_own_holds_one(world: World) -> None:
    """The caches, and the command lines that every user of the host may read."""
    caches = [file for file in (world.data / "render").rglob("*") if file.is_file()]
    texts = {str(file): file.read_bytes().decode("latin-1") for file in caches}
    texts |= {str(file): file.read_text() for file in _command_lines(world)}

    assert caches
    assert _found(world, texts) == []


def test_lines_of_a_run_name_its_target(world: World) -> None:
    """Also those of libraries, and of threads."""
    text = "\n".join(file.read_text() for file in (world.data / "logs").glob("worker-*.log"))
    lines = [json.loads(line) for line in text.splitlines() if line.startswith("{")]

    runs = [line for line in lines if line["event"] == "run_finished"]
    known = {"good@c0", "stored@c1", "mistyped@c0", "miswritten@c0", "refused@c0"}
    known |= {"sealed@c0", "unlabelled@c0", "varied@c0"}
    assert {line["target"] for line in runs} == known
    assert all(line["task_id"].startswith(line["target_id"]) for line in runs)


def _found(world: World, texts: dict[str, str]) -> list[tuple[str, str]]:
    """(place, which) of each secret that stands somewhere, in any of its forms."""
    return [
        (place, which)
        for place, text in texts.items()
        for which, value in _planted(world).items()
        if any(form in text for form in (value, _coded(value), _coded(f"x-access-token:{value}")))
    ]


def _planted(world: World) -> dict[str, str]:
    own = ("redis-password", "flower-password", "token", "key")
    return {
        "of a Secret": GOOD,
        "of a Secret that changed": CHANGED,
        "of a Secret that the cluster refused": MISTYPED,
        "of a file that is no YAML": MISWRITTEN,
        "of an encrypted file": OPENED,
        "of an encrypted file that the cluster refused": REFUSED,
        "of a variable": READ,
        "of a variable that changed": ANEW,
        "that opens files": (KEYS / "shop.age").read_text().splitlines()[-1],
        "of Git": GIT,
        **{f"of cluster {n}": _token(server.kubeconfig) for n, server in enumerate(world.clusters)},
        **{name: (world.data / name).read_text().strip() for name in own},
    }


def _token(kubeconfig: Path) -> str:
    found: str = yaml.safe_load(kubeconfig.read_text())["users"][0]["user"]["token"]
    return found


def _coded(value: str) -> str:
    return base64.b64encode(value.encode()).decode()


def _private(world: World, name: str = "shop") -> dict[str, Any]:
    made = repository(world.repository, name=name)
    credential = {"type": "token", "ref": "file:git", "urlPrefix": world.git.url()}
    decryption = {"keys": [{"type": "age", "ref": "file:shop.age"}]}
    spec = {**made["spec"], "credential": credential, "decryption": decryption}
    return {**made, "spec": spec}


def _varied() -> dict[str, Any]:
    """An application with a variable; what it is read from is compared every ten seconds."""
    password = {"secret": {"name": "held", "namespace": "default"}}
    return application(
        "varied",
        path="varied",
        namespace="good",
        variables={"password": password},
        parameters={"unused": "of {{ variables.password }}"},
        syncPolicy={"interval": "10s"},
    )


def _hold(world: World, password: str) -> None:
    meta = {"name": "held", "annotations": {"syncline.dev/readable-by": "default"}}
    body = {"apiVersion": "v1", "kind": "Secret", "metadata": meta}
    path = "/api/v1/namespaces/default/secrets/held?fieldManager=somebody&force=true"
    world.clusters[0].call(
        "PATCH", path, {**body, "stringData": {"password": password}}, kind="apply-patch+yaml"
    )


def _edit(world: World) -> None:
    """By another hand: a difference, which a watcher may put right before it is shown."""
    path = "/api/v1/namespaces/good/configmaps/database?fieldManager=hand"
    patch = {"data": {"url": f"postgres://shop:{OPENED}@other/shop"}}
    world.clusters[0].call("PATCH", path, patch, kind="merge-patch+json")


def _secret(**data: Any) -> str:
    body = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "s"}}
    return yaml.safe_dump({**body, "stringData": data})


def _flower(world: World, page: str) -> str | None:
    found = re.search(r"^flower (\S+)", (world.root / "up.log").read_text(), re.MULTILINE)
    assert found is not None
    password = (world.data / "flower-password").read_text().strip()
    try:
        answer = httpx.get(found[1] + page, auth=("syncline", password), timeout=20)
    except httpx.ConnectError:
        return None
    return answer.text if answer.status_code == httpx.codes.OK else None


def _command_lines(world: World) -> list[Path]:
    """Of `up`, and of whatever it started."""
    assert world.process is not None
    left, found = [world.process.pid], []
    while left:
        pid = left.pop()
        found.append(Path(f"/proc/{pid}/cmdline"))
        children = Path(f"/proc/{pid}/task/{pid}/children")
        left += [int(child) for child in children.read_text().split()]
    return found
