"""The server role as a process: it serves, ends well on SIGTERM, and says what is wrong."""

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
from syncline.api.server import serve
from syncline.settings import Settings
serve(Settings(), on_ready=lambda url: print("ready", url, flush=True))
"""


def start(redis: Redis, **environment: str) -> subprocess.Popen[str]:
    given = {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": os.pathsep.join(sys.path),
        "SYNCLINE_STORE_URL": redis.url,
        "SYNCLINE_SERVER_PORT": "0",
        "SYNCLINE_KEY": PlatformKey.generate(),
    }
    return subprocess.Popen(
        [sys.executable, "-c", PROGRAM],
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
