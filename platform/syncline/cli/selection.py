"""From what a user names or selects to targets, and to what the API is asked."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Any
from urllib.parse import quote

import typer

from syncline.cli.exits import CommandFailed, Exit
from syncline.cli.server import Server
from syncline.errors import InvalidDocument
from syncline.model.names import DEFAULT_PROJECT, TargetName
from syncline.model.status import HealthStatus, SyncStatus


def path(target: str) -> str:
    """Return the API's path of one target.

    Raises:
        CommandFailed: the name is no target's.
    """
    return "/targets/" + quote(str(_parse(target)), safe="/@")


def application_path(name: str) -> str:
    """Return the API's path of ``[project/]application``."""
    project, slash, application = name.rpartition("/")
    return f"/applications/{quote(project if slash else DEFAULT_PROJECT)}/{quote(application)}"


def targets(server: Server, name: str) -> list[str]:
    """List the target that was named, or each target of the application that was.

    Raises:
        CommandFailed: there is no such application, or it has no target.
    """
    return list(_targets(server, name))


def _targets(server: Server, name: str) -> Iterator[str]:
    if "@" in name:
        yield str(_parse(name))
        return
    found = False
    for item in server.walk("/targets", {"application": name}):
        found = True
        yield item["name"]
    if not found:
        server.get(application_path(name))  # says so if the application does not exist
        raise CommandFailed(
            f"application {name}",
            "has no target: no registered cluster matches its destination",
            Exit.NOT_FOUND,
        )


def of_options(
    applications: Sequence[str],
    *,
    selector: str | None,
    cluster_selector: str | None,
    sync: SyncStatus | None,
    health: HealthStatus | None,
    everything: bool,
) -> dict[str, Any]:
    """Write a selection as the API takes it.

    Raises:
        typer.BadParameter: nothing is selected, or everything and more.
    """
    body = {
        "applications": list(applications),
        "applicationSelector": selector or "",
        "clusterSelector": cluster_selector or "",
        "sync": sync and sync.value,
        "health": health and health.value,
        "all": everything,
    }
    if not any(body.values()):
        raise typer.BadParameter("name applications, give a selector, or --all")
    if everything and applications:
        raise typer.BadParameter("name applications, or say --all, not both")
    return body


def few(server: Server, names: Sequence[str], most: int) -> list[str] | None:
    """List what was named, ``APP`` or ``APP@CLUSTER``; None where these are too many targets.

    Raises:
        CommandFailed: there is no such application, or it has no target.
    """
    found: list[str] = []
    for name in names:
        found += list(islice(_targets(server, name), most + 1))
        if len(found) > most and not any("@" in each for each in names):
            return None
    return list(dict.fromkeys(found))


def _parse(target: str) -> TargetName:
    try:
        return TargetName.parse(target)
    except InvalidDocument as exc:
        raise CommandFailed(exc.subject, exc.detail, Exit.USAGE) from exc
