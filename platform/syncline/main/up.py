"""``syncline up``: every role on one machine, on an embedded Redis, in one data directory."""

from __future__ import annotations

import logging
import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import httpx
import structlog
import typer

from syncline import embedded, logs
from syncline.contract import queues
from syncline.errors import NotReady, StoreUnavailable, SynclineError
from syncline.main import capacity, fleet, ports, worker
from syncline.main.directory import DataDirectory, write_private
from syncline.main.supervisor import Child, stop
from syncline.model.seal import PlatformKey
from syncline.settings import Settings, programs, strays
from syncline.store import connection, migrations, tokens
from syncline.store.connection import Store

log = structlog.get_logger(__name__)

YIELDING = 10
"""Niceness of what may wait: people, Redis and the schedulers go before a roll-out.

Where all want the CPU, one that does not yield weighs as much as nine that do (as three at 5).
Nobody is slower where there is CPU to spare.
"""

_SHARE = 2
"""Redis may take one part in so many of the memory: full, it says so; else the kernel kills it."""
_READY = 60.0  # seconds that the API and the workers may take to start


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What the command line asks for."""

    data: DataDirectory
    port: int
    flower_port: int
    workers: int
    concurrency: int
    user_slots: int
    watch: bool
    flower: bool


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(rich_help_panel="Roles")(up)


def up(  # noqa: PLR0917 - typer's options, not a call
    data: Annotated[Path, typer.Option(help="Where everything is kept.")] = Path(".data"),
    port: Annotated[int, typer.Option(help="The API's port; 0: any free one.")] = 8080,
    workers: Annotated[int, typer.Option(min=1, help="Celery workers.")] = 2,
    concurrency: Annotated[int, typer.Option(min=1, help="Runs at once in each worker.")] = 4,
    user_slots: Annotated[
        int, typer.Option(min=0, help="More runs at once that serve people alone: 95 MB or more.")
    ] = 1,
    flower_port: Annotated[int, typer.Option(help="Flower's port; 0: any free one.")] = 0,
    fleet_url: Annotated[
        str | None, typer.Option("--fleet", help="A fleet repository to follow: URL or path.")
    ] = None,
    revision: Annotated[str, typer.Option(help="Which revision of the fleet repository.")] = "HEAD",
    path: Annotated[str, typer.Option(help="Which directory of the fleet repository.")] = ".",
    *,
    watch: Annotated[
        bool, typer.Option(help="Watch clusters, so that drift is put right in a second: 85 MB.")
    ] = True,
    flower: Annotated[bool, typer.Option(help="Run Flower too.")] = True,
) -> None:
    """Run everything on this machine until SIGTERM or Ctrl-C."""
    plan = Plan(
        data=DataDirectory(data.absolute()),
        port=port or ports.free(),
        flower_port=flower_port or ports.free(),
        workers=workers,
        concurrency=concurrency,
        user_slots=user_slots,
        watch=watch,
        flower=flower,
    )
    declared = fleet.Declared(url=fleet_url, revision=revision, path=path) if fleet_url else None
    try:
        run(plan, declared)
    except SynclineError as exc:
        typer.echo(f"error: {exc}", err=True)
        raise typer.Exit(1) from exc


def run(plan: Plan, declared: fleet.Declared | None) -> None:
    """Start all roles, say so, and keep them running until asked to stop."""
    logs.configure(level=Settings().log.level)
    strays.warn(os.environ)
    logging.getLogger("httpx").setLevel(logging.WARNING)  # our own look at readiness
    plan.data.prepare()
    key = plan.data.key()
    stopped = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stopped.set())
    redis = embedded.start(
        plan.data.root / "redis",
        password=plan.data.secret("redis-password"),
        memory=capacity.memory() // _SHARE,
    )
    try:
        environment = _environment(plan, redis.url, declared)
        os.environ.update(environment)
        _prepare(plan, key, declared)
        _supervise(plan, environment, redis, stopped)
    finally:
        redis.stop()


def _environment(plan: Plan, url: str, declared: fleet.Declared | None) -> dict[str, str]:
    settings = {
        "SYNCLINE_STORE_URL": url,
        **plan.data.environment(),
        **programs.environment(os.environ),
    }
    allowed = fleet.allow_local(declared, Settings().git.allow_local)
    return {**settings, **({"SYNCLINE_GIT_ALLOW_LOCAL": allowed} if allowed else {})}


def _prepare(plan: Plan, key: PlatformKey, declared: fleet.Declared | None) -> None:
    store = connection.connect(Settings().store, key=key)
    migrations.prepare(store)
    _administrator(plan.data, store)
    fleet.declare(store, declared)


def _administrator(data: DataDirectory, store: Store) -> None:
    """The token in the file works, also where the store was lost."""
    if data.token.exists() and tokens.verify(store, data.token.read_text().strip()):
        return
    made = tokens.create(store, "administrator", scopes=("admin",), ttl=None)
    write_private(data.token, f"{made}\n")


def _supervise(
    plan: Plan, environment: dict[str, str], redis: embedded.Server, stopped: threading.Event
) -> None:
    children = _children(plan, {**os.environ, **environment})
    try:
        for child in children:
            child.start()
        _await_ready(plan, children, stopped)
        if not stopped.is_set():
            _announce(plan)
        while not stopped.wait(0.5):
            _revive(redis)
            for child in children:
                child.revive()
    finally:
        stop(children)


def _revive(redis: embedded.Server) -> None:
    try:
        if redis.revive():
            log.warning("redis_started_again", see=str(redis.log))
    except StoreUnavailable as exc:
        log.error("redis_does_not_start", error=str(exc))  # noqa: TRY400 - says it all


def _children(plan: Plan, environment: dict[str, str]) -> list[Child]:
    def child(name: str, argv: list[str], niceness: int = 0, **more: str) -> Child:
        return Child(
            name=name,
            argv=argv,
            environment={**environment, **more},
            output=plan.data.root / "logs" / f"{name}.log",
            niceness=niceness,
        )

    command = [sys.executable, "-m", "syncline"]
    roles = [
        child("server", [*command, "server", "--port", str(plan.port)]),
        child("scheduler", [*command, "scheduler"]),
    ]
    pools: list[tuple[str, int, Sequence[str]]] = [
        (f"worker-{number}", plan.concurrency, queues.ALL) for number in range(1, plan.workers + 1)
    ]
    if plan.user_slots:  # a person never waits behind a roll-out, whatever hangs
        pools.append(("worker-user", plan.user_slots, (queues.USER,)))
    for name, slots, lanes in pools:
        argv = worker.command(name=name, concurrency=slots, lanes=lanes, events=plan.flower)
        niceness = 0 if lanes == (queues.USER,) else YIELDING
        roles.append(child(name, argv, niceness, **worker.SOFT_SHUTDOWN))
    if plan.watch:
        roles.append(child("watch", worker.watch(), 0, **worker.ONE_ARENA))
    if plan.flower:
        guard = worker.flower_environment(
            "syncline", plan.data.secret("flower-password"), plan.data.secret("flower-cookie")
        )
        argv = worker.flower(host="127.0.0.1", port=plan.flower_port)
        roles.append(child("flower", argv, YIELDING, **guard))
    return roles


def _await_ready(plan: Plan, children: list[Child], stopped: threading.Event) -> None:
    """Wait until the API answers; a child that ended says why in its file."""
    deadline = time.monotonic() + _READY
    while not stopped.wait(0.1):
        if _answers(f"http://127.0.0.1:{plan.port}/readyz"):
            return
        for child in children:
            if child.process is not None and child.process.poll() is not None:
                raise NotReady(child.name, f"ended at its start: see {child.output}")
        if time.monotonic() > deadline:
            raise NotReady(
                "server",
                f"does not answer after {_READY:.0f} s: see its log in {plan.data.root / 'logs'}",
            )


def _answers(url: str) -> bool:
    try:
        return httpx.get(url, timeout=2).status_code == httpx.codes.OK
    except httpx.HTTPError:
        return False


def _announce(plan: Plan) -> None:
    say: Callable[[str], None] = typer.echo
    if plan.flower:
        say(
            f"flower http://127.0.0.1:{plan.flower_port} "
            f"(user syncline, password in {plan.data.root / 'flower-password'})"
        )
    say(f"token in {plan.data.token}")
    say(f"ready http://127.0.0.1:{plan.port}")
    sys.stdout.flush()
