"""One server process of a data directory."""

from __future__ import annotations

import fcntl
import json
import os
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from urllib.parse import quote

import redis
from redis.backoff import NoBackoff
from redis.exceptions import AuthenticationError, BusyLoadingError, RedisError
from redis.retry import Retry

from syncline.embedded import process
from syncline.errors import StoreUnavailable

_START = 120.0  # seconds; a large append-only file takes long to load
_PATIENCE = 15.0  # seconds between asking it to end and killing it
_LOOK = 0.01  # seconds

_CONFIG = """\
bind 127.0.0.1
port {port}
protected-mode yes
requirepass {password}
daemonize no
set-proc-title no
pidfile {pidfile}
dir {directory}
appendonly {appendonly}
appendfsync everysec
save ""
maxmemory {memory}
maxmemory-policy noeviction
client-output-buffer-limit pubsub 64mb 16mb 60
hash-max-listpack-value 256
tcp-keepalive 60
"""


# set-proc-title no: the command line keeps naming the configuration, by which we know our own.


class Server:
    """A Redis or Valkey that belongs to a directory."""

    def __init__(
        self,
        *,
        binary: Path,
        directory: Path,
        password: str,
        port: int = 0,
        memory: int = 0,
        persistent: bool = True,
    ) -> None:
        """Describe it; nothing is started. See ``start``; not persistent: a restart forgets all."""
        self.binary, self.directory = binary, directory.absolute()
        self._memory = memory
        self._password, self._port, self._persistent = password, port, persistent
        self._pid = 0

    @property
    def url(self) -> str:
        """Where clients find it, with the password: redis://…@127.0.0.1."""
        return f"redis://:{quote(self._password, safe='')}@127.0.0.1:{self._port}/0"

    @property
    def pid(self) -> int:
        """The id of the process, 0 where none runs."""
        return self._pid

    @property
    def log(self) -> Path:
        """What it says."""
        return self.directory / "redis.log"

    def start(self) -> None:
        """Start it and wait until it answers; adopt one that still runs from before.

        Raises:
            StoreUnavailable: it ended, or does not answer in time.
        """
        self.directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        with self._alone():
            if not self._adopt():
                self._launch()
            self._await()

    def revive(self) -> bool:
        """Start it again, on the same port and data, where it ended; True where it had.

        Raises:
            StoreUnavailable: it does not start.
        """
        if self._pid and process.is_alive(self._pid):
            return False
        self.start()
        return True

    def stop(self) -> None:
        """Save and end it; nothing where it does not run."""
        if self._pid and process.is_alive(self._pid):
            process.end(self._pid, patience=_PATIENCE)
        self._pid = 0

    def _adopt(self) -> bool:
        """Take over the one of an earlier parent; one that does not answer us is ended."""
        pid = self._written("redis.pid")
        if not process.is_alive(pid) or str(self._config) not in process.command(pid):
            return False
        port = self._written("port")
        if self._port in (0, port) and self._answers(port) == pid:
            self._pid, self._port = pid, port
            return True
        process.end(pid, patience=_PATIENCE)
        return False

    def _launch(self) -> None:
        self._port = self._port or _free_port(self._written("port"))
        text = _CONFIG.format(
            port=self._port,
            password=_quoted(self._password),
            directory=_quoted(str(self.directory)),
            pidfile=_quoted(str(self.directory / "redis.pid")),
            memory=self._memory,
            appendonly="yes" if self._persistent else "no",
        )
        self._config.touch(mode=0o600)
        self._config.write_text(text)
        (self.directory / "port").write_text(str(self._port))
        with self.log.open("ab") as output:
            started = subprocess.Popen(
                [self.binary, self._config],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,  # a terminal's Ctrl-C must not end it before its clients
            )
        self._pid = started.pid
        started.returncode = 0  # waited for by its id: it may outlive this object

    def _await(self) -> None:
        deadline = time.monotonic() + _START
        while self._answers(self._port) != self._pid:
            if not process.is_alive(self._pid):
                raise StoreUnavailable(
                    "Redis", f"ended at its start; {self.log} ends: {self._tail()}"
                )
            if time.monotonic() > deadline:
                raise StoreUnavailable("Redis", f"does not answer after {_START:.0f} s: {self.log}")
            time.sleep(_LOOK)

    def _answers(self, port: int) -> int:
        """Return the process id of whoever answers to our password there, else 0."""
        client = redis.Redis(
            host="127.0.0.1",
            port=port,
            password=self._password,
            socket_timeout=5,
            retry=Retry(NoBackoff(), 0),
        )
        with suppress(BusyLoadingError, AuthenticationError, RedisError, OSError):
            return int(client.info("server")["process_id"])
        return 0

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """Two starts in one directory take turns: the second one adopts what the first started."""
        with (self.directory / "lock").open("w") as held:
            fcntl.flock(held, fcntl.LOCK_EX)
            yield

    @property
    def _config(self) -> Path:
        return self.directory / "redis.conf"

    def _written(self, name: str) -> int:
        try:
            return int((self.directory / name).read_text())
        except (OSError, ValueError):
            return 0

    def _tail(self) -> str:
        with suppress(OSError):
            tail = " | ".join(self.log.read_text(errors="replace").splitlines()[-5:])
            return tail.replace(self._password, "***")  # it quotes a line that it cannot read
        return ""


def _quoted(text: str) -> str:
    """Write a word as redis.conf reads it."""
    return json.dumps(text, ensure_ascii=False)


def _free_port(wanted: int) -> int:
    """Return the port used before, if nobody else took it, or any free one."""
    for port in (wanted, 0):
        with socket.socket() as probe, suppress(OSError):
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(("127.0.0.1", port))
            return int(probe.getsockname()[1])
    raise StoreUnavailable("Redis", f"no free port on 127.0.0.1 (process {os.getpid()})")
