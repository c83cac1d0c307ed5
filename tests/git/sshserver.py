"""A real SSH server that serves Git: on 127.0.0.1, in a thread, with the real ``git upload-pack``.

The protocol is asyncssh's; the client that the tests show is the system's own ``ssh``, as workers
run it. Who may come in, and which host key it shows, can be changed at any time.
"""

import asyncio
import json
import shlex
import shutil
import threading
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import asyncssh
import pytest

from tests.harness.workrepo import ENVIRONMENT

_WAIT = 30.0  # seconds
_CHUNK = 65_536  # bytes


def require_client() -> None:
    """Fail, with the way to get it, where this machine has no ``ssh``."""
    if shutil.which("ssh") is None:
        pytest.fail("no ssh on PATH: install it (Debian: apt-get install openssh-client)")


def new_key() -> asyncssh.SSHKey:
    """A key pair."""
    return asyncssh.generate_private_key("ssh-ed25519")


def private(key: asyncssh.SSHKey) -> str:
    """The private half, as a file has it."""
    return key.export_private_key().decode()


@dataclass
class SshServer:
    """Serves the repositories below ``root`` to the holders of ``keys``, for reading."""

    root: Path
    keys: list[asyncssh.SSHKey] = field(default_factory=list)
    host_key: asyncssh.SSHKey = field(default_factory=new_key)
    asked: list[tuple[str, str]] = field(default_factory=list)  # user and command
    seen: list[str] = field(default_factory=list)  # arguments and environments while it served
    grant: dict[str, Any] = field(default_factory=dict)  # of git-lfs-authenticate; {}: none
    port: int = 0
    _loop: asyncio.AbstractEventLoop = field(init=False, repr=False)
    _listening: Any = None
    _thread: threading.Thread = field(init=False, repr=False)

    def start(self) -> "SshServer":
        """Listen on any free port."""
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        self._listening = self._run(self._listen())
        self.port = self._listening.get_port()
        return self

    def stop(self) -> None:
        """Refuse connections from now on. Nothing if it does so already."""
        if self._listening is None:
            return
        self._run(self._close())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(_WAIT)
        self._loop.close()

    def url(self, repository: Path | str = "") -> str:
        """``ssh://git@127.0.0.1:PORT/PATH``."""
        return f"ssh://git@127.0.0.1:{self.port}/{str(repository).lstrip('/')}"

    def known_hosts(self, key: asyncssh.SSHKey | None = None) -> str:
        """The line for this server, with its own key or another."""
        public = (key or self.host_key).export_public_key().decode().strip()
        return f"[127.0.0.1]:{self.port} {public}"

    def _run(self, step: Any) -> Any:
        running: Future[Any] = asyncio.run_coroutine_threadsafe(step, self._loop)
        return running.result(_WAIT)

    async def _listen(self) -> Any:
        return await asyncssh.listen(
            "127.0.0.1",
            0,
            server_factory=lambda: _Gate(self),
            server_host_keys=[self.host_key],
            process_factory=self._serve,
            encoding=None,
        )

    async def _close(self) -> None:
        self._listening.close()
        await self._listening.wait_closed()
        self._listening = None

    async def _serve(self, client: Any) -> None:
        command = client.command or ""
        self.asked.append((client.get_extra_info("username"), command))
        self.seen += await asyncio.to_thread(_processes)
        program, *arguments = shlex.split(command) or [""]
        if program == "git-lfs-authenticate" and self.grant:
            client.stdout.write(json.dumps(self.grant).encode())
            client.exit(0)
            return
        if program != "git-upload-pack":
            client.stderr.write(f"sh: {program}: command not found\n".encode())
            client.exit(127)
            return
        place = await asyncio.to_thread(Path(*arguments[:1]).resolve)
        if not place.is_relative_to(self.root):
            client.stderr.write(
                f"fatal: '{place}' does not appear to be a git repository\n".encode()
            )
            client.exit(128)
            return
        protocol = client.env.get("GIT_PROTOCOL", "")
        served = await asyncio.create_subprocess_exec(
            *("git", "-c", "safe.directory=*", "upload-pack", str(place)),
            env={**ENVIRONMENT, "GIT_PROTOCOL": protocol},
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        asking = asyncio.create_task(_feed(client.stdin, served.stdin))
        await asyncio.gather(
            _pass_on(served.stdout, client.stdout), _pass_on(served.stderr, client.stderr)
        )
        asking.cancel()
        client.exit(await served.wait())


async def _feed(source: Any, sink: Any) -> None:
    with suppress(asyncssh.Error, OSError):  # either side hung up
        while chunk := await source.read(_CHUNK):
            sink.write(chunk)
            await sink.drain()
        sink.close()


async def _pass_on(source: Any, sink: Any) -> None:
    while chunk := await source.read(_CHUNK):
        sink.write(chunk)


class _Gate(asyncssh.SSHServer):
    """Lets in who has a key; nobody by password."""

    def __init__(self, server: SshServer) -> None:
        self._server = server

    def begin_auth(self, username: str) -> bool:  # noqa: ARG002 -- asyncssh's
        return True

    def public_key_auth_supported(self) -> bool:
        return True

    def validate_public_key(self, username: str, key: asyncssh.SSHKey) -> bool:  # noqa: ARG002
        public = [one.export_public_key() for one in self._server.keys]
        return key.export_public_key() in public


def _processes() -> list[str]:
    """Arguments and environment of every process that may be looked at."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        for name in ("cmdline", "environ"):
            with suppress(OSError):  # it ended meanwhile, or is another user's
                found.append((process / name).read_bytes().decode(errors="replace"))
    return found
