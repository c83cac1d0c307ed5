"""Cold renders beside the bare engines: `python -m tests.bench.render`.

200 distinct kustomizations and 200 releases of one chart, each rendered once from a commit, through
the mirror, the sandbox and the caches, by two processes as in a worker; and by the same engines as
a person would call them, in a checkout, two at a time by `xargs`. Both are done in turns within one
run. Each of ours is compared with the engine's. CPU is that of all processes of a side.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from multiprocessing import Pipe
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any, cast

from rich.console import Console
from rich.table import Table

from syncline.credentials import CredentialSource
from syncline.model import yaml
from syncline.model.records import RepositoryRecord
from syncline.model.repository import RepositorySpec
from syncline.settings import GitSettings, RenderSettings
from syncline.store import migrations
from syncline_workers.git.repositories import GitRepositories, open_repositories
from syncline_workers.pipeline import rendering
from syncline_workers.pipeline.attempt import Attempt
from syncline_workers.renderers import isolation
from tests.bench import cpu, sources
from tests.bench.results import machine, save
from tests.harness.redis import Redis
from tests.harness.redis_fixtures import open_store
from tests.harness.workrepo import WorkRepo
from tests.pipeline.rendered import BUILT_IN, Fleet, Served, host

AT_ONCE = 2
SLICES = 5
KUBE = "v1.36.3"
NAMESPACE = "shop"
Side = Callable[[Sequence[int]], float]
What = Callable[[int], tuple[str, dict[str, Any]]]


@dataclass
class Taken:
    """What a side took so far, in seconds."""

    cpu: float = 0.0
    wall: float = 0.0

    def add(self, side: Side, numbers: Sequence[int]) -> None:
        """Let it render these."""
        began = time.perf_counter()
        self.cpu += side(numbers)
        self.wall += time.perf_counter() - began


@dataclass
class World:
    """A repository, its checkout, and what renders from it."""

    checkout: Path
    commit: str
    fleet: Fleet
    record: RepositoryRecord
    git: GitSettings
    settings: RenderSettings
    redis: int  # process id

    def opened(self) -> GitRepositories:
        """Git as a worker has it."""
        return open_repositories(self.git, CredentialSource(directory=None, environment={}))

    def attempt(self, path: str, options: dict[str, Any]) -> Attempt:
        """A run that is about to render."""
        return self.fleet.attempt(path, version=KUBE, revision=self.commit, **options)

    def render(self, git: GitRepositories, attempt: Attempt) -> list[Any]:
        """Ours: from the commit to manifests that are kept."""
        with git.tree(self.record, self.commit) as tree:
            self.fleet.tree = cast("Any", tree)
            return rendering.render(attempt, cast("Any", Served(BUILT_IN)))

    def bare(
        self, command: Sequence[str], lines: Sequence[str], environment: Mapping[str, str]
    ) -> float:
        """The engines themselves, so many at once; seconds of CPU."""
        before = _children()
        done = subprocess.run(
            ["/usr/bin/xargs", f"-P{AT_ONCE}", f"-n{len(lines[0].split())}", *command],
            input="\n".join(lines).encode(), stdout=subprocess.PIPE, cwd=self.checkout,
            env=environment, check=True,
        )  # fmt: skip
        if not done.stdout:
            sys.exit("error: an engine printed nothing")
        return _children() - before


class Workers:
    """Processes that are forked once all is loaded, as a worker's are, and live on."""

    def __init__(self, world: World, what: What, spare: int) -> None:
        """``spare``: what each renders at first, uncounted."""
        self._world, self._what = world, what
        self._pipes: list[Connection] = []
        for number in range(AT_ONCE):
            mine, theirs = Pipe()
            if not os.fork():
                self._serve(theirs, spare + number)
            self._pipes.append(mine)
        for pipe in self._pipes:
            pipe.recv()

    def __call__(self, numbers: Sequence[int]) -> float:
        """Render these; seconds of CPU, Redis's included."""
        before = _tree(self._world.redis)
        for first, pipe in enumerate(self._pipes):
            pipe.send(numbers[first::AT_ONCE])
        used = sum(pipe.recv() for pipe in self._pipes)
        return used + _tree(self._world.redis) - before

    def close(self) -> None:
        """End them."""
        for pipe in self._pipes:
            pipe.send(None)
            os.wait()

    def _serve(self, pipe: Connection, spare: int) -> None:
        try:
            git = self._world.opened()
            self._world.render(git, self._world.attempt(*self._what(spare)))
            pipe.send(0.0)
            while (numbers := pipe.recv()) is not None:
                attempts = [self._world.attempt(*self._what(number)) for number in numbers]
                before = _tree(os.getpid())
                for attempt in attempts:
                    self._world.render(git, attempt)
                pipe.send(_tree(os.getpid()) - before)
            git.close()
        finally:
            os._exit(0)  # what fails closes the pipe


def _release(number: int) -> tuple[str, dict[str, Any]]:
    helm = {
        "releaseName": sources.release(number),
        "valueFiles": [f"../../{sources.values(number)}"],
    }
    return sources.CHART, {"helm": helm}


def _overlay(number: int) -> tuple[str, dict[str, Any]]:
    return sources.overlay(number), {}


def _tree(root: int) -> float:
    """Seconds of CPU of a process and all below it, what is still running included."""
    return sum(cpu.by_role(root).values())


