"""``syncline version``."""

from __future__ import annotations

from importlib.metadata import version as version_of

from syncline.cli import output


def version() -> None:
    """Print the version of this command line."""
    output.line(f"syncline {version_of('syncline')}")
