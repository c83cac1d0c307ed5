"""The ``syncline`` command: what the CLI does over HTTP, and the roles."""

from __future__ import annotations

from syncline.cli import main as cli
from syncline.main import init, roles, up


def main() -> None:
    """Run the command line; the script ``syncline`` enters here."""
    roles.register(cli.app)
    up.register(cli.app)
    init.register(cli.app)
    cli.main()
