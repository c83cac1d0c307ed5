"""From what a user names, ``APP[@CLUSTER]``, to targets and their paths in the API."""

from __future__ import annotations

from urllib.parse import quote

from syncline.cli.exits import CommandFailed, Exit
from syncline.cli.server import Server
from syncline.errors import InvalidDocument
from syncline.model.names import DEFAULT_PROJECT, TargetName


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
    if "@" in name:
        return [str(_parse(name))]
    found = [item["name"] for item in server.walk("/targets", {"application": name})]
    if not found:
        server.get(application_path(name))  # says so if the application does not exist
        raise CommandFailed(
            f"application {name}",
            "has no target: no registered cluster matches its destination",
            Exit.NOT_FOUND,
        )
    return found


def _parse(target: str) -> TargetName:
    try:
        return TargetName.parse(target)
    except InvalidDocument as exc:
        raise CommandFailed(exc.subject, exc.detail, Exit.USAGE) from exc
