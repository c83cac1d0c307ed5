"""The roles as commands: each runs in the foreground and ends cleanly on SIGTERM.

Each imports its role when it runs: FastAPI and Celery would cost every `syncline get` a second.
"""

from __future__ import annotations

import difflib
import os
import secrets
from contextlib import suppress
from pathlib import Path
from typing import Annotated

import typer

from syncline import logs, tracing
from syncline.contract import queues
from syncline.errors import StoreUnavailable
from syncline.main import capacity
from syncline.main import worker as workers
from syncline.settings import Settings, strays

log = logs.get(__name__)


def register(app: typer.Typer) -> None:
    """Add the role commands."""
    for command in (server, scheduler, worker, watch, flower, simulate):
        app.command(rich_help_panel="Roles")(command)


def server(
    host: Annotated[str | None, typer.Option(help="Address to listen on.")] = None,
    port: Annotated[int | None, typer.Option(help="Port to listen on; 0: any free one.")] = None,
) -> None:
    """Run the API."""
    from syncline.api import server as api  # noqa: PLC0415 - see above

    settings = _settings()
    if trouble := tracing.trouble(os.environ):
        log.warning("traces_are_off", why=trouble)
    chosen = {
        "host": host or settings.server.host,
        "port": settings.server.port if port is None else port,
    }
    listening = settings.server.model_copy(update=chosen)
    exporter = tracing.open_exporter(os.environ, service="syncline-server")
    api.serve(settings.model_copy(update={"server": listening}), exporter=exporter)


def scheduler() -> None:
    """Run a scheduler; any number may run, all are active."""
    from syncline.scheduler import loop  # noqa: PLC0415 - see above

    loop.run_forever(_settings())


def worker(
    name: Annotated[str, typer.Option(help="Unique among the workers of a host.")] = "worker",
    concurrency: Annotated[
        str,
        typer.Option(
            metavar="N|auto",
            help="Runs at once, each a process; auto: two for each CPU, as far as memory allows.",
        ),
    ] = "4",
    lanes: Annotated[str, typer.Option(help="Queues to serve, comma-separated.")] = ",".join(
        queues.ALL
    ),
    *,
    events: Annotated[bool, typer.Option(help="Send what Flower shows.")] = True,
) -> None:
    """Run a Celery worker."""
    _require_redis(Settings())
    argv = workers.command(
        name=name, concurrency=_concurrency(concurrency), lanes=_lanes(lanes), events=events
    )
    os.execvpe(argv[0], argv, {**os.environ, **workers.SOFT_SHUTDOWN})  # noqa: S606


def watch() -> None:
    """Watch clusters for drift; any number may run, they share the clusters."""
    _require_redis(Settings())
    argv = workers.watch()
    os.execvpe(argv[0], argv, {**os.environ, **workers.ONE_ARENA})  # noqa: S606


def flower(
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="Port to listen on.")] = 5555,
    user: Annotated[str, typer.Option(help="Name for basic authentication.")] = "syncline",
    password_file: Annotated[
        Path | None,
        typer.Option(help="File with the password; default: SYNCLINE_FLOWER_PASSWORD."),
    ] = None,
) -> None:
    """Run Flower, with authentication on."""
    password = (
        password_file.read_text().strip()
        if password_file
        else os.environ.get("SYNCLINE_FLOWER_PASSWORD", "")
    )
    if not password:
        typer.echo(
            "error: flower: no password: give --password-file or SYNCLINE_FLOWER_PASSWORD", err=True
        )
        raise typer.Exit(2)
    _settings()
    argv = workers.flower(host=host, port=port)
    guard = workers.flower_environment(user, password, secrets.token_urlsafe(32))
    os.execvpe(argv[0], argv, {**os.environ, **guard})  # noqa: S606


def simulate(
    clusters: Annotated[int, typer.Option(min=1, help="How many clusters to simulate.")] = 8,
    port: Annotated[int, typer.Option(help="Port to listen on; 0: any free one.")] = 0,
    directory: Annotated[
        Path, typer.Option(help="Where to write a kubeconfig for each cluster.")
    ] = Path("simulated"),
    rollout: Annotated[float, typer.Option(help="Seconds until workloads become ready.")] = 0.5,
    prefix: Annotated[str, typer.Option(help="What the clusters' names begin with.")] = "cluster-",
) -> None:
    """Serve simulated clusters: for demos and scale, never called Kubernetes."""
    from syncline import simulator  # noqa: PLC0415 - see above

    simulator.serve(clusters, port=port, directory=directory, rollout=rollout, prefix=prefix)


def _concurrency(text: str) -> int:
    if text == "auto":
        return capacity.concurrency()
    if not text.isdecimal() or not int(text):
        raise typer.BadParameter(
            f"{text!r} is no number above 0; or say auto", param_hint="--concurrency"
        )
    return int(text)


def _lanes(text: str) -> list[str]:
    """Read the queues to serve: a misspelt one would leave its work waiting, silently."""
    lanes = list(dict.fromkeys(each.strip() for each in text.split(",")))
    for lane in lanes:
        if lane not in queues.ALL:
            close = difflib.get_close_matches(lane, queues.ALL, n=1, cutoff=0.0)
            raise typer.BadParameter(
                f"there is no lane {lane!r}: did you mean {close[0]}? "
                f"There are {', '.join(queues.ALL)}",
                param_hint="--lanes",
            )
    return lanes


def _require_redis(settings: Settings) -> None:
    """Refuse a Redis that would lose state; one that is away is waited for.

    The worker looks once more when it is ready, and warns.
    """
    from syncline.store import server as required  # noqa: PLC0415 - see above

    with suppress(StoreUnavailable):
        required.require(settings.store)


def _settings() -> Settings:
    settings = Settings()
    logs.configure(level=settings.log.level, json_lines=settings.log.json_lines)
    strays.warn(os.environ)
    return settings
