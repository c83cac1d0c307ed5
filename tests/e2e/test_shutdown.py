"""A worker that is asked to end: what is short it finishes, what is long another one does at once.

The runs wait in a renderer that goes on when the test says so.
"""

import os
import signal
import sys
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from syncline.model.state import HistoryEntry
from syncline.store import targets
from syncline.store.connection import Store
from tests.e2e import backstage
from tests.e2e import world as worlds
from tests.e2e.world import World, application, cluster, configmap, repository
from tests.harness.controlplane import ControlPlane
from tests.harness.poll import until

pytestmark = [pytest.mark.cluster, pytest.mark.slow]

GRACE, LEASE = timedelta(seconds=2), timedelta(minutes=5)

# It sees its own file, and of what the test writes nothing else.
KUSTOMIZE = """#!{python} -S
import pathlib, sys, time
if sys.argv[1] == "version":
    sys.exit(print("v0.0.0"))
while "GO ON" not in pathlib.Path(__file__).read_text().splitlines()[-1]:
    time.sleep(0.05)
print(pathlib.Path(sys.argv[-1], "web.yaml").read_text())
"""
WAIT, GO_ON = "# WAIT", "# GO ON"


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory, control_plane: ControlPlane) -> Iterator[World]:
    """Two workers with little grace; a lease is so long that waiting for its end would be seen."""
    root = tmp_path_factory.mktemp("shutdown")
    script = root / "kustomize"
    script.write_text(KUSTOMIZE.format(python=sys.executable))
    script.chmod(0o700)
    environment = {
        "SYNCLINE_RENDER_KUSTOMIZE": str(script),
        "SYNCLINE_RUN_GRACE": f"{GRACE.total_seconds():g}s",
        "SYNCLINE_RUN_LEASE": f"{LEASE.total_seconds():g}s",
    }
    with worlds.make(root, [control_plane.cluster(0)], environment=environment) as made:
        made.up()
        made.apply(repository(made.repository), cluster(0))
        yield made


def begin(world: World, app: str) -> Any:
    """Have an application run until it waits in its renderer; returns the target's state."""
    say(world, WAIT)
    world.push(
        {
            f"{app}/web.yaml": configmap(app, v="1"),
            f"{app}/kustomization.yaml": "resources: [web.yaml]\n",
        }
    )
    world.apply(application(app, path=app, namespace=app))
    until(lambda: waits(world), within=90, what="the run waits")
    with backstage.store(world) as store:
        (line,) = [each for each in targets.page(store).items if each.phase == "running"]
        return targets.get(store, line.id)


def say(world: World, line: str) -> None:
    """In place: a renderer that runs has this very file before it."""
    with (world.root / "kustomize").open("a") as script:
        script.write(f"{line}\n")


def waits(world: World) -> bool:
    """Whether the renderer is at work."""
    begun = f"{world.root / 'kustomize'}\0build\0".encode()
    for process in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            if begun in process.read_bytes():
                return True
        except OSError:
            continue  # it ended meanwhile
    return False


def has_moved(store: Store, running: Any) -> bool:
    found = targets.get(store, running.id)
    return found is not None and found.phase == "running" and found.worker != running.worker


def ended_first(store: Store, running: Any) -> HistoryEntry:
    """The first report since that run began: its own, or another's."""
    history = targets.history(store, running.id)
    return [entry for entry in history if entry.fence >= running.fence][-1]


def ask_to_end(running: Any) -> None:
    """The first process of the worker that runs it."""
    child = int(running.worker.rpartition("/")[2])
    parent = int(Path(f"/proc/{child}/stat").read_text().rpartition(")")[2].split()[1])
    os.kill(parent, signal.SIGTERM)


def test_a_run_that_ends_within_the_grace_is_finished_where_it_is(world: World) -> None:
    running = begin(world, "short")

    ask_to_end(running)
    say(world, GO_ON)

    world.synced("short@c0", within=30)
    with backstage.store(world) as store:
        first = ended_first(store, running)
    assert (first.outcome, first.fence) == ("Succeeded", running.fence)


def test_a_run_that_takes_longer_is_done_elsewhere_at_once(world: World) -> None:
    running = begin(world, "long")

    ask_to_end(running)
    asked = time.monotonic()
    with backstage.store(world) as store:
        until(
            lambda: has_moved(store, running),
            within=60,
            what="another worker has it",
            every=0.05,
        )
        handed_over = time.monotonic() - asked
        say(world, GO_ON)
        world.synced("long@c0", within=60)
        first = ended_first(store, running)

    assert GRACE.total_seconds() < handed_over < LEASE.total_seconds() / 4
    assert (first.outcome, first.fence > running.fence) == ("Succeeded", True)
