"""``syncline init``: the first step on a new store, run once where a role has its settings.

``syncline up`` does the same by itself. Whoever may run a command beside a role already holds the
store's password and the platform key, so this asks for nothing more. It can be run again at any
time and changes nothing then.
"""

from __future__ import annotations

import os
from typing import Annotated

import typer

from syncline.main import fleet
from syncline.model import giturl
from syncline.model.access import Scope
from syncline.settings import Settings, strays
from syncline.store import connection, migrations, server, tokens
from syncline.store.connection import Store


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(rich_help_panel="Roles")(init)


def init(
    fleet_url: Annotated[
        str | None, typer.Option("--fleet", help="A fleet repository to follow: its URL.")
    ] = None,
    revision: Annotated[str, typer.Option(help="Which revision of the fleet repository.")] = "HEAD",
    path: Annotated[str, typer.Option(help="Which directory of the fleet repository.")] = ".",
    *,
    new_token: Annotated[
        bool, typer.Option("--new-token", help="Make one although there is one: it was lost.")
    ] = False,
) -> None:
    """Prepare the store, and print a token for its administrator: this once."""
    settings = Settings()
    for name, hint in strays.find(os.environ).items():
        _say(f"warning: {name} is ignored: {hint}")
    store = connection.connect(settings.store, key=settings.keys.platform_key())
    try:
        for warning in server.require(settings.store):
            _say(f"warning: {warning}")
        _say(f"installation {migrations.prepare(store)}")
        if fleet_url is not None:
            fleet.declare(store, fleet.Declared(url=fleet_url, revision=revision, path=path))
            _say(f"follows {giturl.shown(fleet_url)} at {revision}, directory {path}")
        _administrator(store, anew=new_token)
    finally:
        store.close()


def _administrator(store: Store, *, anew: bool) -> None:
    """The token alone goes to standard output, so that it can be piped to where it is kept."""
    if not anew and any(Scope.ADMIN in each.scopes for each in tokens.page(store)):
        _say("an administrator's token was made before; `syncline init --new-token` makes another")
        return
    _say("the administrator's token, shown this once:")
    typer.echo(tokens.create(store, "administrator", scopes=(Scope.ADMIN,)))


def _say(words: str) -> None:
    typer.echo(words, err=True)
