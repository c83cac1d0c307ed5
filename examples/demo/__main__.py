"""Run the demo: ``python -m examples.demo [--exit]``."""

from __future__ import annotations

import shutil
import signal
import sys
import tempfile
from pathlib import Path

from examples.demo import clusters, kubelet, product, repository
from examples.demo.show import Show
from examples.demo.steps import SCENES, World
from tests.harness.gitserver import GitServer
from tests.harness.workrepo import WorkRepo


def main() -> None:
    """Play all scenes; without ``--exit`` go on until Ctrl-C."""
    stay = "--exit" not in sys.argv[1:]
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    directory = Path(tempfile.mkdtemp(prefix="syncline-demo-"))
    try:
        _play(directory, stay=stay)
    except KeyboardInterrupt:
        sys.stdout.write("\nstopping\n")
    finally:
        shutil.rmtree(directory, ignore_errors=True)


def _play(directory: Path, *, stay: bool) -> None:
    show = Show()
    show.say(f"starting {clusters.COUNT} clusters")
    git = GitServer.start(directory / "git")
    try:
        with clusters.running(directory / "clusters") as (kind, members):
            show.say(f"{len(members)} {kind}; Git at {git.url('fleet.git')}")
            work = WorkRepo.create(directory / "work", origin=git.root / "fleet.git")
            work.publish("The fleet", repository.files(git.url("fleet.git"), members))
            data = directory / "data"
            _credentials(data / "credentials", members)
            show.say("starting syncline up: Redis, API, scheduler, 2 workers, Flower")
            with kubelet.running(members), product.running(data, git.url("fleet.git")) as running:
                show.say("ready; Ctrl-C stops everything")
                _tell(show, running)
                for scene in SCENES:
                    scene(World(running, work, members, show))
                show.title("Each step was verified")
                if stay:
                    _tell(show, running)
                    show.say("Ctrl-C stops everything")
                    signal.pause()
    finally:
        git.stop()


def _credentials(directory: Path, members: list[clusters.Member]) -> None:
    """Where the Cluster documents' ``file:`` references resolve."""
    directory.mkdir(parents=True, mode=0o700)
    for member in members:
        shutil.copyfile(member.kubeconfig, directory / f"{member.name}.kubeconfig")


def _tell(show: Show, running: product.Product) -> None:
    password = running.token.with_name("flower-password")
    show.line(f"          API     {running.url}")
    show.line(f"          Flower  {running.flower}  (user syncline, password in {password})")
    show.line("          to ask it yourself, in another terminal:")
    show.line(
        f"            export SYNCLINE_SERVER={running.url} SYNCLINE_TOKEN=$(cat {running.token})"
    )
    show.line(f"            {Path(sys.executable).with_name('syncline')} status")


if __name__ == "__main__":
    main()
