"""A primary, a replica and Sentinels that watch them: real processes, quick to fail over.

All on 127.0.0.1, each in a directory of its own. `lose_primary` kills or freezes what is the
primary now; `primary` asks the Sentinels, as clients do.
"""

import os
import secrets
import signal
from dataclasses import dataclass, field
from pathlib import Path

import redis
from redis.sentinel import MasterNotFoundError, Sentinel

from syncline.embedded import find
from tests.harness import ports
from tests.harness.poll import until
from tests.harness.process import Ended, Process

MASTER = "syncline"
SENTINELS = 3
NOTICED = 1000  # ms without an answer until a Sentinel calls a server down

_SERVER = """\
bind 127.0.0.1
port {port}
dir {directory}
requirepass {password}
masterauth {password}
appendonly yes
appendfsync everysec
save ""
maxmemory-policy noeviction
repl-diskless-sync-delay 0
repl-ping-replica-period 1
{more}
"""
_SENTINEL = """\
bind 127.0.0.1
port {port}
dir {directory}
requirepass {own_password}
sentinel sentinel-pass {own_password}
sentinel monitor {master} 127.0.0.1 {primary} 2
sentinel auth-pass {master} {password}
sentinel down-after-milliseconds {master} {noticed}
sentinel failover-timeout {master} 5000
sentinel parallel-syncs {master} 1
"""


@dataclass
class Watched:
    """Two servers and three Sentinels."""

    directory: Path
    password: str = field(default_factory=lambda: secrets.token_hex(8))
    sentinel_password: str = field(default_factory=lambda: secrets.token_hex(8))
    servers: dict[int, Process] = field(default_factory=dict)  # by port
    sentinels: dict[int, Process] = field(default_factory=dict)

    def start(self) -> None:
        """Starts everything; returns when all Sentinels know each other and the replica."""
        first = self._server("")
        until(lambda: self._answers(first), within=20, what="the primary")
        replica = self._server(f"replicaof 127.0.0.1 {first}")
        until(lambda: self._follows(replica), within=20, what="the replica in step")
        for _ in range(SENTINELS):
            self._watch(first)
        until(self._is_agreed, within=30, what="Sentinels that know each other")

    def stop(self) -> None:
        """Ends everything."""
        for process in (*self.sentinels.values(), *self.servers.values()):
            process.stop()

    @property
    def url(self) -> str:
        """As settings take it, without passwords; database 1, so that it counts."""
        return "sentinel://" + ";".join(f"127.0.0.1:{port}" for port in self.sentinels) + "/1"

    @property
    def environment(self) -> dict[str, str]:
        """The settings of a role that uses it."""
        return {
            "SYNCLINE_STORE_URL": self.url,
            "SYNCLINE_STORE_MASTER": MASTER,
            "SYNCLINE_STORE_PASSWORD_FILE": self._secret("password", self.password),
            "SYNCLINE_STORE_SENTINEL_PASSWORD_FILE": self._secret(
                "sentinel-password", self.sentinel_password
            ),
        }

    def primary(self) -> int:
        """The port of the primary, 0 while there is none."""
        asked = Sentinel(
            [("127.0.0.1", port) for port in self.sentinels],
            sentinel_kwargs={"password": self.sentinel_password, "socket_timeout": 2},
        )
        with asked:
            try:
                return int(asked.discover_master(MASTER)[1])
            except MasterNotFoundError:
                return 0

    def lose_primary(self, *, by: signal.Signals = signal.SIGKILL) -> int:
        """Kills (or freezes) the primary and returns when another one is known."""
        lost = self.primary()
        os.kill(self.servers[lost].pid, by)
        return until(
            lambda: next((port for port in (self.primary(),) if port not in (0, lost)), None),
            within=60,
            what="a new primary",
        )

    def bring_back(self, port: int) -> None:
        """Starts (or thaws) a server that was lost; it becomes a replica and is in step."""
        server = self.servers[port]
        try:
            server.resume()
        except Ended:
            server.stop()  # closes what is ours of it
            server.start()
        # A Sentinel that was short of CPU does nothing for half a minute, each time.
        until(lambda: self._follows(port), within=180, what="the old primary as a replica")

    def client(self, port: int) -> redis.Redis:
        """A client of one server, database 1."""
        return redis.Redis(
            port=port, db=1, password=self.password, decode_responses=True, socket_timeout=5
        )

    def _server(self, more: str) -> int:
        port = ports.free()
        self.servers[port] = self._process(
            port, _SERVER, more=more, password=self.password, directory=self._home(port)
        )
        return port

    def _watch(self, primary: int) -> None:
        port = ports.free()
        self.sentinels[port] = self._process(
            port,
            _SENTINEL,
            "--sentinel",
            master=MASTER,
            primary=primary,
            password=self.password,
            own_password=self.sentinel_password,
            noticed=NOTICED,
            directory=self._home(port),
        )

    def _process(self, port: int, text: str, *arguments: str, **values: object) -> Process:
        home = self._home(port)
        (home / "redis.conf").write_text(text.format(port=port, **values))
        process = Process(find(), [str(home / "redis.conf"), *arguments], log=home / "log")
        process.start()
        return process

    def _home(self, port: int) -> Path:
        home = self.directory / str(port)
        home.mkdir(parents=True, exist_ok=True)
        return home

    def _secret(self, name: str, value: str) -> str:
        path = self.directory / name
        path.write_text(value)
        return str(path)

    def _answers(self, port: int) -> bool:
        with self.client(port) as client:
            try:
                return bool(client.ping())
            except redis.RedisError:
                return False

    def _follows(self, port: int) -> bool:
        with self.client(port) as client:
            try:
                said = client.info("replication")
            except redis.RedisError:
                return False
        return said["role"] == "slave" and said["master_link_status"] == "up"

    def _is_agreed(self) -> bool:
        for port in self.sentinels:
            with redis.Redis(port=port, password=self.sentinel_password) as client:
                try:
                    state = client.sentinel_masters()[MASTER]
                except (redis.RedisError, KeyError):
                    return False
            if state["num-other-sentinels"] < SENTINELS - 1 or state["num-slaves"] < 1:
                return False
        return True
