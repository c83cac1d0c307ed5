"""The server role as a process: it serves, ends well on SIGTERM, and says what is wrong."""

import asyncio
import os
import signal
import socket
import subprocess
import sys

import httpx
import pytest

from syncline.api.server import listen
from syncline.errors import Conflict
from syncline.model.seal import PlatformKey
from tests.harness.redis import Redis

PROGRAM = """
from syncline import logs
from syncline.api.server import serve
from syncline.settings import Settings
logs.configure()  # as the role does: to standard error
serve(Settings(), on_ready=lambda url: print("ready", url, flush=True))
"""


def start(redis: Redis, program: str = PROGRAM, **environment: str) -> subprocess.Popen[str]:
    given = {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": os.pathsep.join(sys.path),
        "SYNCLINE_STORE_URL": redis.url,
        "SYNCLINE_SERVER_PORT": "0",
        "SYNCLINE_KEY": PlatformKey.generate(),
    }
    return subprocess.Popen(
        [sys.executable, "-c", program],
        env={**given, **environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


@pytest.mark.parametrize("asked", [signal.SIGTERM, signal.SIGINT])
def test_it_serves_until_it_is_asked_to_end(redis_server: Redis, asked: signal.Signals) -> None:
    with start(redis_server) as process:
        assert process.stdout is not None
        word, url = process.stdout.readline().split()
        status = httpx.get(f"{url}/readyz", trust_env=False).status_code

        process.send_signal(asked)

        assert (word, status, process.wait(20)) == ("ready", 200, 0)


def test_the_collector_is_spared_what_was_loaded(redis_server: Redis) -> None:
    program = PROGRAM.replace("url, flush", "gc.get_freeze_count(), flush")
    with start(redis_server, program=f"import gc{program}") as process:
        assert process.stdout is not None
        _, frozen = process.stdout.readline().split()

        process.terminate()

    assert int(frozen) > 50_000


def test_without_a_platform_key_it_does_not_start(redis_server: Redis) -> None:
    with start(redis_server, SYNCLINE_KEY="") as process:
        _, errors = process.communicate(timeout=30)

    assert process.returncode == 1
    assert "platform key" in errors


def test_a_port_that_is_taken_is_named() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]

        with pytest.raises(Conflict) as refused:
            listen("127.0.0.1", port)

    assert refused.value.subject == f"http://127.0.0.1:{port}"
    assert refused.value.detail.startswith("cannot be listened on: Address already in use")


async def _taken(listener: socket.socket) -> bool:
    """Whether asyncio sends at once on a connection that it takes from this listener."""
    loop, made = asyncio.get_running_loop(), asyncio.get_running_loop().create_future()

    class Taker(asyncio.Protocol):
        def connection_made(self, transport: asyncio.BaseTransport) -> None:
            own = transport.get_extra_info("socket")
            made.set_result(bool(own.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)))

    server = await loop.create_server(Taker, sock=listener)
    async with server:
        _, writer = await asyncio.open_connection(*listener.getsockname())
        answer: bool = await asyncio.wait_for(made, timeout=20)
        writer.close()
        await writer.wait_closed()
        return answer


def test_no_answer_waits_for_an_acknowledgement() -> None:
    """Nagle's algorithm would hold each back for 40 ms on a connection that is kept."""
    assert asyncio.run(_taken(listen("127.0.0.1", 0)))
