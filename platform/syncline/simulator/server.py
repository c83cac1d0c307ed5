"""Composition: a fleet behind one port, with kubeconfigs in one directory.

`start` runs it on the caller's event loop; `serve` runs a loop until SIGINT or SIGTERM.
"""

from __future__ import annotations

import asyncio
import gc
import secrets
import signal
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from syncline.simulator.controllers.clock import Clock
from syncline.simulator.fleet import Fleet
from syncline.simulator.kubeconfig import PRIVATE, Credentials
from syncline.simulator.wire.protocol import Connection

HOST = "127.0.0.1"
BACKLOG = 1024
ROLLOUT = 0.5


@dataclass(frozen=True, slots=True, kw_only=True)
class Simulator:
    """A running simulator: its address, the token for faults, and a kubeconfig a cluster."""

    directory: Path
    url: str
    token: str
    kubeconfigs: dict[str, Path]
    server: asyncio.Server
    connections: set[Connection]

    async def close(self) -> None:
        """Take no more connections, and end those that are open."""
        self.server.close()
        for connection in tuple(self.connections):
            connection.abort()
        await asyncio.sleep(0)  # a connection learns of its end in the loop's next turn


def names(clusters: int, prefix: str) -> list[str]:
    """Return the clusters' names: cluster-1, or cluster-0001 where there are thousands."""
    width = len(str(clusters))
    return [f"{prefix}{number:0{width}d}" for number in range(1, clusters + 1)]


def remembered(path: Path) -> str:
    """Return the word in a file that only its owner reads, made up at first."""
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch(mode=PRIVATE)
        path.write_text(secrets.token_hex(16))
    return path.read_text().strip()


async def start(
    clusters: int,
    *,
    port: int,
    directory: Path,
    rollout: float = ROLLOUT,
    prefix: str = "cluster-",
) -> Simulator:
    """Start a simulator on the running loop; port 0 takes a free one.

    `directory` gets NAME.kubeconfig for each cluster, `admin-token` for the endpoints that make
    clusters misbehave, and `installation`, from which the clusters' uids follow. `rollout` is how
    many seconds workloads take to become ready.
    """
    clock = Clock()
    fleet = Fleet(
        clock,
        installation=remembered(directory / "installation"),
        token=remembered(directory / "admin-token"),
        rollout=rollout,
    )
    loop = asyncio.get_running_loop()
    drive(clock, loop)
    connections: set[Connection] = set()
    server = await loop.create_server(
        lambda: Connection(fleet.answer, connections), HOST, port, backlog=BACKLOG
    )
    url = f"http://{HOST}:{server.sockets[0].getsockname()[1]}"
    kubeconfigs = {}
    for name in names(clusters, prefix):
        credentials = Credentials.make(name, f"{url}/clusters/{name}")
        fleet.add(credentials)
        kubeconfigs[name] = credentials.write(directory)
    token = remembered(directory / "admin-token")
    return Simulator(
        directory=directory,
        url=url,
        token=token,
        kubeconfigs=kubeconfigs,
        server=server,
        connections=connections,
    )


def drive(clock: Clock, loop: asyncio.AbstractEventLoop) -> None:
    """Let the loop run what the clock holds, with one timer at a time."""
    timer: asyncio.TimerHandle | None = None

    def wake(delay: float) -> None:
        nonlocal timer
        if timer:
            timer.cancel()
        timer = loop.call_later(delay, run)

    def run() -> None:
        delay = clock.run()
        if delay is not None:
            wake(delay)

    clock.wake = wake


def serve(
    clusters: int,
    *,
    port: int,
    directory: Path,
    rollout: float = ROLLOUT,
    prefix: str = "cluster-",
    ready: Callable[[Simulator], None] | None = None,
) -> None:
    """Serve simulated clusters until SIGINT or SIGTERM.

    Once they answer `ready` is called; by default it prints where they are.
    """
    asyncio.run(_serve(clusters, port, directory, rollout, prefix, ready or announce))


def announce(simulator: Simulator) -> None:
    """Print where the kubeconfigs lie and, on a line of its own, `ready URL`."""
    count, directory = len(simulator.kubeconfigs), simulator.directory
    sys.stdout.write(f"{count} simulated clusters, kubeconfigs in {directory}\n")
    sys.stdout.write(f"ready {simulator.url}\n")
    sys.stdout.flush()


async def _serve(  # noqa: PLR0917
    clusters: int,
    port: int,
    directory: Path,
    rollout: float,
    prefix: str,
    ready: Callable[[Simulator], None],
) -> None:
    simulator = await start(
        clusters, port=port, directory=directory, rollout=rollout, prefix=prefix
    )
    # What the schemas hold stays: the collector need not look at it again.
    gc.collect()
    gc.freeze()
    stopped = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stopped.set)
    ready(simulator)
    await stopped.wait()
    await simulator.close()
