"""One server process of a data directory."""

from __future__ import annotations

from pathlib import Path


class Server:
    """A Redis or Valkey that belongs to a directory."""

    def __init__(self, *, binary: Path, directory: Path, password: str, port: int = 0) -> None:
        """Describe it; nothing is started."""
        self.binary, self.directory, self._password, self._port = binary, directory, password, port

    @property
    def url(self) -> str:
        """Where clients find it, with the password: redis://…@127.0.0.1."""
        raise NotImplementedError

    @property
    def pid(self) -> int:
        """The id of the process."""
        raise NotImplementedError

    def start(self) -> None:
        """Start or adopt it and wait until it answers."""
        raise NotImplementedError

    def stop(self) -> None:
        """Save and end it; nothing where it does not run."""
        raise NotImplementedError
