"""A real Redis or Valkey of one's own: started, restarted, killed, frozen.

The same program and start as production's embedded one (`syncline.embedded`).
"""

import os
import secrets
import signal
from pathlib import Path

import redis

from syncline.embedded import Server, find, process


class Redis:
    """A server in a directory, on a loopback port that it keeps when it is restarted."""

    def __init__(self, directory: Path, *, persistent: bool = False) -> None:
        """Describe it. Not persistent: a restart forgets everything, and nothing is written."""
        self._server = Server(
            binary=find(),
            directory=directory,
            password=secrets.token_hex(8),
            memory=1 << 30,
            persistent=persistent,
        )

    @property
    def url(self) -> str:
        """Where it is, with its password."""
        return self._server.url

    @property
    def pid(self) -> int:
        """The process."""
        return self._server.pid

    def start(self) -> None:
        """Starts it and waits until it answers."""
        self._server.start()

    def stop(self) -> None:
        """Ends it orderly."""
        self._server.stop()

    def restart(self) -> None:
        """Ends it orderly and starts it again."""
        self.stop()
        self.start()

    def kill(self) -> None:
        """Ends it as a power cut would; `start` brings it back."""
        os.kill(self.pid, signal.SIGKILL)
        while process.is_alive(self.pid):
            pass

    def pause(self) -> None:
        """Freezes it: connections are accepted by the kernel and never answered."""
        os.kill(self.pid, signal.SIGSTOP)

    def resume(self) -> None:
        """Undoes `pause`."""
        os.kill(self.pid, signal.SIGCONT)

    def flush(self) -> None:
        """Forgets everything."""
        with redis.Redis.from_url(self.url) as client:
            client.flushall()