def _children() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def main() -> None:
    """Measure, and print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--count", type=int, default=200)
    asked = parser.parse_args()
    before = machine()
    with tempfile.TemporaryDirectory(prefix="syncline-bench-") as name:
        server = Redis(Path(name) / "redis")
        (Path(name) / "redis").mkdir()
        server.start()
        try:
            found = _measured(_world(Path(name), server, asked.count), asked.count)
        finally:
            server.stop()
    _print(found, asked.count)
    print(f"results in {save({'machine': before, 'count': asked.count, **found}, 'render-')}")


def _world(root: Path, server: Redis, count: int) -> World:
    work = WorkRepo.create(root / "work", origin=root / "git" / "bench.git")
    commit = work.publish("begin", sources.files(count + AT_ONCE))
    store = open_store(server)
    migrations.prepare(store)
    fleet = host(root, store)
    record = RepositoryRecord(uid="r1", name="bench", spec=RepositorySpec(url=str(work.origin)))
    git = GitSettings(cache=root / "mirrors", allow_local=(work.origin.parent,))
    world = World(work.path, commit, fleet, record, git, fleet.settings, server.pid)
    opened = world.opened()
    with opened.tree(record, commit):
        pass  # the mirror is there; everything else is cold
    opened.close()
    return world


def _measured(world: World, count: int) -> dict[str, Any]:
    plain = {"PATH": "/usr/bin:/bin", "HOME": str(world.checkout)}
    tuned = plain | {
        name: value
        for name, value in isolation.environment(
            "/", "/", memory=world.settings.memory, network=False, host=False
        ).items()
        if name.startswith("GO")
    }
    build = [world.settings.kustomize, "build"]
    template = [
        world.settings.helm, "template", "--include-crds", "--skip-tests", f"--kube-version={KUBE}",
        f"--namespace={NAMESPACE}", f"--api-versions={','.join(BUILT_IN)}",
    ]  # fmt: skip

    def kustomize(environment: Mapping[str, str]) -> Side:
        return lambda numbers: world.bare(build, [*map(sources.overlay, numbers)], environment)

    def helm(environment: Mapping[str, str]) -> Side:
        return lambda numbers: world.bare(template, [*map(_line, numbers)], environment)

    found = {}
    with closing(Workers(world, _overlay, count)) as ours:
        found["kustomize"] = _in_turns(
            {
                "bare": kustomize(plain),
                "tuned": kustomize(tuned),
                "ours": ours,
                "in one": lambda numbers: _in_one(world, numbers, tuned),
            },
            count,
        )
    with closing(Workers(world, _release, count)) as ours:
        found["helm"] = _in_turns({"bare": helm(plain), "tuned": helm(tuned), "ours": ours}, count)
    git = world.opened()
    for number in range(0, count, max(1, count // 20)):
        _check(world, git, [*build, sources.overlay(number)], _overlay(number))
        _check(world, git, [*template, *_line(number).split()], _release(number))
    git.close()
    return {
        engine: {name: {"cpu": one.cpu, "wall": one.wall} for name, one in each.items()}
        for engine, each in found.items()
    }


def _line(number: int) -> str:
    values = f"--values={sources.values(number)}"
    return f"{sources.release(number)} {sources.CHART} {values}"


def _in_turns(sides: dict[str, Side], count: int) -> dict[str, Taken]:
    taken = {name: Taken() for name in sides}
    for turn in range(SLICES):
        numbers = range(turn, count, SLICES)
        names = [*sides][turn % len(sides) :] + [*sides][: turn % len(sides)]
        for name in names:
            taken[name].add(sides[name], numbers)
    return taken


def _in_one(world: World, numbers: Sequence[int], environment: Mapping[str, str]) -> float:
    """One process for all: their outputs in one stream, and no two may hold the same object."""
    place = world.checkout / "all"
    place.mkdir(exist_ok=True)
    listed = "".join(f"- ../{sources.overlay(number)}\n" for number in numbers)
    (place / "kustomization.yaml").write_text(f"resources:\n{listed}")
    return world.bare([world.settings.kustomize, "build"], ["all"], environment)


def _check(
    world: World, git: GitRepositories, command: Sequence[str], ours: tuple[str, dict[str, Any]]
) -> None:
    done = subprocess.run(command, cwd=world.checkout, stdout=subprocess.PIPE, check=True)
    if world.render(git, world.attempt(*ours)) != [
        one for one in yaml.load_all(done.stdout, source="x") if one
    ]:
        sys.exit(f"error: {ours} differs from what the engine renders")


def _print(found: Mapping[str, Mapping[str, Mapping[str, float]]], count: int) -> None:
    table = Table("renderer", "how", "CPU ms each", "seconds in all", "ours: CPU", "ours: seconds")
    for engine, sides in found.items():
        for name, one in sides.items():
            ratios = [f"{sides['ours'][what] / one[what]:.2f} ×" for what in ("cpu", "wall")]
            figures = [f"{one['cpu'] / count * 1000:.1f}", f"{one['wall']:.1f}"]
            table.add_row(engine, name, *figures, *(ratios if name != "ours" else ["", ""]))
    Console().print(table)
    print(json.dumps(found))


if __name__ == "__main__":
    main()
