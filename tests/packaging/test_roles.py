"""Each service of compose.yaml, started as it says but for paths and ports.

Its check passes, and it warns once of a variable that is misspelt.
"""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import yaml

from syncline import pulse
from syncline.model.seal import PlatformKey
from tests.harness import poll, ports
from tests.harness.redis import Redis
from tests.packaging import commands
from tools import pins

SERVICES: dict[str, Any] = yaml.safe_load((pins.ROOT / "compose.yaml").read_text())["services"]
START = 90.0  # seconds; 5 on a quiet machine


class Host:
    """Where a container's paths, ports and names lie on this machine."""

    def __init__(self, directory: Path, redis: Redis) -> None:
        found = urlsplit(redis.url)
        secrets = {
            "platform-key": PlatformKey.generate(),
            "redis-password": found.password,
            "flower-password": "flower",
        }
        for name, text in secrets.items():
            (directory / name).write_text(f"{text}\n")
        (directory / "credentials").mkdir()
        self._places = {
            "/run/secrets": str(directory),
            "/run/credentials": str(directory / "credentials"),
            "/tmp/pulse": str(directory / "pulse"),
            "redis:6379": f"{found.hostname}:{found.port}",
            "8080": str(ports.free()),
            "5555": str(ports.free()),
            "0.0.0.0": "127.0.0.1",  # noqa: S104
        }

    def here(self, text: str) -> str:
        for there, place in self._places.items():
            text = text.replace(there, place)
        return text


@contextmanager
def started(service: Any, host: Host, log: Path) -> Iterator["subprocess.Popen[bytes]"]:
    variables = {name: host.here(value) for name, value in service["environment"].items()}
    arguments = [host.here(word) for word in service["command"]]
    with (
        log.open("wb") as out,
        subprocess.Popen(
            [sys.executable, "-m", "syncline", *arguments],
            env={**os.environ, **variables, "SYNCLINE_STORE_ULR": "misspelt"},
            stdout=out,
            stderr=subprocess.STDOUT,
        ) as process,
    ):
        try:
            yield process
        finally:
            process.kill()


@pytest.mark.parametrize("name", ["server", "scheduler", "worker", "watch", "flower"])
def test_its_check_passes_and_it_ends_when_asked(
    name: str, redis_server: Redis, tmp_path: Path
) -> None:
    service, host, log = SERVICES[name], Host(tmp_path, redis_server), tmp_path / "log"
    checked = host.here(service["healthcheck"]["test"][-1])

    with started(service, host, log) as process:

        def well() -> bool:
            assert process.poll() is None, log.read_text()[-2000:]
            return not pulse.wrong(checked)

        assert pulse.wrong(checked) != ""
        poll.until(well, within=START, what=f"{name} well by its check", every=0.2)
        process.terminate()
        grace = commands.minutes_and_seconds(service.get("stop_grace_period", "10s"))
        ended = process.wait(grace)

    assert ended == 0, log.read_text()[-2000:]
    warned = [line for line in log.read_text().splitlines() if "SYNCLINE_STORE_ULR" in line]
    assert ["did you mean SYNCLINE_STORE_URL?" in line for line in warned] == [True]
